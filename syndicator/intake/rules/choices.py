"""Cells that take one value, or several, of a fixed list."""

import difflib
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from schemas.product import Certification
from syndicator.intake.categories import nearest_categories
from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings
from syndicator.intake.rules.digits import likely_number

Choice = TypeVar("Choice", bound=StrEnum)

_VAT_RATES: Final = ("0", "7")


def choice(findings: Findings, column: Column, choices: type[Choice]) -> Choice | None:
    """Read one value of an enumeration."""
    text = findings.text(column)
    return _member(findings, column, text, choices) if text else None


def certifications(findings: Findings) -> tuple[Certification, ...]:
    """Read the claims, parted by ``|``, each once."""
    parts = split(findings.text(Column.CERTIFICATIONS))
    found = [_member(findings, Column.CERTIFICATIONS, part, Certification) for part in parts]
    return tuple(dict.fromkeys(claim for claim in found if claim is not None))


def split(text: str) -> list[str]:
    """Part a cell of several values at ``|``; empty parts do not count."""
    return [part for part in (piece.strip() for piece in text.split("|")) if part]


def _member(findings: Findings, column: Column, text: str, choices: type[Choice]) -> Choice | None:
    try:
        return choices(text)
    except ValueError:
        near = difflib.get_close_matches(text.lower(), [str(item) for item in choices], n=1, cutoff=0.6)
        findings.add(
            column,
            "choice_unknown",
            suggestion=near[0] if near else None,
            value=text,
            choices=", ".join(choices),
        )
        return None


def vat_rate(findings: Findings) -> int | None:
    """Read the VAT rate in per cent: 0 or 7."""
    text = findings.text(Column.VAT_RATE)
    if not text or text in _VAT_RATES:
        return int(text) if text else None
    likely = likely_number(text, "%")
    suggestion = likely if likely in _VAT_RATES else None
    findings.add(
        Column.VAT_RATE, "choice_unknown", suggestion=suggestion, value=text, choices=", ".join(_VAT_RATES)
    )
    return None


def category(findings: Findings, categories: Mapping[str, str]) -> str | None:
    """Read the internal category code; an unknown one is never replaced silently."""
    text = findings.text(Column.CATEGORY_CODE)
    if not text or text in categories:
        return text or None
    nearest = nearest_categories(text, categories)
    findings.add(
        Column.CATEGORY_CODE,
        "category_unknown",
        suggestion=next(iter(difflib.get_close_matches(text, nearest, n=1, cutoff=0.75)), None),
        value=text,
        nearest=", ".join(nearest),
    )
    return None
