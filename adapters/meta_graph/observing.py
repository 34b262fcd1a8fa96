"""What of a text is different on the channel: line by line, and never for the sake of white space. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from adapters.limits import TextUnit
from adapters.meta_graph.wording import PRICE_WORDS
from adapters.observing import Difference
from adapters.text import cut
from schemas.channel import Part

MOST_SHOWN: Final = 300
"""Letters of each side of a difference that a person is shown. House rule."""
NOTHING: Final = "–"


def lines_of(text: str) -> list[str]:
    """Return the lines that hold anything: composed, without double, leading or trailing blanks.

    The channels write white space their own way, so it is no difference.
    """
    composed = unicodedata.normalize("NFC", text)
    lines = (" ".join(line.split()) for line in composed.splitlines())
    return [line for line in lines if line]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A text cut in three: what stands around the passage of price and availability, and the passage."""

    head: Sequence[str]
    passage: Sequence[str]
    tail: Sequence[str]

    @classmethod
    def of(cls, whole: str, lasting: str) -> Self:
        """Find the passage by what ``lasting``, the text without it, lacks."""
        now, fixed = lines_of(whole), lines_of(lasting)
        start = _common(now, fixed)
        return cls(fixed[:start], now[start : start + len(now) - len(fixed)], fixed[start:])

    def passage_in(self, lines: Sequence[str]) -> Sequence[str] | None:
        """Return what stands in place of the passage; None where the lines around it are not ours."""
        start, end = len(self.head), len(lines) - len(self.tail)
        is_ours = start <= end and lines[:start] == self.head and lines[end:] == self.tail
        return lines[start:end] if is_ours else None


def around_difference(whole: str, lasting: str, seen: str) -> Difference | None:
    """Compare a text but for price and availability.

    Args:
        whole: The text as it would be written now.
        lasting: The same text without price and availability.
        seen: What the channel shows.
    """
    ours, theirs = _Cut.of(whole, lasting), lines_of(seen)
    if ours.passage_in(theirs) is not None:
        return None
    return difference([*ours.head, *ours.tail], theirs)


def passage_differences(whole: str, lasting: str, seen: str) -> Mapping[Part, Difference]:
    """Compare a text whole, and tell which part what differs belongs to.

    A price that is still on its way must not look like an edit of the text, nor one of what is sold out: where only prices
    differ it is the price, where anything else of that passage does it is the availability. Where the lines around the passage
    are others it cannot be told apart and is the text. The arguments are those of ``around_difference``.
    """
    ours, theirs = _Cut.of(whole, lasting), lines_of(seen)
    passage = ours.passage_in(theirs)
    if passage is None:
        return {Part.TEXT: difference(lines_of(whole), theirs)}
    found = difference(ours.passage, passage)
    parts = {Part.PRICE: _prices, Part.STOCK: _without_prices}
    return {part: found for part, read in parts.items() if read(ours.passage) != read(passage)}


def _prices(lines: Sequence[str]) -> list[str]:
    return PRICE_WORDS.findall("\n".join(lines))


def _without_prices(lines: Sequence[str]) -> str:
    return PRICE_WORDS.sub("", "\n".join(lines))


def difference(ours: Sequence[str], theirs: Sequence[str]) -> Difference:
    """Show what is left of both when equal lines at the beginning and the end are left out."""
    head = _common(ours, theirs)
    rest, other = ours[head:], theirs[head:]
    tail = _common(rest[::-1], other[::-1])
    return Difference(
        wanted=_shown(rest[: len(rest) - tail]),
        seen=_shown(other[: len(other) - tail]),
    )


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the lines that both begin with."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _shown(lines: Sequence[str]) -> str:
    return cut("\n".join(lines) or NOTHING, MOST_SHOWN, TextUnit.CODE_POINTS)
