"""Pictures: uploaded, or fetched from an address; products name them by their SHA-256."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import File, Path, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from schemas.ids import Sha256
from schemas.problem import Problem
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, SellerPart
from syndicator.api.v1.routes import JSON, api_router
from syndicator.bootstrap import App
from syndicator.media.fetch import SourceUnavailable
from syndicator.media.formats import SNIFF_BYTES, sniff
from syndicator.media.originals import store_original
from syndicator.media.problems import MediaProblemError
from syndicator.store.sellers import SellerReport

MOST_UPLOAD_BYTES: Final = 64 * 1024 * 1024
"""Longest body of an upload; how large the picture in it may be is a setting."""
router = api_router("media", content_types=(JSON, "multipart/form-data"), most_bytes=MOST_UPLOAD_BYTES)


class Media(BaseModel):
    """A picture. ``state``: new, ready (every size that channels want is made) or failed; then ``problem`` says why."""

    sha256: str
    size_bytes: int
    state: Literal["new", "ready", "failed"]
    problem: Problem | None
    created_at: datetime


class Address(BaseModel):
    """Where a picture is to be fetched from."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2_000, description="An https address that everybody can reach.")


@router.post("/sellers/{seller}/media", status_code=HTTPStatus.CREATED)
def upload_picture(
    app: AppPart,
    seller: SellerPart,
    file: Annotated[UploadFile, File(description="JPEG, PNG, WebP, HEIC or TIFF.")],
    response: Response,
) -> Media:
    """Store a picture. The same picture again is the same one."""
    most = app.settings.media.max_bytes
    content = file.file.read(most + 1)
    if len(content) > most:
        raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(most))
    return _keep(app, seller, content, response)


@router.post("/sellers/{seller}/media/by-url", status_code=HTTPStatus.CREATED)
def fetch_picture(app: AppPart, seller: SellerPart, where: Address, response: Response) -> Media:
    """Fetch a picture and store it. Addresses within private networks are refused."""
    try:
        content = app.picture_fetcher.fetch(where.url)
    except (SourceUnavailable, MediaProblemError) as exc:
        raise _refused(exc.problem, "url") from exc
    return _keep(app, seller, content, response)


@router.get("/sellers/{seller}/media/{sha256}")
def show_picture(
    app: AppPart,
    seller: SellerPart,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the picture's bytes.")],
) -> Media:
    """Show a picture that the seller sent or uses."""
    return _shown(app, seller, Sha256(sha256))


def _keep(app: App, seller: SellerReport, content: bytes, response: Response) -> Media:
    try:
        sniff(content[:SNIFF_BYTES])
    except MediaProblemError as exc:
        raise _refused(exc.problem, "file") from exc
    original = store_original(app.media_store, content)
    with app.database.begin() as uow:
        uow.media.upload(seller.id, original.sha256, original.size_bytes)
    response.headers["Location"] = f"/v1/sellers/{seller.code}/media/{original.sha256}"
    return _shown(app, seller, original.sha256)


def _shown(app: App, seller: SellerReport, sha256: Sha256) -> Media:
    with app.database.begin() as uow:
        found = uow.media.of_seller(seller.id, sha256)
    if found is None:
        raise ApiError(HTTPStatus.NOT_FOUND, _unknown())
    return Media.model_validate(found, from_attributes=True)


def _refused(problem: Problem, path: str) -> ApiError:
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, problem.model_copy(update={"path": path}))


def _too_large(most: int) -> Problem:
    return Problem(
        path="file",
        code="picture_too_large",
        th=f"รูปใหญ่เกิน {most:,} ไบต์ กรุณาย่อรูปแล้วส่งใหม่",
        en=f"the picture is larger than {most:,} bytes; make it smaller and send it again",
    )


def _unknown() -> Problem:
    return Problem(
        path="sha256",
        code="media_not_found",
        th="ผู้ขายรายนี้ไม่มีรูปนี้",
        en="this seller has no such picture",
    )
