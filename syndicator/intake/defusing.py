"""Cells a spreadsheet would run: recognised on the way in, made harmless on the way out.

A leading apostrophe tells a spreadsheet "this is text". It is written before every cell that could run and taken
off again when the mended file comes back, so the text itself never changes. Source of the leading characters:
``docs/channels/emarkets.md`` section 7.1.
"""

import re
from typing import Final

_RISKY_START: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER: Final = re.compile(r"[+-]?\d[\d.,]*")
_DEFUSED: Final = re.compile(r"'+[=+\-@\t\r\n]")
_CALL: Final = re.compile(r"[+\-@].*?(?:[A-Za-z]\w*\(|\|\s*['\"]|![$A-Za-z])", re.DOTALL)


def is_formula(text: str) -> bool:
    """Say whether ``text`` is meant to be run: ``=`` in front, or ``+``, ``-``, ``@`` before a call or a sheet.

    Numbers are not formulas, nor is a line of text that begins with a dash.
    """
    text = text.strip()
    return text.startswith("=") or (_CALL.match(text) is not None and _NUMBER.fullmatch(text) is None)


def defused(text: str) -> str:
    """Return ``text`` as a CSV cell no spreadsheet runs."""
    risky = text.startswith(_RISKY_START) and _NUMBER.fullmatch(text) is None
    return f"'{text}" if risky or _DEFUSED.match(text) else text


def undefused(text: str) -> str:
    """Take off the apostrophe ``defused`` wrote."""
    return text[1:] if _DEFUSED.match(text) else text
