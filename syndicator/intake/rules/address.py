"""Where the goods come from, compared with the real administrative units."""

import re
from functools import lru_cache
from typing import Final

from schemas.product import Origin
from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings
from syndicator.intake.places import Place, Places, same_place_name, without_kind
from syndicator.intake.rules.digits import ascii_digits

_TAMBON_CODE: Final = re.compile(r"\d{6}", re.ASCII)
_POSTAL_CODE: Final = re.compile(r"\d{5}", re.ASCII)
_NAMES: Final = (Column.TAMBON_TH, Column.AMPHOE_TH, Column.PROVINCE_TH)


def origin(findings: Findings, places: Places) -> Origin | None:
    """Read the address; tambon code, the three names and the postal code must belong together."""
    postal_code = _digits(findings, Column.POSTAL_CODE, _POSTAL_CODE, "postal_code_format")
    place = _place(findings, places)
    if place is None or not _names_agree(findings, place, places) or postal_code is None:
        return None
    if postal_code != place.postal_code:
        findings.add(
            Column.POSTAL_CODE,
            "postal_code_mismatch",
            suggestion=place.postal_code,
            value=postal_code,
            place=place,
            expected=place.postal_code,
        )
        return None
    tambon, amphoe, province = (findings.text(column) for column in _NAMES)
    return _make_origin(province, amphoe, tambon, place.code, postal_code)


@lru_cache(maxsize=1024)
def _make_origin(province: str, amphoe: str, tambon: str, tambon_code: str, postal_code: str) -> Origin:
    """Make the same place once: it stands on many rows."""
    return Origin(
        province=province, amphoe=amphoe, tambon=tambon, tambon_code=tambon_code, postal_code=postal_code
    )


def _digits(findings: Findings, column: Column, pattern: re.Pattern[str], code: str) -> str | None:
    text = findings.text(column)
    if not text or pattern.fullmatch(text):
        return text or None
    likely = re.sub(r"\s", "", ascii_digits(text))
    findings.add(column, code, suggestion=likely if pattern.fullmatch(likely) else None, value=text)
    return None


def _place(findings: Findings, places: Places) -> Place | None:
    code = _digits(findings, Column.TAMBON_CODE, _TAMBON_CODE, "tambon_code_format")
    if code is None:
        return None
    place = places.find(code)
    if place is None:
        written = _written(findings, places)
        suggestion = written.code if written else None
        findings.add(Column.TAMBON_CODE, "tambon_code_unknown", suggestion=suggestion, value=code)
    return place


def _written(findings: Findings, places: Places) -> Place | None:
    """Find the tambon that the three names name."""
    tambon, amphoe, province = (findings.text(column) for column in _NAMES)
    return places.named(province, amphoe, tambon)


def _names_agree(findings: Findings, place: Place, places: Places) -> bool:
    written = [findings.text(column) for column in _NAMES]
    if not all(written):
        # An empty name was reported on its own column; the others cannot be judged without it.
        return False
    known = (place.tambon, place.amphoe, place.province)
    pairs = {column: pair for column, *pair in zip(_NAMES, written, known, strict=True)}
    wrong = {column: pair for column, pair in pairs.items() if not same_place_name(*pair)}
    if all(same_place_name(without_kind(name), real) for name, real in wrong.values()):
        for column, (name, _) in wrong.items():
            findings.add(column, "address_kind_word", suggestion=without_kind(name), value=name)
        return not wrong
    meant = _written(findings, places)
    suggestion = meant.code if meant and meant.code != place.code else None
    findings.add(
        Column.TAMBON_CODE,
        "address_mismatch",
        suggestion=suggestion,
        value=place.code,
        place=place,
        written=" ".join(written),
    )
    return False
