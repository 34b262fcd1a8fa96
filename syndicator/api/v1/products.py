"""Products: put by code, changed in part, archived. Every write is a job, whose listings can be followed."""

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Body, Header, Path, Query, Response
from pydantic import BaseModel

from schemas.ids import ProductId, Sku
from schemas.problem import Problem
from schemas.product import SKU_PATTERN, Product, Status
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, Reference, RequestId, SellerPart
from syndicator.api.v1.named import product_unknown
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import JOB_HEADER, JSON, api_router
from syndicator.bootstrap import App
from syndicator.store.jobs import JobSource, LineOutcome
from syndicator.store.products import StoredProduct
from syndicator.store.sellers import SellerReport
from syndicator.usecases.submit_job import (
    Announcement,
    Expected,
    LinesRefused,
    VersionDiffers,
    line_of,
    submit_one,
)

MERGE_PATCH: Final = "application/merge-patch+json"
_ETAG: Final = re.compile(r'(?:W/)?"v([0-9]{1,9})"')
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/ProductDocument"}}},
    }
}
_PATCH: Final = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "object"}} for kind in (MERGE_PATCH, JSON)},
    }
}
router = api_router("products", content_types=(JSON, MERGE_PATCH))
ProductSku = Annotated[Sku, Path(alias="sku", description="The product's code.", pattern=SKU_PATTERN)]
IfMatch = Annotated[
    str | None, Header(description="The ETag that you have read: another version in between is refused.")
]
IfNoneMatch = Annotated[str | None, Header(description="`*`: only where there is no product of that code.")]
Accounts = Annotated[
    list[str] | None,
    Query(
        max_length=200, description="Accounts that a new product is listed on; all of them where left out."
    ),
]


class ProductShown(BaseModel):
    """A product as stored. ``version`` grows with every edit, and is its ETag."""

    sku: str
    version: int
    product: Product
    created_at: datetime
    updated_at: datetime


@router.get("/sellers/{seller}/products")
def list_products(
    app: AppPart,
    seller: SellerPart,
    paging: PagingPart,
    status: Annotated[Status | None, Query(description="Only these.")] = None,
) -> Page[ProductShown]:
    """List the seller's products in the order they were made."""
    with app.database.begin() as uow:
        found = uow.products.page(seller.id, status=status, after=ProductId(paging.after), limit=paging.asked)
    return paging.page([_shown(one) for one in found], [one.id for one in found])


@router.get("/sellers/{seller}/products/{sku}")
def show_product(app: AppPart, seller: SellerPart, sku: ProductSku, response: Response) -> ProductShown:
    """Show a product."""
    stored = _stored(app, seller, sku)
    response.headers["ETag"] = _etag(stored)
    return _shown(stored)


@router.put("/sellers/{seller}/products/{sku}", openapi_extra=_BODY, responses={201: {"model": ProductShown}})
def put_product(
    app: AppPart,
    seller: SellerPart,
    sku: ProductSku,
    document: Annotated[dict[str, Any], Body()],
    response: Response,
    reference: Reference,
    request_id: RequestId,
    accounts: Accounts = None,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> ProductShown:
    """Create a product, or replace it. Its listings follow; the header ``Syndicator-Job`` names the job that does it."""
    expected = _expected(if_match, if_none_match)
    announced = _announced(seller, reference, request_id, accounts)
    return _put(app, announced, _under(document, sku), expected, response)


@router.patch("/sellers/{seller}/products/{sku}", openapi_extra=_PATCH)
def patch_product(
    app: AppPart,
    seller: SellerPart,
    sku: ProductSku,
    change: Annotated[dict[str, Any], Body()],
    response: Response,
    reference: Reference,
    request_id: RequestId,
    if_match: IfMatch = None,
) -> ProductShown:
    """Change parts of a product (JSON merge patch, RFC 7386): null takes a part away, a list replaces the whole list."""
    stored = _stored(app, seller, sku)
    expected = _expected(if_match, None) or Expected(version=stored.version)
    document = _merged(stored.product.model_dump(mode="json"), change)
    announced = _announced(seller, reference, request_id, None)
    return _put(app, announced, _under(document, sku), expected, response)


@router.delete("/sellers/{seller}/products/{sku}")
def archive_product(
    app: AppPart,
    seller: SellerPart,
    sku: ProductSku,
    response: Response,
    reference: Reference,
    request_id: RequestId,
    if_match: IfMatch = None,
) -> ProductShown:
    """Archive a product: it is hidden, and its listings are withdrawn. Nothing is forgotten; putting it again brings it back."""
    stored = _stored(app, seller, sku)
    expected = _expected(if_match, None) or Expected(version=stored.version)
    document = stored.product.model_dump(mode="json") | {"status": Status.HIDDEN.value}
    return _put(app, _announced(seller, reference, request_id, None), document, expected, response)


def _put(
    app: App,
    announced: Announcement,
    document: Mapping[str, Any],
    expected: Expected | None,
    response: Response,
) -> ProductShown:
    try:
        taken = submit_one(announced, line_of(document), tools=app.intake_tools, expected=expected)
    except LinesRefused as exc:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, *exc.problems) from exc
    except VersionDiffers as exc:
        raise ApiError(HTTPStatus.PRECONDITION_FAILED, _changed_meanwhile()) from exc
    if taken.outcome is LineOutcome.CREATED:
        response.status_code = HTTPStatus.CREATED
    response.headers["ETag"] = _etag(taken.stored)
    response.headers[JOB_HEADER] = taken.job.public_id
    return _shown(taken.stored)


