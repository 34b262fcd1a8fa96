"""What a market file says, as limits with unit and grade, and the picture size that follows from it."""

from typing import Final

from adapters.emarket.market import Images, Market, TextLimit
from adapters.limits import Limit
from schemas.media import PictureSpec

_SIDE: Final = 1080
_MAX_BYTES: Final = 900_000
"""One square JPEG below 900 kB suits every market known. Source: docs/channels/emarkets.md section 10."""


def text_limit(market: Market, limit: TextLimit) -> Limit:
    """Return a text limit of the market file."""
    return Limit(
        limit.max, limit.unit, f"market file {market.id}", f"schema {market.schema_version}", market.grade
    )


def picture_limit(market: Market) -> Limit:
    """Return how many pictures the market takes."""
    return Limit(
        market.images.count_max,
        "pictures",
        f"market file {market.id}",
        f"schema {market.schema_version}",
        market.grade,
    )


def picture_spec(images: Images) -> PictureSpec:
    """Return the size of pictures: the square shared with other channels, unless the market wants another."""
    side = max(images.px_min, min(_SIDE, images.px_max or _SIDE))
    return PictureSpec(
        max_width=side,
        max_height=side,
        min_width=side,
        min_height=side,
        ratio_min=1.0,
        ratio_max=1.0,
        max_bytes=min(_MAX_BYTES, images.bytes_max),
        quality=85,
    )
