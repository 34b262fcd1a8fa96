"""Reading numbers out of what people type, for suggestions only: never to be taken without being asked."""

import re
from decimal import Decimal
from typing import Final

_THAI_DIGITS: Final = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_GROUPED: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)
_WEIGHT: Final = re.compile(r"([\d.,]+)\s*(กก|กิโลกรัม|กิโล|โล|kg|กรัม|ก|g)?\.?", re.IGNORECASE)
_GRAMS: Final = {"กก": 1000, "กิโลกรัม": 1000, "กิโล": 1000, "โล": 1000, "kg": 1000}


def ascii_digits(text: str) -> str:
    """Return ``text`` with Thai digits written as 0 to 9."""
    return text.translate(_THAI_DIGITS)


def likely_number(text: str, *words: str) -> str | None:
    """Return the plain decimal ``text`` probably means once ``words`` are taken away, None when unsure."""
    text = ascii_digits(text)
    for word in words:
        text = text.replace(word, "")
    match = _GROUPED.fullmatch(text.strip())
    return match[1].replace(",", "") + (match[2] or "") if match else None


def likely_grams(text: str) -> str | None:
    """Return the whole grams ``text`` probably means, reading the unit it carries; None when unsure."""
    match = _WEIGHT.fullmatch(ascii_digits(text).strip())
    amount = likely_number(match[1]) if match else None
    if match is None or amount is None:
        return None
    grams = Decimal(amount) * _GRAMS.get((match[2] or "").lower(), 1)
    return str(int(grams)) if grams == int(grams) and grams >= 1 else None
