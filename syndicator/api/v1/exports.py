"""Everything of a seller as one file, however much it is: CSV and XLSX for people, NDJSON for programs.

Read in pages of rows, each in a transaction of its own, so that neither memory nor a transaction lasts as long as the
slowest reader. What changes meanwhile may be in the file as it was, or as it is now.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Query
from fastapi.responses import StreamingResponse

from schemas.ids import ProductId, SellerId
from schemas.product import Product
from syndicator.api.v1 import listings, orders, stock
from syndicator.api.v1.calling import AppPart, SellerPart
from syndicator.api.v1.routes import api_router
from syndicator.api.v1.tables_out import MEDIA_TYPES, Format, Row, csv_table, ndjson, xlsx_table
from syndicator.bootstrap import App
from syndicator.store.engine import UnitOfWork

router = api_router("exports")
PAGE: Final = 500
"""Rows read at a time."""
Found = Sequence[tuple[int, Mapping[str, Any]]]
"""What one page holds: (id, document), by id."""


class Kind(StrEnum):
    """What can be exported."""

    PRODUCTS = "products"
    LISTINGS = "listings"
    STOCK = "stock"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    """How one kind is read, page by page, and how a document becomes rows of a table."""

    read: Callable[[UnitOfWork, SellerId, int], Found]
    columns: tuple[str, ...]
    rows: Callable[[Mapping[str, Any]], Iterator[Row]]


_CONTENT: Final = {
    media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
    for media_type in MEDIA_TYPES.values()
}


@router.get(
    "/sellers/{seller}/exports/{kind}",
    response_class=StreamingResponse,
    responses={200: {"description": "The file.", "content": _CONTENT}},
)
def export(
    app: AppPart,
    seller: SellerPart,
    kind: Kind,
    form: Annotated[Format, Query(alias="format", description="What the file is.")] = Format.CSV,
) -> StreamingResponse:
    """Send all products (one row for each variant), listings, stock or orders (one row for each line) of the seller.

    Lines of NDJSON are the documents that the other addresses answer; money is in satang everywhere.
    """
    wanted = _EXPORTS[kind]
    documents = _documents(app, seller.id, wanted)
    if form is Format.NDJSON:
        content = ndjson(documents)
    else:
        rows = (row for document in documents for row in wanted.rows(document))
        content = (csv_table if form is Format.CSV else xlsx_table)(wanted.columns, rows)
    name = f"{seller.code}-{kind}.{form}"
    return StreamingResponse(
        content,
        media_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _documents(app: App, seller_id: SellerId, wanted: _Export) -> Iterator[Mapping[str, Any]]:
    after = 0
    while True:
        with app.database.begin() as uow:
            found = wanted.read(uow, seller_id, after)
        for after, document in found:  # noqa: B007 - the next page begins after the last one of this
            yield document
        if len(found) < PAGE:
            return


def _read_products(uow: UnitOfWork, seller_id: SellerId, after: int) -> Found:
    page = uow.products.page(seller_id, status=None, after=ProductId(after), limit=PAGE)
    return [(one.id, one.product.model_dump(mode="json")) for one in page]


def _read_listings(uow: UnitOfWork, seller_id: SellerId, after: int) -> Found:
    page = uow.reports.listings_after(seller_id, after=after, limit=PAGE)
    return [(one.id, listings.shown(one).model_dump(mode="json")) for one in page]


def _read_stock(uow: UnitOfWork, seller_id: SellerId, after: int) -> Found:
    page = uow.stock_reports.stock_after(seller_id, after=after, limit=PAGE)
    return [(one.variant_id, stock.shown(one).model_dump(mode="json")) for one in page]


def _read_orders(uow: UnitOfWork, seller_id: SellerId, after: int) -> Found:
    page = uow.order_reports.orders_before(seller_id, before=after or None, limit=PAGE)
    return [(one.id, orders.shown(one).model_dump(mode="json")) for one in page]


def _product_rows(document: Mapping[str, Any]) -> Iterator[Row]:
    product = Product.model_validate(document)
    for variant in product.variants:
        yield {
            "sku": variant.sku,
            "product_sku": product.sku,
            "name": product.name,
            "name_en": product.name_en,
            "options": ", ".join(
                f"{name}: {value}" for name, value in zip(product.options, variant.options, strict=True)
            ),
            "price_satang": variant.price.satang,
            "compare_at_satang": None if variant.compare_at is None else variant.compare_at.satang,
            "weight_g": variant.weight_g,
            "gtin": variant.gtin,
            "category_code": product.category_code,
            "otop_category": product.otop_category,
            "province": product.origin.province,
            "tambon_code": product.origin.tambon_code,
            "producer": product.producer.group,
            "status": product.status,
            "available_from": product.available_from,
            "tags": ", ".join(product.tags),
            "description": product.description,
        }


def _listing_rows(document: Mapping[str, Any]) -> Iterator[Row]:
    problems = document["problems"]
    yield {
        **document,
        "problems_th": " | ".join(one["th"] for one in problems),
        "problems_en": " | ".join(one["en"] for one in problems),
    }


def _stock_rows(document: Mapping[str, Any]) -> Iterator[Row]:
    yield document


def _order_rows(document: Mapping[str, Any]) -> Iterator[Row]:
    for line in document["lines"]:
        yield {**document, **line}


_EXPORTS: Final[Mapping[Kind, _Export]] = {
    Kind.PRODUCTS: _Export(
        read=_read_products,
        columns=(
            *("sku", "product_sku", "name", "name_en", "options", "price_satang", "compare_at_satang"),
            *("weight_g", "gtin", "category_code", "otop_category", "province", "tambon_code", "producer"),
            *("status", "available_from", "tags", "description"),
        ),
        rows=_product_rows,
    ),
    Kind.LISTINGS: _Export(
        read=_read_listings,
        columns=(
            *("id", "sku", "name", "account", "channel", "wanted", "state", "unconfirmed", "external_id"),
            *("permalink", "confirmed_at", "seen_at", "problems_th", "problems_en"),
        ),
        rows=_listing_rows,
    ),
    Kind.STOCK: _Export(read=_read_stock, columns=tuple(stock.Stock.model_fields), rows=_stock_rows),
    Kind.ORDERS: _Export(
        read=_read_orders,
        columns=(
            *("id", "account", "reference", "state", "placed_at", "updated_at", "first_seen_at", "sku"),
            *("ordered", "cancelled", "shipped", "returned", "open", "oversold", "known"),
        ),
        rows=_order_rows,
    ),
}
