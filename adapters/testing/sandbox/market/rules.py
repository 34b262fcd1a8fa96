"""What the market accepts in a listing; all problems are found in one pass.

Source: emarkets.md §14 (title, description, pictures), §4.3 (codes), §3.2 (options, price spread), §4 (parcel).
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from adapters.testing.sandbox.accounts import MARKET_CATEGORIES
from adapters.testing.sandbox.market.envelope import RowError

TITLE: Final = range(5, 121)
DESCRIPTION: Final = range(10, 3_001)
MAX_IMAGES: Final = 8
MAX_TIERS: Final = 2
MAX_MODELS: Final = 50
MAX_OPTION_NAME: Final = 14
MAX_OPTION_VALUE: Final = 20
MAX_SPREAD: Final = 7
MAX_WEIGHT_G: Final = 40_000
MAX_GIRTH_CM: Final = 300
MAX_STOCK: Final = 999_999
MAX_CODE: Final = 100
_PRICE: Final = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG: Final = re.compile(r"</?[a-zA-Z][^>]*>")
_LEAVES: Final = frozenset(MARKET_CATEGORIES.values())


def problems_of(body: dict[str, Any]) -> list[RowError]:
    """Return everything wrong with a complete listing, apart from its pictures."""
    return [*_texts(body), *_category(body), *_options(body), *_variants(body)]


def _texts(body: dict[str, Any]) -> Iterator[RowError]:
    for name, span, code in (("title", TITLE, "4108"), ("description", DESCRIPTION, "4110")):
        text = body.get(name)
        if not isinstance(text, str) or len(text) not in span:
            yield RowError(code, f"{name} takes {span.start} to {span.stop - 1} characters", field=name)
        elif _CONTROL.search(text) or _TAG.search(text):
            yield RowError("4129", f"{name} has a character or markup that is not allowed", field=name)
    if body.get("status", "active") not in {"active", "hidden"}:
        yield RowError("4100", "status is active or hidden", field="status")
    if not isinstance(body.get("sku"), str) or not 1 <= len(body["sku"]) <= MAX_CODE:
        yield RowError("4100", "sku is required", field="sku")


def _category(body: dict[str, Any]) -> Iterator[RowError]:
    if body.get("category_id") not in _LEAVES:
        yield RowError("4115", "category_id is not a leaf category", field="category_id")


def _options(body: dict[str, Any]) -> Iterator[RowError]:
    options = body.get("options") or []
    if len(options) > MAX_TIERS:
        yield RowError("4148", f"at most {MAX_TIERS} option levels", field="options")
    for option in options:
        if not 1 <= len(option.get("name", "")) <= MAX_OPTION_NAME:
            yield RowError("4160", f"an option name takes 1 to {MAX_OPTION_NAME} characters", field="options")
        for value in option.get("values", []):
            if not 1 <= len(value) <= MAX_OPTION_VALUE:
                yield RowError(
                    "4160", f"an option value takes 1 to {MAX_OPTION_VALUE} characters", field="options"
                )


def _variants(body: dict[str, Any]) -> Iterator[RowError]:
    variants = body.get("variants")
    if not isinstance(variants, list) or not 1 <= len(variants) <= MAX_MODELS:
        yield RowError("4148", f"variants takes 1 to {MAX_MODELS}", field="variants")
        return
    for variant in variants:
        yield from _variant(variant, body.get("options") or [])
    yield from _unique(variants)
    yield from spread_problems([str(variant.get("price")) for variant in variants])


def _variant(variant: dict[str, Any], options: list[dict[str, Any]]) -> Iterator[RowError]:
    sku = str(variant.get("sku") or "")
    if not sku:
        yield RowError("4100", "a variant needs a sku", field="variants")
    yield from price_problems(sku, variant.get("price"))
    yield from stock_problems(sku, variant.get("stock"))
    weight = variant.get("weight_g")
    if not isinstance(weight, int) or not 1 <= weight <= MAX_WEIGHT_G:
        yield RowError("4164", f"weight_g takes 1 to {MAX_WEIGHT_G} grams", sku, "weight_g")
    parcel = variant.get("parcel_cm")
    if parcel is not None and not 0 < sum(parcel) <= MAX_GIRTH_CM:
        yield RowError("4165", f"length + width + height is at most {MAX_GIRTH_CM} cm", sku, "parcel_cm")
    values = variant.get("option_values") or []
    fits = len(values) == len(options) and all(
        value in option.get("values", []) for value, option in zip(values, options, strict=True)
    )
    if not fits:
        yield RowError("4100", "option_values do not match options", sku, "option_values")


def _unique(variants: list[dict[str, Any]]) -> Iterator[RowError]:
    skus = [variant.get("sku") for variant in variants]
    if len(set(skus)) != len(skus):
        yield RowError("4105", "two variants have the same sku", field="variants")
    values = [tuple(variant.get("option_values") or ()) for variant in variants]
    if len(set(values)) != len(values):
        yield RowError("4105", "two variants have the same options", field="variants")


def price_problems(sku: str, price: Any) -> Iterator[RowError]:
    """Yield what is wrong with a price: text of baht, above 0, at most two decimals."""
    if not isinstance(price, str) or not _PRICE.fullmatch(price) or Decimal(price) <= 0:
        yield RowError("4118", "price must be a decimal text above 0", sku, "price")


def stock_problems(sku: str, units: Any) -> Iterator[RowError]:
    """Yield what is wrong with a stock figure."""
    if not isinstance(units, int) or isinstance(units, bool) or not 0 <= units <= MAX_STOCK:
        yield RowError("4130", f"stock takes 0 to {MAX_STOCK}", sku, "stock")


def spread_problems(prices: list[str]) -> Iterator[RowError]:
    """Yield a problem when the dearest variant costs seven times the cheapest or more."""
    amounts = [Decimal(price) for price in prices if _PRICE.fullmatch(price)]
    if amounts and min(amounts) > 0 and max(amounts) >= MAX_SPREAD * min(amounts):
        yield RowError("4119", f"variant prices must differ by less than {MAX_SPREAD} times", field="price")
