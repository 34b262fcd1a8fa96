"""What can be wrong with any cell, whatever its column."""

import re
from dataclasses import dataclass
from typing import Final

from syndicator.intake.defusing import is_formula
from syndicator.intake.mojibake import damage, undamaged

_CONTROL: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a cell cannot be trusted, by the code of the problem."""

    code: str
    suggestion: str | None = None


def unsound(text: str) -> Fault | None:
    """Find a formula, damaged characters or invisible controls in a cell."""
    if is_formula(text):
        return Fault("formula_injection")
    if damage(text) is not None:
        return Fault("text_mojibake", undamaged(text))
    if _CONTROL.search(text):
        return Fault("text_control_characters")
    return None
