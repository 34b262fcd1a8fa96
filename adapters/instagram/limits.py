"""The numbers of Instagram publishing, each with its unit, source and how sure we are."""

from datetime import timedelta
from typing import Final

from adapters.limits import Grade, Limit, TextUnit
from adapters.refreshing import Renewal
from schemas.media import PictureSpec

READ: Final = "2026-11-22"
_DOC: Final = "meta.md 2.3"

MAX_CAPTION: Final = Limit(
    2_200,
    # The unit for Thai is not stated; UTF-16 units are never fewer than code points, so the text fits either way.
    TextUnit.UTF16_UNITS,
    source=_DOC,
    read=READ,
    grade=Grade.DOCUMENTED,
)
MAX_HASHTAGS: Final = Limit(30, "hashtags", source=_DOC, read=READ, grade=Grade.DOCUMENTED)
MAX_MENTIONS: Final = Limit(20, "@names", source=_DOC, read=READ, grade=Grade.DOCUMENTED)
MAX_PICTURES: Final = Limit(10, "pictures", source=_DOC, read=READ, grade=Grade.DOCUMENTED)
MIN_CAROUSEL: Final = Limit(2, "pictures", source=_DOC, read=READ, grade=Grade.DOCUMENTED)
MAX_ALT: Final = Limit(1_000, TextUnit.UTF16_UNITS, source=_DOC, read=READ, grade=Grade.DOCUMENTED)
MAX_COMMENT: Final = Limit(
    300, TextUnit.UTF16_UNITS, source="house rule: the sheet states none", read=READ, grade=Grade.ASSUMED
)

CONTAINER_HOURS: Final = Limit(
    24, "hours", source="meta.md 2.2: containers expire", read=READ, grade=Grade.DOCUMENTED
)
CONTAINER_LIFETIME: Final = timedelta(hours=CONTAINER_HOURS.value)

FIRST_LOOK: Final = Limit(
    5, "seconds", source="meta.md 2.2: an image is ready in about 5 s (PZ)", read=READ, grade=Grade.ASSUMED
)
LONGEST_LOOK: Final = Limit(
    60, "seconds", source="meta.md 2.2: poll once a minute", read=READ, grade=Grade.DOCUMENTED
)
MAX_LOOKS: Final = Limit(
    12, "looks", source="meta.md 2.2: about 8 minutes in all (PZ)", read=READ, grade=Grade.ASSUMED
)
MAX_FAILURES: Final = Limit(
    3, "repeats", source="meta.md 4.2: 9004 at most 3 times", read=READ, grade=Grade.ASSUMED
)
QUOTA_LOOK: Final = Limit(
    3_600, "seconds", source="house rule: the window of 24 h rolls", read=READ, grade=Grade.ASSUMED
)

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
"""Square, padded: a carousel is cropped to the ratio of its first picture. The same picture serves other channels."""

TOKEN_LIFE: Final = Limit(60, "days", source="meta.md 2.1", read=READ, grade=Grade.DOCUMENTED)
TOKEN_YOUNGEST: Final = Limit(
    24, "hours", source="Meta's guide to the login; the sheet is silent", read=READ, grade=Grade.ASSUMED
)
REFRESH_BEFORE: Final = Limit(
    10, "days", source="house rule: time for a person, should it fail", read=READ, grade=Grade.ASSUMED
)
RENEWAL: Final = Renewal(
    before=timedelta(days=REFRESH_BEFORE.value),
    # Nobody told the age of a token that a person gave; a little over a day later it can be refreshed, and is known.
    first_after=timedelta(hours=TOKEN_YOUNGEST.value + 1),
    youngest=timedelta(hours=TOKEN_YOUNGEST.value),
    # Assumed: the token asked with goes on working, for nothing says that a refresh revokes it.
    single_use=False,
)
