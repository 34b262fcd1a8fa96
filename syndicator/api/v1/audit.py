"""Who wrote what of a seller's through the API, and how it ended."""

from datetime import datetime

from pydantic import BaseModel

from syndicator.api.v1.calling import AppPart, SellerPart
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import api_router

router = api_router("audit")


class Write(BaseModel):
    """A write as it was asked for. ``status`` is null where it was cut off; ``key`` where the key was deleted."""

    at: datetime
    key: str | None
    key_name: str | None
    method: str
    route: str
    target: dict[str, str]
    status: int | None
    request_id: str


@router.get("/sellers/{seller}/audit")
def list_writes(app: AppPart, seller: SellerPart, paging: PagingPart) -> Page[Write]:
    """List the writes about a seller, the newest first."""
    with app.database.begin() as uow:
        found = uow.writes.of_seller(seller.id, before=paging.before, limit=paging.asked)
    writes = [
        Write(
            at=row.at,
            key=row.key,
            key_name=row.key_name,
            method=row.method,
            route=row.route,
            target=row.target,
            status=row.status,
            request_id=row.request_id,
        )
        for row in found
    ]
    return paging.page(writes, [row.id for row in found])
