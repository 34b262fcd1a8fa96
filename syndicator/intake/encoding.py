"""Which encoding a CSV is written in, decided on evidence: UTF-8 when it is valid, Windows-874 when it reads as Thai."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from syndicator.intake.errors import refusal

_CHUNK: Final = 1024 * 1024
_THAI: Final = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59]")
_NOT_ASCII: Final = re.compile("[^\0-\x7f]")
_MARK: Final = re.compile("[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")
_MARK_IN_PLACE: Final = re.compile(
    "(?<=[\u0e01-\u0e2e\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]"
)
_UTF8_PAIR: Final = re.compile("เ[ธน]")
_MIN_THAI_SHARE: Final = 0.9
_MIN_MARKS_IN_PLACE: Final = 0.95
_MAX_UTF8_PAIRS: Final = 0.2
"""UTF-8 read as Windows-874 has such a pair for every third character, Thai prose for one in hundreds."""


def csv_encoding(path: Path) -> str:
    """Return the Python codec of a CSV: ``utf-8-sig`` (with or without a mark) or ``cp874``.

    Windows-874 gives a letter to almost every byte, so a successful decoding proves nothing: nine tenths of what
    is not ASCII must be Thai, vowels and tone marks must stand on consonants, and the lead bytes of Thai UTF-8
    must not show as letters.

    Raises:
        IntakeError: It is neither; an UTF-8 file with damaged bytes is named as such, with the line.
    """
    try:
        for _ in _decoded(path, "utf-8-sig"):
            pass
    except UnicodeDecodeError as exc:
        if _reads_as_thai(path):
            return "cp874"
        line = _line_of_damage(path)
        if line is not None:
            raise refusal("encoding_damaged", file=path.name, line=line) from exc
        raise refusal("encoding_unknown", file=path.name) from exc
    return "utf-8-sig"


def _decoded(path: Path, encoding: str, errors: str = "strict") -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


def _reads_as_thai(path: Path) -> bool:
    thai = others = marks = in_place = pairs = 0
    try:
        for text in _decoded(path, "cp874"):
            thai += len(_THAI.findall(text))
            others += len(_NOT_ASCII.findall(text))
            marks += len(_MARK.findall(text))
            in_place += len(_MARK_IN_PLACE.findall(text))
            pairs += len(_UTF8_PAIR.findall(text))
    except UnicodeDecodeError:
        return False
    return (
        thai > 0
        and thai >= _MIN_THAI_SHARE * others
        and in_place >= _MIN_MARKS_IN_PLACE * marks
        and pairs <= _MAX_UTF8_PAIRS * thai
    )


def _line_of_damage(path: Path) -> int | None:
    """Return the first damaged line of a file that is UTF-8 but for a few bytes, None when it is not UTF-8."""
    line, damaged_at, lost, thai = 1, None, 0, 0
    for text in _decoded(path, "utf-8-sig", "replace"):
        if damaged_at is None and (place := text.find("\ufffd")) >= 0:
            damaged_at = line + text.count("\n", 0, place)
        line += text.count("\n")
        lost += text.count("\ufffd")
        thai += len(_THAI.findall(text))
    return damaged_at if thai > lost else None
