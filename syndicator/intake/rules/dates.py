"""The day from which the goods are available."""

import re
from datetime import date
from typing import Final

from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings
from syndicator.intake.rules.digits import ascii_digits

_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_DAY_FIRST: Final = re.compile(
    r"(\d{1,2})[-/. ]+([^\d\s/-]+|\d{1,2})[-/. ]+(?:พ\.?ศ\.?\s*)?(\d{4})", re.ASCII
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("ม.ค.", "มกราคม"),
            ("ก.พ.", "กุมภาพันธ์"),
            ("มี.ค.", "มีนาคม"),
            ("เม.ย.", "เมษายน"),
            ("พ.ค.", "พฤษภาคม"),
            ("มิ.ย.", "มิถุนายน"),
            ("ก.ค.", "กรกฎาคม"),
            ("ส.ค.", "สิงหาคม"),
            ("ก.ย.", "กันยายน"),
            ("ต.ค.", "ตุลาคม"),
            ("พ.ย.", "พฤศจิกายน"),
            ("ธ.ค.", "ธันวาคม"),
        ),
        start=1,
    )
    for name in names
}
_BUDDHIST_FROM: Final = 2400
_ERA_OFFSET: Final = 543


def available_from(findings: Findings) -> date | None:
    """Read an ISO 8601 date of the common era; anything else is reported with what it probably means."""
    text = findings.text(Column.AVAILABLE_FROM)
    if not text:
        return None
    parts = _parts(text)
    if parts is None:
        findings.add(Column.AVAILABLE_FROM, "date_format", value=text)
        return None
    year, month, day = parts
    buddhist = year >= _BUDDHIST_FROM
    meant = _date(year - _ERA_OFFSET if buddhist else year, month, day)
    if meant is not None and not buddhist and _ISO.fullmatch(text):
        return meant
    code = "date_buddhist_era" if buddhist else "date_format" if meant else "date_invalid"
    findings.add(Column.AVAILABLE_FROM, code, suggestion=meant.isoformat() if meant else None, value=text)
    return None


def _parts(text: str) -> tuple[int, int, int] | None:
    """Take a date apart as Thai people write it: year first, or day first with the month as number or name."""
    text = ascii_digits(text)
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _DAY_FIRST.fullmatch(text):
        month = int(match[2]) if match[2].isdecimal() else _MONTHS.get(match[2])
        return (int(match[3]), month, int(match[1])) if month is not None else None
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
