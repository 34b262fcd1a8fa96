"""Rows judged together: equal SKUs, and the variants of one product."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from adapters.text import normalize_thai
from schemas.ids import Sku
from schemas.problem import Problem
from schemas.product import Media, Product
from syndicator.intake.columns import Column
from syndicator.intake.result import BadRow, IntakeProduct
from syndicator.intake.row import JudgedRow, Parsed
from syndicator.intake.sentences import problem

SHARED: Final = (
    Column.NAME_TH,
    Column.NAME_EN,
    Column.DESCRIPTION_TH,
    Column.OTOP_CATEGORY,
    Column.CATEGORY_CODE,
    Column.OPTION1_NAME,
    Column.OPTION2_NAME,
    Column.PROVINCE_TH,
    Column.AMPHOE_TH,
    Column.TAMBON_TH,
    Column.TAMBON_CODE,
    Column.POSTAL_CODE,
    Column.PRODUCER_GROUP_TH,
    Column.PRODUCER_TYPE,
    Column.OTOP_STAR,
    Column.TCPS_NO,
    Column.CERTIFICATIONS,
    Column.SHELF_LIFE_DAYS,
    Column.LEAD_TIME_DAYS,
    Column.VAT_RATE,
    Column.AVAILABLE_FROM,
    Column.STATUS,
    Column.TAGS,
)
"""Columns that say something about the product, so all rows of a group must say the same."""


def as_product(sku: str, members: Sequence[tuple[JudgedRow, Parsed]]) -> IntakeProduct:
    """Make one product of rows without faults."""
    variants = tuple(parsed.variant for _, parsed in members)
    media: dict[str, Media] = {item.source: item for variant in variants for item in variant.media}
    product = Product(sku=Sku(sku), variants=variants, media=tuple(media.values()), **members[0][1].shared)
    return IntakeProduct(
        product,
        stock={parsed.variant.sku: parsed.stock for _, parsed in members},
        lines={parsed.variant.sku: judged.row.line for judged, parsed in members},
    )


def bad_row(judged: JudgedRow, problems: Sequence[Problem]) -> BadRow:
    """Make the answer for a row that is not taken."""
    return BadRow(judged.row.line, judged.row.cells, tuple(problems), judged.row.surplus)


def settle_group(
    sku: str, members: Sequence[JudgedRow], sku_lines: Mapping[str, int]
) -> IntakeProduct | tuple[BadRow, ...]:
    """Make a product of the rows of a group, or hold all of them back when one is wrong.

    Nothing half done: a product never goes on sale without one of its variants because that row had a fault.
    ``sku_lines`` tells the first line of every SKU in the file.
    """
    problems = {judged.row.line: list(judged.problems) for judged in members}
    for line, found in _among(sku, members, sku_lines):
        problems[line].append(found)
    wrong = [line for line, found in problems.items() if found]
    sound = [(judged, judged.parsed) for judged in members if judged.parsed is not None]
    if not wrong and len(sound) == len(members):
        return as_product(sku, sound)
    held = problem(Column.GROUP_SKU, "group_held", value=sku, lines=_listed(wrong))
    return tuple(bad_row(judged, problems[judged.row.line] or [held]) for judged in members)


def _listed(lines: Sequence[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:5])
    return shown if len(lines) <= 5 else f"{shown}, …"  # noqa: PLR2004 - as many as the line above shows


def _among(
    sku: str, members: Sequence[JudgedRow], sku_lines: Mapping[str, int]
) -> Iterable[tuple[int, Problem]]:
    """Yield what is wrong between the rows of a group, with the line each is reported on."""
    first = members[0].row.line
    taken = sku_lines.get(sku)
    if taken is not None and taken not in {judged.row.line for judged in members}:
        yield first, problem(Column.GROUP_SKU, "group_sku_taken", value=sku, first=taken)
    if len(members) == 1 and not members[0].problems:
        yield first, problem(Column.GROUP_SKU, "group_single", value=sku)
    for judged in members[1:]:
        yield from ((judged.row.line, found) for found in _differences(members[0], judged))
    yield from _equal_options(members)


def _differences(first: JudgedRow, other: JudgedRow) -> Iterable[Problem]:
    """Yield a problem for each shared column that differs; columns already reported are not judged again."""
    reported = {found.path for found in (*first.problems, *other.problems)}
    for column in SHARED:
        if column not in reported and _said(first, column) != _said(other, column):
            yield problem(column, "group_differs", line=other.row.line, first=first.row.line)


def _said(judged: JudgedRow, column: Column) -> str:
    return normalize_thai(judged.row.cells.get(column, "")).strip()


def _equal_options(members: Sequence[JudgedRow]) -> Iterable[tuple[int, Problem]]:
    seen: dict[tuple[str, ...], int] = {}
    for judged in members:
        if judged.parsed is None:
            continue
        values = judged.parsed.variant.options
        line = judged.row.line
        first = seen.setdefault(values, line)
        if first != line:
            shown = " / ".join(values)
            yield (
                line,
                problem(
                    Column.OPTION1_VALUE, "variant_option_duplicate", value=shown, line=line, first=first
                ),
            )
