"""Numbers LINE MyShop sets, and our careful ones where it publishes none."""

from datetime import timedelta
from typing import Final

from adapters.limits import Grade, Limit, TextUnit
from schemas.media import PictureSpec

_READ: Final = "2026-11-22"
_SPEC: Final = "MyShop Open API description"

MAX_PICTURES: Final = Limit(
    7, "pictures", f"{_SPEC}, CreateProductRequest.imageUrls", _READ, Grade.DOCUMENTED
)
OPTION_LEVELS: Final = Limit(2, "levels", f"{_SPEC}, ProductVariantOptions", _READ, Grade.DOCUMENTED)
MAX_STOCK: Final = Limit(
    99_999, "units", f"{_SPEC}, the inventory calls (create allows more)", _READ, Grade.DOCUMENTED
)
MIN_STOCK_AT_CREATE: Final = Limit(
    1, "units", f"{_SPEC}, ProductVariant.onHandNumber, read literally: greater than 0", _READ, Grade.ASSUMED
)
MIN_PRICE: Final = Limit(
    100, "satang", f"{_SPEC}, ProductVariantPriceUpdateRequest.price minimum 1 baht", _READ, Grade.DOCUMENTED
)
MAX_PRICE: Final = Limit(
    9_999_999_800,
    "satang",
    f"{_SPEC}, instantDiscount and price stay below 99,999,999 baht",
    _READ,
    Grade.DOCUMENTED,
)
MIN_WEIGHT: Final = Limit(10, "grams", f"{_SPEC}, ProductVariant.weight 0.01 kg", _READ, Grade.DOCUMENTED)
MAX_WEIGHT: Final = Limit(
    999_990, "grams", f"{_SPEC}, ProductVariant.weight 999.99 kg", _READ, Grade.DOCUMENTED
)
MAX_NAME: Final = Limit(
    120, TextUnit.CODE_POINTS, "no length is published; our careful default", _READ, Grade.ASSUMED
)
MAX_DESCRIPTION: Final = Limit(
    5_000,
    TextUnit.CODE_POINTS,
    "no length is published; our careful default, counted without the tags we add",
    _READ,
    Grade.ASSUMED,
)
PAGE_SIZE: Final = Limit(100, "products", f"{_SPEC}, GET /products perPage", _READ, Grade.DOCUMENTED)

PICTURE: Final = PictureSpec(
    max_width=1080,
    max_height=1080,
    min_width=1080,
    min_height=1080,
    ratio_min=1.0,
    ratio_max=1.0,
    max_bytes=900_000,
    quality=85,
)
"""A square that other channels share. MyShop publishes neither ratio nor size (assumed)."""

ORDER_INTERVAL: Final = timedelta(minutes=1)
"""Between two polls of a shop's orders; LINE only asks not to pull without a window (line.md 1.3). Expiries come in no other way."""
