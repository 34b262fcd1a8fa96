"""The door: a file in, products and bad rows out."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from schemas.problem import Problem
from syndicator.intake.cells import Row
from syndicator.intake.columns import Column
from syndicator.intake.csv_rows import csv_table
from syndicator.intake.encoding import csv_encoding
from syndicator.intake.errors import refusal
from syndicator.intake.file_kind import FileKind, file_kind
from syndicator.intake.groups import as_product, bad_row, settle_group
from syndicator.intake.header import Header, HeaderReader, read_header
from syndicator.intake.limits import DEFAULT_LIMITS, IntakeLimits
from syndicator.intake.result import BadRow, IntakeProduct, IntakeResult
from syndicator.intake.row import JudgedRow, Knowledge, judge_row
from syndicator.intake.sentences import problem
from syndicator.intake.xlsx_rows import xlsx_table


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: its header, and its rows as they are read."""

    kind: FileKind
    header: Header
    rows: Iterator[Row]
    notes: tuple[Problem, ...]


def read_products(path: Path, *, limits: IntakeLimits = DEFAULT_LIMITS) -> IntakeResult:
    """Read a CSV or XLSX of the intake format.

    Shape: every row that is not empty is in exactly one product or in ``bad_rows``; a product lists its variants
    in the file's order. All problems of all rows come in one pass. Nothing is stored.

    Raises:
        IntakeError: The file as a whole cannot be taken; its ``problem`` says why in Thai and English.
    """
    with open_table(path, limits) as table:
        sorting = _Sorting(width=len(table.header.names))
        for row in _counted(table.rows, path.name, limits, sorting):
            sorting.take(row)
        sorting.settle()
    if not sorting.rows:
        raise refusal("rows_none", file=path.name)
    return IntakeResult(
        kind=table.kind,
        columns=table.header.named,
        products=tuple(sorted(sorting.products, key=_first_line)),
        bad_rows=tuple(sorted(sorting.bad_rows, key=lambda bad: bad.line)),
        notes=(*table.notes, *sorting.notes),
    )


@contextmanager
def open_table(path: Path, limits: IntakeLimits, read: HeaderReader = read_header) -> Iterator[Table]:
    """Open a file by what it is, whatever its name; ``read`` makes the header of its first record.

    Raises:
        IntakeError: As ``read_products``; also while rows are taken.
    """
    kind = file_kind(path, limits)
    if kind is FileKind.XLSX:
        with xlsx_table(path, limits, read) as (header, rows, notes):
            yield Table(kind, header, rows, (*header.notes, *notes))
        return
    encoding = csv_encoding(path)
    notes = (problem("", "encoding_windows_874"),) if encoding == "cp874" else ()
    with csv_table(path, encoding, limits, read) as (header, rows):
        yield Table(kind, header, rows, (*header.notes, *notes))


def _counted(rows: Iterable[Row], file: str, limits: IntakeLimits, sorting: "_Sorting") -> Iterator[Row]:
    """Pass rows on, leaving empty ones out and refusing the first one too many."""
    for row in rows:
        if row.is_empty:
            sorting.empty_rows += 1
            continue
        if sorting.rows == limits.max_rows:
            raise refusal("rows_too_many", file=file, limit=f"{limits.max_rows:,}")
        yield row


def _first_line(item: IntakeProduct) -> int:
    return min(item.lines.values())


@dataclass(slots=True, kw_only=True)
class _Sorting:
    """Takes rows one by one; rows of a group wait until the file has ended."""

    width: int
    knowledge: Knowledge = field(default_factory=Knowledge.shipped)
    rows: int = 0
    empty_rows: int = 0
    products: list[IntakeProduct] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    _groups: dict[str, list[JudgedRow]] = field(default_factory=dict)
    _sku_lines: dict[str, int] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[Problem, ...]:
        """Tell how many empty rows were skipped."""
        return (problem("", "rows_empty", count=self.empty_rows),) if self.empty_rows else ()

    def take(self, row: Row) -> None:
        """Judge one row and put it where it belongs."""
        self.rows += 1
        judged = self._without_twin(judge_row(row, self.knowledge, width=self.width))
        if judged.group:
            self._groups.setdefault(judged.group, []).append(judged)
        elif judged.parsed is not None:
            self.products.append(as_product(judged.sku, [(judged, judged.parsed)]))
        else:
            self.bad_rows.append(bad_row(judged, judged.problems))

    def _without_twin(self, judged: JudgedRow) -> JudgedRow:
        """Refuse a row whose SKU stood on an earlier line; the earlier row keeps its own verdict."""
        if not judged.sku:
            return judged
        line = judged.row.line
        first = self._sku_lines.setdefault(judged.sku, line)
        if first == line:
            return judged
        twin = problem(Column.SKU, "sku_duplicate", value=judged.sku, line=line, first=first)
        return JudgedRow(judged.row, judged.sku, judged.group, (twin, *judged.problems), None)

    def settle(self) -> None:
        """Decide on the groups once every row is known."""
        for sku, members in self._groups.items():
            settled = settle_group(sku, members, self._sku_lines)
            if isinstance(settled, IntakeProduct):
                self.products.append(settled)
            else:
                self.bad_rows.extend(settled)
        self._groups.clear()
