"""A limit is never bare: it carries its unit, where it was read, and how sure we are."""

from dataclasses import dataclass
from enum import StrEnum


class TextUnit(StrEnum):
    """What a channel counts when it counts text."""

    CODE_POINTS = "code_points"
    UTF16_UNITS = "utf16_units"
    UTF8_BYTES = "utf8_bytes"
    GRAPHEMES = "graphemes"


class Grade(StrEnum):
    """How sure we are of a channel fact."""

    PROVED = "proved"
    """Seen on the live channel."""
    DOCUMENTED = "documented"
    """Stated by the vendor."""
    ASSUMED = "assumed"
    """Our safe reading where nothing is published."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number a channel sets.

    ``value`` counts ``unit`` (a TextUnit for text, else a word such as "pictures" or "bytes").
    """

    value: int
    unit: TextUnit | str
    source: str
    read: str
    grade: Grade
