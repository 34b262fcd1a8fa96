"""Answers of an API market -> what the core keeps."""

from collections.abc import Mapping
from typing import Any

from adapters.emarket.fields import ApiFields, Reads, at
from adapters.emarket.units import units_by_sku
from schemas.ids import ExternalId, Sku
from schemas.listing import Receipt, RemoteListing
from schemas.money import Money


def receipt(
    item_id: str, url: str | None, hosted: Mapping[str, str], shows: Mapping[Sku, int] | None = None
) -> Receipt:
    """Return a receipt that remembers which pictures the market already has."""
    return Receipt(
        external_id=ExternalId(item_id),
        permalink=url,
        remote={"item_id": item_id, "url": url, "hosted": dict(hosted)},
        shows=shows,
    )


def listings(body: Any, fields: ApiFields, sku: str, market: str) -> list[RemoteListing]:
    """Read a get_by_sku answer; rows of another code and deleted ones are left out."""
    return [
        _listing(row, fields, market)
        for row in at(body, fields.reads.listings) or ()
        if str(at(row, fields.reads.sku)) == sku and not _is_gone(row, fields)
    ]


def every_listing(body: Any, fields: ApiFields, market: str) -> list[RemoteListing] | None:
    """Read a page of listings, deleted ones left out; None where the answer holds no list."""
    rows = at(body, fields.reads.listings)
    if not isinstance(rows, list):
        return None
    return [_listing(row, fields, market) for row in rows if not _is_gone(row, fields)]


def _is_gone(row: Any, fields: ApiFields) -> bool:
    return at(row, fields.reads.status) in fields.statuses.gone


def _listing(row: Mapping[str, Any], fields: ApiFields, market: str) -> RemoteListing:
    reads = fields.reads
    item_id, url, status = str(at(row, reads.item_id)), at(row, reads.url), at(row, reads.status)
    variants = at(row, reads.variants) or []
    units = units_by_sku(variants, reads, market)
    texts = {"title": at(row, reads.title), "description": at(row, reads.description)}
    return RemoteListing(
        external_id=ExternalId(item_id),
        permalink=url,
        visible=status in fields.statuses.live,
        seen={
            "status": status,
            "prices": _prices(variants, reads),
            "available": {sku: one.available for sku, one in units.items()},
            "held": {sku: one.held for sku, one in units.items() if one.held is not None},
            **{name: text for name, text in texts.items() if text is not None},
        },
        remote={"item_id": item_id, "url": url},
    )


def _prices(variants: Any, reads: Reads) -> dict[str, int]:
    """Read satang by SKU; a price that cannot be read is left out."""
    pairs = (
        (at(variant, reads.variant_sku), _satang(at(variant, reads.variant_price))) for variant in variants
    )
    return {str(sku): price for sku, price in pairs if sku is not None and price is not None}


def _satang(price: Any) -> int | None:
    try:
        return Money.from_baht(str(price)).satang
    except ValueError:
        return None
