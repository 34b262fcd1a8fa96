"""The numbers of a Facebook Page, each with its unit, source and how sure we are."""

from typing import Final

from adapters.limits import Grade, Limit, TextUnit
from schemas.media import PictureSpec

READ: Final = "2026-11-22"

MAX_TEXT: Final = Limit(
    63_206,
    # Whether Meta counts code points is not stated; UTF-16 units are never fewer, so the text fits either way.
    TextUnit.UTF16_UNITS,
    source="meta.md 1.3: constant of another client (PZ)",
    read=READ,
    grade=Grade.ASSUMED,
)
MAX_PICTURES: Final = Limit(
    10, "pictures", source="meta.md 1.3: what other clients cap at", read=READ, grade=Grade.ASSUMED
)
MAX_HASHTAGS: Final = Limit(
    30, "hashtags", source="house rule: the channel states none", read=READ, grade=Grade.ASSUMED
)
MAX_PHOTO_BYTES: Final = Limit(
    4_000_000, "bytes", source="meta.md 1.3: error text of subcode 1366046", read=READ, grade=Grade.ASSUMED
)
PICTURE: Final = PictureSpec(max_width=2048, max_height=2048, max_bytes=2_000_000)
"""Free ratio, shown as it is; half of what the channel takes, because a phone photo looks no better with more."""
