"""Rendition -> request of an API market, under the market's field names."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.emarket.fields import ApiFields
from adapters.emarket.values import named, product_values, variant_values
from schemas.channel import Part

_ALWAYS: Final = frozenset({"sku", "item_id"})
_OF_TEXT: Final = frozenset({"title", "description"})
_OF_PICTURES: Final = frozenset({"images"})


def product_payload(
    body: Mapping[str, Any],
    fields: ApiFields,
    hosted: Mapping[str, str],
    *,
    item_id: str | None = None,
    parts: frozenset[Part] = frozenset(Part),
) -> dict[str, Any]:
    """Build the body of create or update; ``parts`` leaves out what is not to be changed."""
    values = product_values(
        body,
        images=[hosted[key] for key in body["pictures"] if key in hosted],
        status=fields.statuses.send_live,
        item_id=item_id,
        variants=[named(fields.variant, variant_values(body, variant)) for variant in body["variants"]],
    )
    wanted = {theirs: ours for theirs, ours in fields.product.items() if _belongs(ours, parts)}
    return named(wanted, values)


def _belongs(ours: str, parts: frozenset[Part]) -> bool:
    if ours in _ALWAYS:
        return True
    if ours in _OF_TEXT:
        return Part.TEXT in parts
    if ours in _OF_PICTURES:
        return Part.PICTURES in parts
    return Part.DETAILS in parts


def stock_row(
    body: Mapping[str, Any], sku: str, fields: ApiFields, *, available: int, held: int
) -> dict[str, Any]:
    """Build the row of a stock call for one variant: ``available`` units for sale, ``held`` of them in orders besides."""
    variant = next(variant for variant in body["variants"] if variant["sku"] == sku)
    units = {"available": {sku: available}, "held": {sku: held}}
    return named(fields.stock_row, variant_values({**body, **units}, variant))


def price_rows(body: Mapping[str, Any], fields: ApiFields) -> dict[str, dict[str, Any]]:
    """Build the rows of a price call, by SKU."""
    return {
        variant["sku"]: named(fields.price_row, variant_values(body, variant)) for variant in body["variants"]
    }
