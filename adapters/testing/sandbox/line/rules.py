"""What MyShop accepts in a product. Source: line.md §1.6-§1.9, the OpenAPI schemas, §5 items 2 and 5."""

from collections.abc import Callable
from typing import Any, Final

from adapters.testing.sandbox.accounts import LINE_CATEGORIES
from adapters.testing.sandbox.exchange import Call
from adapters.testing.sandbox.line.errors import bad_request
from adapters.testing.sandbox.line.state import OptionLevel
from adapters.testing.sandbox.pictures import Picture, PictureRefused

MAX_PICTURES: Final = 7
MAX_PICTURE_BYTES: Final = 10 * 1024 * 1024
"""MyShop publishes none; the Messaging API's limit stands in (line.md §3.4)."""
PRICE_BELOW: Final = 99_999_999
MIN_WEIGHT_KG: Final = 0.01
MAX_WEIGHT_KG: Final = 999.99
_FLOAT_NOISE: Final = 1e-9
"""Satang in a JSON number are not exact; this is far below one of them."""
_KNOWN_CATEGORIES: Final = frozenset(LINE_CATEGORIES.values())


def required_text(body: dict[str, Any], name: str) -> str:
    """Return a required text.

    Raises:
        Refused: Missing, empty or no text.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise bad_request(f"{name} is required", field=name)
    return value


def optional_text(body: dict[str, Any], name: str, default: str = "") -> str:
    """Return an optional text.

    Raises:
        Refused: It is no text.
    """
    value = body.get(name, default)
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a string", field=name)
    return value


def category(body: dict[str, Any]) -> int:
    """Return a category id that exists.

    Raises:
        Refused: It does not.
    """
    value = body.get("categoryId")
    if not isinstance(value, int) or value not in _KNOWN_CATEGORIES:
        raise bad_request("categoryId is not a known category", field="categoryId")
    return value


def price(value: Any) -> float:
    """Return a price in baht, above 0, at most two decimals.

    Raises:
        Refused: It is not.
    """
    return _number(value, "price", lambda amount: 0 < amount < PRICE_BELOW)


def discount(value: Any) -> float:
    """Return an instant discount in baht; 0 is none.

    Raises:
        Refused: It is out of range.
    """
    return _number(value, "instantDiscount", lambda amount: 0 <= amount < PRICE_BELOW)


def weight(value: Any) -> float:
    """Return a weight in kilograms.

    Raises:
        Refused: It is out of range or has more than two decimals.
    """
    return _number(value, "weight", lambda kilograms: MIN_WEIGHT_KG <= kilograms <= MAX_WEIGHT_KG)


def _number(value: Any, name: str, is_in_range: Callable[[float], bool]) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not is_in_range(value) or abs(round(value, 2) - value) > _FLOAT_NOISE:
        raise bad_request(f"{name} is out of range or has more than two decimals", field=name)
    return float(value)


def whole(value: Any, name: str, lowest: int, highest: int) -> int:
    """Return a whole number within bounds.

    Raises:
        Refused: It is none or outside.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise bad_request(f"{name} must be a whole number from {lowest} to {highest}", field=name)
    return value


def option_levels(body: dict[str, Any]) -> tuple[list[OptionLevel], list[str | None]]:
    """Read ``variantOptions`` of a create: the levels, and the picture address of each value of the first.

    Raises:
        Refused: Misshapen, or more than two levels.
    """
    given = body.get("variantOptions")
    if given is None:
        return [], []
    if not isinstance(given, dict) or set(given) - {"option1", "option2"} or "option1" not in given:
        raise bad_request("variantOptions takes option1 and option2", field="variantOptions")
    levels = [_level(given[name]) for name in ("option1", "option2") if given.get(name)]
    addresses = [entry.get("imageUrl") for entry in given["option1"]["data"]]
    return levels, addresses


def _level(given: Any) -> OptionLevel:
    try:
        values = [str(entry["value"]) for entry in given["data"]]
        name = str(given["name"])
    except (KeyError, TypeError):
        raise bad_request("an option needs name and data[].value", field="variantOptions") from None
    if not name or not values or not all(values) or len(set(values)) != len(values):
        raise bad_request("option values must be unique and not empty", field="variantOptions")
    return OptionLevel(name, values)


async def pictures(call: Call, urls: Any) -> list[Picture]:
    """Fetch 1 to 7 pictures.

    Raises:
        Refused: Wrong count, or one cannot be had (strict mode).
    """
    if not isinstance(urls, list) or not 1 <= len(urls) <= MAX_PICTURES:
        raise bad_request(f"imageUrls takes 1 to {MAX_PICTURES} addresses", field="imageUrls")
    if not call.sandbox.options.line_strict_pictures:
        return []
    return [await picture(call, str(url)) for url in urls]


async def picture(call: Call, url: str) -> Picture:
    """Fetch one picture.

    Raises:
        Refused: It cannot be had or is too large.
    """
    try:
        fetched = await call.sandbox.pictures.fetch(url)
    except PictureRefused as problem:
        raise bad_request("image cannot be downloaded", url=url, reason=problem.problem.value) from None
    if fetched.size_bytes > MAX_PICTURE_BYTES:
        raise bad_request("image is too large", url=url)
    return fetched
