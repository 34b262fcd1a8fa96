"""Refuse products after the file was read: a photo that is missing, a code that is taken."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.intake.columns import Column
from syndicator.intake.limits import IntakeLimits
from syndicator.intake.reading import open_table
from syndicator.intake.result import BadRow, IntakeProduct, IntakeResult
from syndicator.intake.sentences import problem


def reject(
    result: IntakeResult, problems: Mapping[Sku, Sequence[Problem]], *, path: Path, limits: IntakeLimits
) -> IntakeResult:
    """Move every product that has a problem on one of its variants to the bad rows.

    Shape: ``problems`` is keyed by variant SKU. The other rows of such a product come back too, with a problem that
    names the lines at fault: a product is published whole or not at all. The rows' text is read from ``path`` again,
    so that an import of good rows holds no second copy of them.

    Raises:
        IntakeError: The file changed meanwhile and can no longer be read.
    """
    hit = [item for item in result.products if any(sku in problems for sku in item.lines)]
    if not hit:
        return result
    written = _text_of(path, {line for item in hit for line in item.lines.values()}, limits)
    rows = [row for item in hit for row in _bad_rows(item, problems, written)]
    codes = {item.product.sku for item in hit}
    return replace(
        result,
        products=tuple(item for item in result.products if item.product.sku not in codes),
        bad_rows=tuple(sorted((*result.bad_rows, *rows), key=lambda bad: bad.line)),
    )


def _text_of(path: Path, lines: Collection[int], limits: IntakeLimits) -> dict[int, Mapping[str, str]]:
    with open_table(path, limits) as table:
        return {row.line: row.cells for row in table.rows if row.line in lines}


def _bad_rows(
    item: IntakeProduct, problems: Mapping[Sku, Sequence[Problem]], written: Mapping[int, Mapping[str, str]]
) -> list[BadRow]:
    wrong = ", ".join(str(line) for sku, line in item.lines.items() if sku in problems)
    held = problem(Column.GROUP_SKU, "group_held", value=item.product.sku, lines=wrong)
    return [
        BadRow(
            line=line,
            cells=written.get(line, {}),
            problems=tuple(problems[sku]) if sku in problems else (held,),
        )
        for sku, line in item.lines.items()
    ]
