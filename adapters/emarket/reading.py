"""Answers of an API market -> what the core keeps."""

from collections.abc import Mapping
from typing import Any

from adapters.emarket.fields import ApiFields, at
from schemas.ids import ExternalId
from schemas.listing import Receipt, RemoteListing
from schemas.money import Money


def receipt(item_id: str, url: str | None, hosted: Mapping[str, str]) -> Receipt:
    """Return a receipt that remembers which pictures the market already has."""
    return Receipt(
        external_id=ExternalId(item_id),
        permalink=url,
        remote={"item_id": item_id, "url": url, "hosted": dict(hosted)},
    )


def listings(body: Any, fields: ApiFields, sku: str) -> list[RemoteListing]:
    """Read a get_by_sku answer; rows of another code and deleted ones are left out."""
    reads = fields.reads
    rows = at(body, reads.listings) or ()
    return [
        _listing(row, fields)
        for row in rows
        if str(at(row, reads.sku)) == sku and at(row, reads.status) not in fields.statuses.gone
    ]


def _listing(row: Mapping[str, Any], fields: ApiFields) -> RemoteListing:
    reads = fields.reads
    item_id, url, status = str(at(row, reads.item_id)), at(row, reads.url), at(row, reads.status)
    variants = at(row, reads.variants) or ()
    return RemoteListing(
        external_id=ExternalId(item_id),
        permalink=url,
        visible=status in fields.statuses.live,
        seen={
            "status": status,
            "prices": _by_sku(variants, reads.variant_sku, reads.variant_price, _satang),
            "available": _by_sku(variants, reads.variant_sku, reads.variant_available, int),
        },
        remote={"item_id": item_id, "url": url},
    )


def _by_sku(variants: Any, sku_path: str, value_path: str, read: Any) -> dict[str, int]:
    pairs = ((at(variant, sku_path), at(variant, value_path)) for variant in variants)
    return {str(sku): read(value) for sku, value in pairs if sku is not None and value is not None}


def _satang(price: Any) -> int:
    return Money.from_baht(str(price)).satang
