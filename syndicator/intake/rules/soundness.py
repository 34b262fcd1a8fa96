"""What can be wrong with any cell, whatever its column."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from adapters.text import normalize_thai
from syndicator.intake.defusing import is_formula
from syndicator.intake.mojibake import damage, undamaged

_CONTROL: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CACHED_CHARS: Final = 80
"""Short cells (places, codes of choice, days) repeat in thousands of rows; long ones do not."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the rules see it.

    Attributes:
        text: Repaired spelling, without white space around it.
        fault: Code of the problem that makes the cell unusable, None for a sound one.
        suggestion: What the text was before it was damaged, where that can be told.
    """

    text: str
    fault: str | None = None
    suggestion: str | None = None


def inspect(written: str) -> Cell:
    """Look at a cell as written: repair its spelling, find formulas, damaged characters and invisible controls."""
    return _inspect_cached(written) if len(written) <= _CACHED_CHARS else _inspect(written)


def _inspect(written: str) -> Cell:
    text = normalize_thai(written).strip()
    if is_formula(written):
        return Cell(text, "formula_injection")
    if damage(written) is not None:
        return Cell(text, "text_mojibake", undamaged(written))
    if _CONTROL.search(written):
        return Cell(text, "text_control_characters")
    return Cell(text)


_inspect_cached = lru_cache(maxsize=8192)(_inspect)
