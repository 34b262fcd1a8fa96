"""SKUs, barcodes and the numbers authorities give."""

import re
from typing import Final

from stdnum import ean

from schemas.ids import Sku
from schemas.product import SKU_PATTERN
from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings
from syndicator.intake.rules.digits import ascii_digits

_SKU: Final = re.compile(SKU_PATTERN.removesuffix("$"), re.ASCII)
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE | re.ASCII)
_MONTHS_EN: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTHS_TH: Final = "ม.ค.|ก.พ.|มี.ค.|เม.ย.|พ.ค.|มิ.ย.|ก.ค.|ส.ค.|ก.ย.|ต.ค.|พ.ย.|ธ.ค.".replace(".", r"\.")
_DATE: Final = re.compile(
    rf"\d{{1,2}}[- ](?:{_MONTHS_EN}|{_MONTHS_TH})(?:[- ]\d{{2,4}})?"
    rf"|(?:{_MONTHS_TH})[- ]\d{{2,4}}"
    r"|\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*",
    re.ASCII,
)
"""What Excel shows for a code it took for a date, in English and Thai. ``MAR-1`` in capitals is a code."""
_GTIN: Final = re.compile(r"\d{8}|\d{12,14}", re.ASCII)
_FDA: Final = re.compile(r"\d{2}-\d-\d{5}-\d-\d{4}", re.ASCII)
_FDA_DIGITS: Final = 13
_TCPS: Final = re.compile(r"มผช\.(\d{1,5})/(\d{4})", re.ASCII)
_TCPS_LOOSE: Final = re.compile(r"มผช\.?\s*(\d{1,5})\s*[/-]\s*(?:พ\.?ศ\.?\s*)?(\d{4})", re.ASCII)


def sku(findings: Findings, column: Column) -> Sku | None:
    """Read a seller's code. It is text: what a spreadsheet made a number or a date of is refused."""
    text = findings.text(column)
    if not text:
        return None
    if _SCIENTIFIC.fullmatch(text):
        findings.add(column, "sku_scientific_notation", value=text)
    elif _DATE.fullmatch(text):
        findings.add(column, "sku_spreadsheet_date", value=text)
    elif not _SKU.fullmatch(text):
        findings.add(column, "sku_format", value=text)
    else:
        return Sku(text)
    return None


def gtin(findings: Findings) -> str | None:
    """Read a barcode and check its last digit (GS1 modulo 10)."""
    text = findings.text(Column.GTIN)
    if not text:
        return None
    if _SCIENTIFIC.fullmatch(text):
        findings.add(Column.GTIN, "gtin_scientific_notation", value=text)
    elif not _GTIN.fullmatch(text):
        findings.add(Column.GTIN, "gtin_format", suggestion=_likely_gtin(text), value=text)
    elif not ean.is_valid(text):
        expected = ean.calc_check_digit(text[:-1])
        findings.add(Column.GTIN, "gtin_check_digit", value=text, expected=expected, found=text[-1])
    else:
        return text
    return None


def _likely_gtin(text: str) -> str | None:
    digits = re.sub(r"[\s-]", "", ascii_digits(text))
    return digits if _GTIN.fullmatch(digits) and ean.is_valid(digits) else None


def fda_no(findings: Findings) -> str | None:
    """Read a food serial number. It has no check digit, so only its form is judged."""
    text = findings.text(Column.FDA_NO)
    if not text or _FDA.fullmatch(text):
        return text or None
    digits = re.sub(r"[^0-9]", "", ascii_digits(text))
    whole = len(digits) == _FDA_DIGITS
    likely = f"{digits[:2]}-{digits[2]}-{digits[3:8]}-{digits[8]}-{digits[9:]}" if whole else None
    findings.add(Column.FDA_NO, "fda_format", suggestion=likely, value=text, digits=len(digits))
    return None


def tcps_no(findings: Findings) -> str | None:
    """Read the number of a มผช. standard."""
    text = findings.text(Column.TCPS_NO)
    if not text or _TCPS.fullmatch(text):
        return text or None
    match = _TCPS_LOOSE.fullmatch(ascii_digits(text))
    likely = f"มผช.{match[1]}/{match[2]}" if match else None
    findings.add(Column.TCPS_NO, "tcps_format", suggestion=likely, value=text)
    return None