def _announced(
    seller: SellerReport, reference: str, request_id: str, accounts: list[str] | None
) -> Announcement:
    return Announcement(
        seller_id=seller.id,
        reference=reference,
        source=JobSource.API,
        account_names=accounts,
        request_id=request_id,
    )


def _under(document: Mapping[str, Any], sku: Sku) -> Mapping[str, Any]:
    """Return the document with the code of its address.

    Raises:
        ApiError: 422, it names another one.
    """
    if document.get("sku", sku) != sku:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, _other_sku(sku))
    return {**document, "sku": sku}


def _merged(whole: Any, change: Any) -> Any:
    """Apply a merge patch, as RFC 7386 section 2 writes it."""
    if not isinstance(change, dict):
        return change
    merged = dict(whole) if isinstance(whole, dict) else {}
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _expected(if_match: str | None, if_none_match: str | None) -> Expected | None:
    """Read what the caller believes is stored; None where nothing is said.

    Raises:
        ApiError: 412, it names a version that no product can have.
    """
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            raise ApiError(HTTPStatus.BAD_REQUEST, _only_star())
        return Expected(exists=False)
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return Expected(exists=True)
    version = _ETAG.fullmatch(if_match.strip())
    if version is None:
        raise ApiError(HTTPStatus.PRECONDITION_FAILED, _changed_meanwhile())
    return Expected(version=int(version[1]))


def _stored(app: App, seller: SellerReport, sku: Sku) -> StoredProduct:
    with app.database.begin() as uow:
        found = uow.products.by_sku(seller.id, [sku]).get(sku)
    if found is None:
        raise product_unknown(sku)
    return found


def _etag(stored: StoredProduct) -> str:
    return f'"v{stored.version}"'


def _shown(stored: StoredProduct) -> ProductShown:
    return ProductShown(
        sku=stored.product.sku,
        version=stored.version,
        product=stored.product,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


def _changed_meanwhile() -> Problem:
    return Problem(
        path="If-Match",
        code="version_differs",
        th="สินค้านี้ถูกแก้ไขไปแล้วหรือไม่ตรงตามเงื่อนไข ไม่มีอะไรถูกบันทึก อ่านฉบับล่าสุดแล้วส่งใหม่",
        en="the product is not the version asked for; nothing was stored. Read it again, then send your change",
    )


def _only_star() -> Problem:
    return Problem(
        path="If-None-Match",
        code="if_none_match",
        th="If-None-Match ในการเขียนใช้ได้เฉพาะ *",
        en="If-None-Match of a write can only be *",
    )


def _other_sku(sku: Sku) -> Problem:
    return Problem(
        path="sku",
        code="sku_differs",
        th=f"รหัสสินค้าในข้อมูลไม่ตรงกับที่อยู่ ({sku}) ใช้รหัสเดียวกันหรือไม่ต้องใส่",
        en=f"the code in the document is not that of the address ({sku}); use the same, or leave it out",
    )
