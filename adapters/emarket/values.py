"""The values behind our field names (``fields.PRODUCT_FIELDS``, ``fields.VARIANT_FIELDS``), from a rendition's body."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.money import Money

Values = Mapping[str, Any]


def product_values(body: Values, *, images: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Return what can be said of the product.

    Shape: ``images`` are addresses as the market is to get them; ``more`` adds what only the caller knows
    (status, item id, link).
    """
    facts = body["facts"]
    return {
        **{name: value for name, value in facts.items() if name != "otop"},
        "origin": f"ต.{facts['tambon']} อ.{facts['amphoe']} จ.{facts['province']}",
        "sku": body["sku"],
        "group_sku": body["sku"] if len(body["variants"]) > 1 else None,
        "title": body["title"],
        "description": body["description"],
        "category_id": body["category"],
        "category_number": int(body["category"]) if str(body["category"]).isdecimal() else None,
        "images": list(images),
        "image": images[0] if images else None,
        "more_images": list(images[1:]),
        "options": [dict(option) for option in body["options"]],
        "brand": body["brand"],
        "tags": list(body["tags"]),
        **more,
    }


def variant_values(body: Values, variant: Values) -> dict[str, Any]:
    """Return what can be said of one variant. Units: as the names say; prices as text with two decimals."""
    sku, options = variant["sku"], variant["option_values"]
    available = body["available"][sku]
    held = body.get("held", {}).get(sku, 0)
    return {
        **_prices(body["prices"][sku]),
        **_parcel(variant["parcel_mm"]),
        "sku": sku,
        "option_values": list(options),
        "option1": options[0] if options else None,
        "option2": options[1] if len(options) > 1 else None,
        "available": available,
        "total": available + held,
        "availability": "in_stock" if available > 0 else "out_of_stock",
        "weight_g": variant["weight_g"],
        "weight_kg": variant["weight_g"] / 1000,
        "gtin": variant["gtin"],
        "identifier_exists": "yes" if variant["gtin"] else "no",
        "fda_no": variant["fda_no"],
    }


def _prices(price: Values) -> dict[str, str | None]:
    now = Money(price["price"]).baht()
    was = None if price["compare_at"] is None else Money(price["compare_at"]).baht()
    return {
        "price": now,
        "compare_at": was,
        "price_thb": f"{was or now} THB",
        "sale_price_thb": None if was is None else f"{now} THB",
    }


def _parcel(sides_mm: Sequence[int] | None) -> dict[str, Any]:
    sides = [side / 10 for side in sides_mm] if sides_mm else [None, None, None]
    return {
        "parcel_cm": sides if sides_mm else None,
        "length_cm": sides[0],
        "width_cm": sides[1],
        "height_cm": sides[2],
    }


def named(names: Mapping[str, str], values: Values) -> dict[str, Any]:
    """Write values under the market's names; what is not known is left out."""
    return {theirs: values[ours] for theirs, ours in names.items() if values.get(ours) is not None}
