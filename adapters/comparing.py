"""Words for what differs between a listing as it was sent and as a channel shows it; the same for every channel."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

import regex

from adapters.observing import Difference
from schemas.ids import Sku
from schemas.money import Money

_GRAPHEME: Final = regex.compile(r"\X")
_AROUND: Final = 40
"""Graphemes shown before and after the place where two texts part."""


def texts_apart(wanted: str, seen: str) -> Difference | None:
    """Compare two plain texts without their white space, which channels arrange as they like; None where they are equal.

    Shape: both sides are cut to the neighbourhood of the first place where they part.
    """
    ours, theirs = _graphemes(wanted), _graphemes(seen)
    ours_solid, theirs_solid = _solid(ours), _solid(theirs)
    pairs = list(zip(ours_solid, theirs_solid, strict=False))
    at = next((n for n, (one, other) in enumerate(pairs) if ours[one] != theirs[other]), len(pairs))
    if at == len(ours_solid) == len(theirs_solid):
        return None
    return Difference(wanted=_excerpt(ours, ours_solid, at), seen=_excerpt(theirs, theirs_solid, at))


def _graphemes(text: str) -> list[str]:
    found: list[str] = _GRAPHEME.findall(" ".join(unicodedata.normalize("NFC", text).split()))
    return found


def _solid(graphemes: list[str]) -> list[int]:
    """Return where the text is not white space."""
    return [place for place, one in enumerate(graphemes) if one != " "]


def _excerpt(graphemes: list[str], solid: list[int], at: int) -> str:
    middle = solid[at] if at < len(solid) else len(graphemes)
    start, end = max(0, middle - _AROUND), middle + _AROUND
    return f"{'…' if start else ''}{''.join(graphemes[start:end])}{'…' if end < len(graphemes) else ''}"


def prices_apart(wanted: Mapping[Sku, int], seen: Mapping[Sku, int]) -> Difference | None:
    """Compare prices in satang, of the SKUs that both sides name; None where they are equal."""
    return _apart(wanted, seen, lambda satang: Money(max(0, satang)).display())


def units_apart(wanted: Mapping[Sku, int], seen: Mapping[Sku, int]) -> Difference | None:
    """Compare units for sale, of the SKUs that both sides name; None where they are equal."""
    return _apart(wanted, seen, str)


def _apart(
    wanted: Mapping[Sku, int], seen: Mapping[Sku, int], shown: Callable[[int], str]
) -> Difference | None:
    skus = [sku for sku, value in wanted.items() if sku in seen and seen[sku] != value]
    if not skus:
        return None
    ours, theirs = (", ".join(f"{sku}: {shown(side[sku])}" for sku in skus) for side in (wanted, seen))
    return Difference(wanted=ours, seen=theirs)
