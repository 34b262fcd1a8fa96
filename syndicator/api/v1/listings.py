"""Listings: where each product is on sale, what was tried, and what a person must mend."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from schemas.ids import ListingId, SellerId, Sku
from schemas.listing import ListingState
from schemas.problem import Problem
from schemas.product import SKU_PATTERN
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, RequestId, SellerPart
from syndicator.api.v1.named import accounts_of, product_unknown
from syndicator.api.v1.paging import MOST_ID, Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.bootstrap import App
from syndicator.domain.listing import Wanted
from syndicator.store.reports import ListingReport
from syndicator.usecases.want_listings import publish_product, withdraw_product

router = api_router("listings")
MOST_ATTEMPTS: Final = 50
"""The newest attempts that are shown of a listing."""
_ID: Final = Path(description="The listing's id.", ge=1, le=MOST_ID)
_SKU: Final = Path(description="The product's code.", pattern=SKU_PATTERN)


class Listing(BaseModel):
    """One product on one account.

    ``state`` is one of four: live, working, needs_you (``problems`` say what to do), stopped. ``unconfirmed``: the outcome of
    the last step is being looked up on the channel. ``confirmed_at`` is when the channel last confirmed what is there,
    ``seen_at`` when it was last read back; null means never.
    """

    id: int
    sku: str
    name: str
    account: str
    channel: str
    wanted: Wanted
    state: ListingState
    unconfirmed: bool
    problems: tuple[Problem, ...]
    external_id: str | None
    permalink: str | None
    confirmed_at: datetime | None
    seen_at: datetime | None
    due_at: datetime | None
    """When it moves next by itself; null where nothing is to be done, or a person must act first."""


class Attempt(BaseModel):
    """One try of one step. ``outcome`` is null while it runs; ``message`` is what the channel said, without secrets."""

    step: str
    outcome: str | None
    began_at: datetime
    ended_at: datetime | None
    http_status: int | None
    vendor_code: str | None
    message: str | None
    correlation_id: str | None


class ListingWithAttempts(Listing):
    """A listing with what was tried, the newest first."""

    attempts: tuple[Attempt, ...]


class Where(BaseModel):
    """On which accounts; all of the seller's where it is left out or null."""

    model_config = ConfigDict(extra="forbid")

    accounts: Annotated[list[str], Field(min_length=1, max_length=200)] | None = None


class Wished(BaseModel):
    """What was wanted, as it stands now; follow it with the listings' own addresses."""

    data: tuple[Listing, ...]


@router.get("/sellers/{seller}/listings")
def list_listings(
    app: AppPart,
    seller: SellerPart,
    paging: PagingPart,
    account: Annotated[str | None, Query(max_length=200, description="Only this account.")] = None,
    state: Annotated[ListingState | None, Query(description="Only in this state.")] = None,
    sku: Annotated[str | None, Query(max_length=64, description="Only this product.")] = None,
) -> Page[Listing]:
    """List where the seller's products are on sale."""
    with app.database.begin() as uow:
        found = uow.reports.listings_after(
            seller.id,
            after=paging.after,
            limit=paging.asked,
            sku=None if sku is None else Sku(sku),
            account=account,
            state=state,
        )
    return paging.page([shown(one) for one in found], [one.id for one in found])


@router.get("/sellers/{seller}/listings/{listing_id}")
def show_listing(app: AppPart, seller: SellerPart, listing_id: Annotated[int, _ID]) -> ListingWithAttempts:
    """Show one listing, with its newest attempts."""
    with app.database.begin() as uow:
        found = uow.reports.listings_of(seller.id, [ListingId(listing_id)])
        if not found:
            raise ApiError(HTTPStatus.NOT_FOUND, _unknown(listing_id))
        attempts = uow.reports.attempts(found[0].id, limit=MOST_ATTEMPTS)
    return ListingWithAttempts(
        **shown(found[0]).model_dump(),
        attempts=tuple(
            Attempt(
                step=row.step,
                outcome=row.outcome,
                began_at=row.began_at,
                ended_at=row.ended_at,
                http_status=row.http_status,
                vendor_code=row.vendor_code,
                message=row.message,
                correlation_id=row.correlation_id,
            )
            for row in attempts
        ),
    )


@router.post("/sellers/{seller}/products/{sku}/publish", status_code=HTTPStatus.ACCEPTED)
def publish(
    app: AppPart,
    seller: SellerPart,
    request_id: RequestId,
    sku: Annotated[Sku, _SKU],
    where: Where | None = None,
) -> Wished:
    """Put a product on sale on accounts of the seller, also where it was withdrawn by hand."""
    return _wish(publish_product, app, seller.id, sku, where, request_id)


@router.post("/sellers/{seller}/products/{sku}/withdraw", status_code=HTTPStatus.ACCEPTED)
def withdraw(
    app: AppPart,
    seller: SellerPart,
    request_id: RequestId,
    sku: Annotated[Sku, _SKU],
    where: Where | None = None,
) -> Wished:
    """Take a product off accounts of the seller. It stays off through later edits, until it is published again."""
    return _wish(withdraw_product, app, seller.id, sku, where, request_id)


def shown(one: ListingReport) -> Listing:
    """Return a listing as other systems read it."""
    return Listing(
        id=one.id,
        sku=one.sku,
        name=one.name,
        account=one.account,
        channel=one.kind,
        wanted=one.wanted,
        state=one.state,
        unconfirmed=one.unconfirmed,
        problems=one.problems,
        external_id=one.external_id,
        permalink=one.permalink,
        confirmed_at=one.confirmed_at,
        seen_at=one.seen_at,
        due_at=one.due_at,
    )


def _wish(
    want: Callable[..., Sequence[ListingId]],
    app: App,
    seller_id: SellerId,
    sku: Sku,
    where: Where | None,
    request_id: str,
) -> Wished:
    """Let ``publish_product`` or ``withdraw_product`` do what is wished; return the listings as they stand then."""
    with app.database.begin() as uow:
        accounts = accounts_of(uow, seller_id, None if where is None else where.accounts)
    parts = {"database": app.database, "adapters": app.adapters, "clock": app.clock}
    try:
        wanted = want(seller_id, sku, accounts, **parts, request_id=request_id)
    except LookupError as exc:
        raise product_unknown(sku) from exc
    with app.database.begin() as uow:
        return Wished(data=tuple(shown(one) for one in uow.reports.listings_of(seller_id, wanted)))


def _unknown(listing_id: int) -> Problem:
    return Problem(
        path="listing_id",
        code="listing_not_found",
        th=f"ไม่พบรายการขายหมายเลข {listing_id} ของผู้ขายนี้",
        en=f"this seller has no listing {listing_id}",
    )
