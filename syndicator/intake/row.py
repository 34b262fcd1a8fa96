"""One row judged by every rule at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from schemas.ids import Sku
from schemas.problem import Problem
from schemas.product import Claims, DescriptionFormat, OtopCategory, Producer, ProducerType, Status, Variant
from syndicator.intake.categories import load_categories
from syndicator.intake.cells import Row
from syndicator.intake.columns import COLUMNS, Column
from syndicator.intake.findings import Findings, RowFindings
from syndicator.intake.places import Places, load_places
from syndicator.intake.rules import address, choices, codes, content, dates, numbers, options
from syndicator.intake.sentences import problem


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the rules compare with: the real places and the category list."""

    places: Places
    categories: Mapping[str, str]

    @classmethod
    def shipped(cls) -> "Knowledge":
        """Return the data of ``config/``."""
        return cls(load_places(), load_categories())


@dataclass(frozen=True, slots=True)
class Parsed:
    """The values of a row without a fault. ``shared`` holds the fields of ``Product`` that a group repeats."""

    variant: Variant
    stock: int
    shared: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row and what was found. ``sku`` and ``group`` are "" when empty or unusable; ``parsed`` has no faults."""

    row: Row
    sku: str
    group: str
    problems: tuple[Problem, ...]
    parsed: Parsed | None


def judge_row(row: Row, knowledge: Knowledge, *, width: int) -> JudgedRow:
    """Apply every rule to ``row``; ``width`` is the number of columns of the header."""
    findings = RowFindings(row)
    sku = codes.sku(findings, Column.SKU) or ""
    group = codes.sku(findings, Column.GROUP_SKU) or ""
    pairs = options.options(findings)
    shared = _shared(findings, knowledge)
    # Text for the required fields may be missing here; the variant is only made of a row without a problem.
    variant = _variant_fields(findings, tuple(value for _, value in pairs))
    stock = numbers.stock(findings)
    found = sorted(findings.problems, key=lambda item: _ORDER[item.path])
    if row.surplus:
        found.insert(0, problem("", "row_width", expected=width))
    parsed = None
    if not found and stock is not None:
        shared["options"] = tuple(name for name, _ in pairs)
        parsed = Parsed(Variant(sku=Sku(sku), **variant), stock, shared)
    return JudgedRow(row, sku, group, tuple(found), parsed)


_ORDER = {str(column): place for place, column in enumerate(COLUMNS)}


def _variant_fields(findings: Findings, values: tuple[str, ...]) -> dict[str, Any]:
    price = numbers.price(findings, Column.PRICE_THB)
    return {
        "options": values,
        "price": price,
        "compare_at": numbers.compare_at(findings, price),
        "weight_g": numbers.weight(findings),
        "parcel": numbers.parcel(findings),
        "gtin": codes.gtin(findings),
        "fda_no": codes.fda_no(findings),
        "media": content.pictures(findings),
    }


def _shared(findings: Findings, knowledge: Knowledge) -> dict[str, Any]:
    described = content.description(findings) or ("", DescriptionFormat.PLAIN)
    return {
        "name": content.name_th(findings),
        "name_en": content.name(findings, Column.NAME_EN),
        "description": described[0],
        "description_format": described[1],
        "otop_category": choices.choice(findings, Column.OTOP_CATEGORY, OtopCategory),
        "category_code": choices.category(findings, knowledge.categories),
        "origin": address.origin(findings, knowledge.places),
        "producer": _producer(findings),
        "claims": _claims(findings),
        "shelf_life_days": numbers.days(findings, Column.SHELF_LIFE_DAYS),
        "lead_time_days": numbers.days(findings, Column.LEAD_TIME_DAYS),
        "vat_rate": choices.vat_rate(findings),
        "available_from": dates.available_from(findings),
        "status": choices.choice(findings, Column.STATUS, Status),
        "tags": content.tags(findings),
    }


def _producer(findings: Findings) -> Producer | None:
    group = findings.text(Column.PRODUCER_GROUP_TH)
    kind = choices.choice(findings, Column.PRODUCER_TYPE, ProducerType)
    return _make_producer(group, kind) if kind is not None else None


@lru_cache(maxsize=1024)
def _make_producer(group: str, kind: ProducerType) -> Producer:
    """Make the same group once: it stands on many rows."""
    return Producer(group=group, type=kind)


def _claims(findings: Findings) -> Claims:
    return Claims(
        otop_star=numbers.star(findings),
        tcps_no=codes.tcps_no(findings),
        certifications=choices.certifications(findings),
    )
