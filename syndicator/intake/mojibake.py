"""Text that was read in the wrong encoding somewhere on its way: seen, and where no byte was lost, undone.

The two usual damages are those of ``docs/channels/emarkets.md`` section 9; the third is their sibling.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final

_THAI: Final = re.compile("[\u0e01-\u0e5b]")
_LATIN_HIGH: Final = re.compile("[\u00a1-\u00ff]")
_LEAD_AS_LATIN: Final = re.compile("à[¸¹]")
"""The first two bytes of a Thai letter in UTF-8, as Latin-1 shows them."""
_MIN_HIGH: Final = 3


class Damage(StrEnum):
    """How a text was damaged."""

    THAI_AS_LATIN = "thai_as_latin"
    """Windows-874 or TIS-620 bytes read as Latin-1."""
    UTF8_AS_THAI = "utf8_as_thai"
    """UTF-8 bytes read as Windows-874."""
    UTF8_AS_LATIN = "utf8_as_latin"
    """UTF-8 bytes read as Latin-1 or Windows-1252."""
    LOST = "lost"
    """Characters were replaced by U+FFFD: what they were is nowhere in the file."""


def damage(text: str) -> Damage | None:
    """Say how ``text`` was damaged, None for sound text.

    A text counts as damaged when undoing the damage byte by byte gives proper Thai, or when it holds characters
    that no language writes; a French or German word is neither.
    """
    if text.isascii():
        return None
    if "\ufffd" in text:
        return Damage.LOST
    undone = next((kind for kind, undo in _UNDO.items() if undo(text)), None)
    # Latin with some of its bytes missing cannot be undone, and is still no language.
    return undone or (Damage.UTF8_AS_LATIN if _LEAD_AS_LATIN.search(text) else None)


def undamaged(text: str) -> str | None:
    """Return what ``text`` was before it was damaged, None when it is sound or the bytes are lost."""
    kind = damage(text)
    return _UNDO[kind](text) if kind in _UNDO else None


def _undo_thai_as_latin(text: str) -> str | None:
    high = len(_LATIN_HIGH.findall(text))
    if high < _MIN_HIGH or _THAI.search(text):
        return None
    letters = sum(1 for char in text if char.isascii() and char.isalpha())
    undone = _recoded(text, "latin-1", "cp874")
    return undone if undone and high > letters and _THAI.search(undone) else None


def _undo_utf8_as_thai(text: str) -> str | None:
    if "เธ" not in text and "เน" not in text:
        return None
    undone = _recoded(text, "cp874", "utf-8")
    return undone if undone and _THAI.search(undone) else None


def _undo_utf8_as_latin(text: str) -> str | None:
    if not _LEAD_AS_LATIN.search(text):
        return None
    undone = _recoded(text, "cp1252", "utf-8")
    return undone if undone and _THAI.search(undone) else None


def _recoded(text: str, wrong: str, right: str) -> str | None:
    """Turn ``text`` back into the bytes it came from and read them as ``right``."""
    try:
        return b"".join(_byte(char, wrong) for char in text).decode(right)
    except UnicodeError:
        return None


def _byte(char: str, encoding: str) -> bytes:
    """Return the byte ``char`` came from; lenient readers let undefined bytes through as control characters."""
    return bytes((ord(char),)) if "\x80" <= char <= "\x9f" else char.encode(encoding)


_UNDO: Final[dict[Damage, Callable[[str], str | None]]] = {
    Damage.UTF8_AS_LATIN: _undo_utf8_as_latin,
    Damage.THAI_AS_LATIN: _undo_thai_as_latin,
    Damage.UTF8_AS_THAI: _undo_utf8_as_thai,
}
