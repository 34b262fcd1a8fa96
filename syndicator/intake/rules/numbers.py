"""Prices, stock, weight, parcel size, stars and days."""

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

from schemas.money import Money
from schemas.product import MAX_STOCK, Parcel
from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings
from syndicator.intake.rules.digits import likely_grams, likely_number

_PRICE: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,2})?", re.ASCII)
_WHOLE: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_SIDE: Final = re.compile(r"\d{1,5}(?:\.\d{1,4})?", re.ASCII)
_CURRENCY_WORDS: Final = ("฿", "บาท", "THB", "thb", "Baht", "baht", ".-")
_PIECE_WORDS: Final = ("ชิ้น", "อัน", "ถุง", "ขวด", "กล่อง", "ห่อ", "ตัว", "ผืน", "ใบ", "ชุด")
_MM_PER_CM: Final = 10
MAX_WEIGHT_G: Final = 1_000_000
"""A tonne: a sanity limit of ours; channels set their own."""
MAX_DAYS: Final = 36_500
"""A hundred years: a sanity limit of ours."""


def price(findings: Findings, column: Column) -> Money | None:
    """Read an amount of baht: more than 0, a plain decimal with at most two decimals."""
    text = findings.text(column)
    if not text:
        return None
    if not _PRICE.fullmatch(text):
        findings.add(column, "price_format", suggestion=_likely_price(text), value=text)
    elif text.startswith("-") or not Money.from_baht(text).satang:
        findings.add(column, "price_not_positive", value=text)
    else:
        return Money.from_baht(text)
    return None


def _likely_price(text: str) -> str | None:
    likely = likely_number(text, *_CURRENCY_WORDS)
    return likely if likely and _PRICE.fullmatch(likely) and Money.from_baht(likely).satang else None


def compare_at(findings: Findings, now: Money | None) -> Money | None:
    """Read the "was" price, which must be higher than the price ``now``."""
    column = Column.COMPARE_AT_PRICE_THB
    before = price(findings, column)
    if before is not None and now is not None and before <= now:
        findings.add(column, "compare_at_not_higher", value=before.baht(), price=now.baht())
        return None
    return before


def stock(findings: Findings) -> int | None:
    """Read the units on hand, 0 to ``MAX_STOCK``."""
    text = findings.text(Column.STOCK)
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        likely = likely_number(text, *_PIECE_WORDS)
        suggestion = likely if likely and _WHOLE.fullmatch(likely) else None
        findings.add(Column.STOCK, "stock_not_integer", suggestion=suggestion, value=text)
        return None
    if not 0 <= int(text) <= MAX_STOCK:
        findings.add(Column.STOCK, "stock_out_of_range", value=text)
        return None
    return int(text)


def weight(findings: Findings) -> int | None:
    """Read the whole grams of the packed goods."""
    text = findings.text(Column.WEIGHT_G)
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        findings.add(Column.WEIGHT_G, "weight_format", suggestion=likely_grams(text), value=text)
        return None
    if not 1 <= int(text) <= MAX_WEIGHT_G:
        findings.add(Column.WEIGHT_G, "weight_out_of_range", value=text, high=MAX_WEIGHT_G)
        return None
    return int(text)


def parcel(findings: Findings) -> Parcel | None:
    """Read the three outer sides: centimetres in, millimetres out, rounded up so that the parcel still fits."""
    columns = (Column.LENGTH_CM, Column.WIDTH_CM, Column.HEIGHT_CM)
    if not any(findings.is_given(column) for column in columns):
        return None
    sides = [_side(findings, column) for column in columns]
    if None in sides:
        return None
    length, width, height = (side for side in sides if side is not None)
    return Parcel(length_mm=length, width_mm=width, height_mm=height)


def _side(findings: Findings, column: Column) -> int | None:
    text = findings.text(column)
    if not text:
        findings.add(column, "dimensions_incomplete")
    elif not _SIDE.fullmatch(text) or not Decimal(text):
        findings.add(column, "dimension_format", suggestion=_likely_side(text), value=text)
    else:
        return int((Decimal(text) * _MM_PER_CM).to_integral_value(rounding=ROUND_CEILING))
    return None


def _likely_side(text: str) -> str | None:
    likely = likely_number(text, "เซนติเมตร", "ซม.", "ซม", "cm")
    return likely if likely and _SIDE.fullmatch(likely) and Decimal(likely) else None


def star(findings: Findings) -> int | None:
    """Read the OTOP star, 1 to 5."""
    text = findings.text(Column.OTOP_STAR)
    if text and text not in {"1", "2", "3", "4", "5"}:
        findings.add(Column.OTOP_STAR, "otop_star_out_of_range", suggestion=_likely_star(text), value=text)
        return None
    return int(text) if text else None


def _likely_star(text: str) -> str | None:
    likely = likely_number(text, "ดาว")
    return likely if likely in {"1", "2", "3", "4", "5"} else None


def days(findings: Findings, column: Column) -> int | None:
    """Read a whole number of days, 0 to ``MAX_DAYS``."""
    text = findings.text(column)
    if not text:
        return None
    if not _WHOLE.fullmatch(text) or not 0 <= int(text) <= MAX_DAYS:
        likely = likely_number(text, "วัน")
        suggestion = likely if likely and _WHOLE.fullmatch(likely) and int(likely) <= MAX_DAYS else None
        findings.add(column, "days_format", suggestion=suggestion, value=text, high=MAX_DAYS)
        return None
    return int(text)
