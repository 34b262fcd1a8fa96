"""A file of stock: a column of codes and a column of quantities, whatever else it holds; CSV or XLSX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from adapters.text import normalize_thai
from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.intake.cells import Row
from syndicator.intake.columns import REASON_COLUMNS, Column
from syndicator.intake.errors import refusal
from syndicator.intake.file_kind import FileKind
from syndicator.intake.findings import RowFindings
from syndicator.intake.header import Header
from syndicator.intake.limits import DEFAULT_LIMITS, IntakeLimits
from syndicator.intake.reading import open_table
from syndicator.intake.result import BadRow
from syndicator.intake.rules.codes import sku as read_sku
from syndicator.intake.rules.numbers import stock as read_stock
from syndicator.intake.sentences import problem

SKU_WORDS: Final = ("sku", "seller_sku", "code", "รหัสสินค้า", "รหัส")
QUANTITY_WORDS: Final = (
    "quantity",
    "qty",
    "stock",
    "on_hand",
    "จำนวน",
    "จำนวนคงเหลือ",
    "คงเหลือ",
    "สต็อก",
    "สต๊อก",
)
"""Words that head the columns in files of other programs; the first that a file has counts."""
_REQUIRED: Final = frozenset({Column.SKU, Column.STOCK})


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFile:
    """Everything the file held: every data row is in ``counts`` or in ``bad_rows``.

    Attributes:
        counts: Units on the shelf by SKU.
        columns: The two columns that were read, by our names, for writing bad rows back.
    """

    kind: FileKind
    columns: tuple[str, ...]
    counts: Mapping[Sku, int]
    rows: Mapping[Sku, Row]
    bad_rows: tuple[BadRow, ...]
    notes: tuple[Problem, ...] = ()

    def without(self, unknown: Sequence[Sku]) -> "StockFile":
        """Return the file with the rows of codes that nobody stored among the bad ones."""
        bad = [
            _bad(self.rows[sku], [problem(Column.SKU, "sku_not_stored", value=sku)])
            for sku in unknown
            if sku in self.rows
        ]
        return replace(
            self,
            counts={sku: units for sku, units in self.counts.items() if sku not in set(unknown)},
            bad_rows=tuple(sorted((*self.bad_rows, *bad), key=lambda row: row.line)),
        )


def read_stock_file(path: Path, *, limits: IntakeLimits = DEFAULT_LIMITS) -> StockFile:
    """Read the units of every code. All problems of all rows come in one pass; nothing is stored.

    Raises:
        IntakeError: The file as a whole cannot be taken.
    """
    counts: dict[Sku, int] = {}
    rows: dict[Sku, Row] = {}
    bad: list[BadRow] = []
    with open_table(path, limits, read_stock_header) as table:
        for number, row in enumerate(row for row in table.rows if not row.is_empty):
            if number == limits.max_rows:
                raise refusal("rows_too_many", file=path.name, limit=f"{limits.max_rows:,}")
            sku, units, problems = _judge(row, rows)
            if sku is None or units is None or problems:
                bad.append(_bad(row, problems))
            else:
                counts[sku], rows[sku] = units, row
    if not counts and not bad:
        raise refusal("rows_none", file=path.name)
    columns = (Column.SKU.value, Column.STOCK.value)
    return StockFile(
        kind=table.kind, columns=columns, counts=counts, rows=rows, bad_rows=tuple(bad), notes=table.notes
    )


def read_stock_header(cells: Sequence[str], *, file: str, limits: IntakeLimits) -> Header:
    """Find the two columns by any of their words and give them our names; all others are passed over.

    Raises:
        IntakeError: One of them is missing, or there are far too many columns.
    """
    names = [normalize_thai(cell).strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.max_columns:
        raise refusal("header_too_wide", file=file, limit=limits.max_columns)
    code = next((names.index(word) for word in SKU_WORDS if word in names), None)
    units = next((names.index(word) for word in QUANTITY_WORDS if word in names), None)
    if code is None or units is None:
        raise refusal(
            "header_no_stock", file=file, sku=", ".join(SKU_WORDS), quantity=", ".join(QUANTITY_WORDS)
        )
    ours = {code: Column.SKU.value, units: Column.STOCK.value}
    return Header(tuple(ours.get(place, "") for place in range(len(names))))


def _judge(row: Row, taken: Mapping[Sku, Row]) -> tuple[Sku | None, int | None, list[Problem]]:
    # Cells beyond the two columns are no business of ours.
    findings = RowFindings(replace(row, surplus=()), _REQUIRED)
    sku, units = read_sku(findings, Column.SKU), read_stock(findings)
    if sku is not None and sku in taken:
        findings.add(Column.SKU, "sku_duplicate", value=sku, line=row.line, first=taken[sku].line)
    return sku, units, findings.problems


def _bad(row: Row, problems: Sequence[Problem]) -> BadRow:
    cells = {name: text for name, text in row.cells.items() if name not in REASON_COLUMNS}
    return BadRow(row.line, cells, tuple(problems))
