"""Rows of a file made into products one by one, for files too long to be held: the rows of a group stand together in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from syndicator.intake.cells import Row
from syndicator.intake.columns import Column
from syndicator.intake.groups import as_product, bad_row, settle_group
from syndicator.intake.result import BadRow, IntakeProduct
from syndicator.intake.row import JudgedRow, Knowledge, judge_row
from syndicator.intake.sentences import problem


def stream_products(rows: Iterable[Row], *, width: int) -> Iterator[IntakeProduct | BadRow]:
    """Yield every row that is not empty, in the file's order, in one product or as a bad row.

    What is held is one group, and the codes met so far: some 150 bytes for each row. A group that comes back after other rows
    is refused, for its first part may be on sale already. ``width`` is the number of columns of the header.
    """
    stream = _Stream(width=width)
    for row in rows:
        if not row.is_empty:
            yield from stream.take(row)
    yield from stream.settle()


@dataclass(slots=True, kw_only=True)
class _Stream:
    """Holds the group under way."""

    width: int
    knowledge: Knowledge = field(default_factory=Knowledge.shipped)
    _members: list[JudgedRow] = field(default_factory=list)
    _sku_lines: dict[str, int] = field(default_factory=dict)
    _group_lines: dict[str, int] = field(default_factory=dict)

    def take(self, row: Row) -> Iterator[IntakeProduct | BadRow]:
        """Yield what is decided with this row."""
        judged = self._checked(judge_row(row, self.knowledge, width=self.width))
        if self._members and judged.group == self._members[0].group:
            self._members.append(judged)
            return
        yield from self.settle()
        first = self._group_lines.setdefault(judged.group, row.line) if judged.group else row.line
        if first != row.line:
            apart = problem(Column.GROUP_SKU, "group_apart", value=judged.group, line=row.line, first=first)
            yield bad_row(judged, (apart, *judged.problems))
        elif judged.group:
            self._members.append(judged)
        elif judged.parsed is not None:
            yield as_product(judged.sku, [(judged, judged.parsed)])
        else:
            yield bad_row(judged, judged.problems)

    def settle(self) -> Iterator[IntakeProduct | BadRow]:
        """Decide on the group under way."""
        if not self._members:
            return
        members, self._members = self._members, []
        settled = settle_group(members[0].group, members, self._sku_lines)
        yield from [settled] if isinstance(settled, IntakeProduct) else settled

    def _checked(self, judged: JudgedRow) -> JudgedRow:
        """Refuse a row whose code stood on an earlier line."""
        line = judged.row.line
        if not judged.sku or (first := self._sku_lines.setdefault(judged.sku, line)) == line:
            return judged
        twin = problem(Column.SKU, "sku_duplicate", value=judged.sku, line=line, first=first)
        return JudgedRow(judged.row, judged.sku, judged.group, (twin, *judged.problems), None)
