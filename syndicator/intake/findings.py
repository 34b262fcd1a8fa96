"""The cells of one row while they are judged, and what was found wrong with them."""

from typing import Any

from schemas.problem import Problem
from syndicator.intake.cells import Row
from syndicator.intake.columns import COLUMNS, REQUIRED, Column
from syndicator.intake.rules.soundness import Cell, inspect
from syndicator.intake.sentences import problem


class Findings:
    """Gives out repaired, trimmed cells and collects problems; each column is reported for one reason only."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.problems: list[Problem] = []
        self._reported: set[Column] = set()
        self._cells = {column: inspect(row.cells.get(column, "")) for column in COLUMNS}
        for column, cell in self._cells.items():
            self._inspect(column, cell)

    def _inspect(self, column: Column, cell: Cell) -> None:
        """Report what can be wrong with any cell, so that the rules see sound cells only."""
        if self.row.spoiled and (spoiled := self.row.spoiled.get(column)) is not None:
            self.add(column, spoiled, value=cell.text)
        elif not cell.text:
            if column in REQUIRED:
                self.add(column, "required_missing")
        elif cell.fault is not None:
            self.add(column, cell.fault, suggestion=cell.suggestion, value=cell.text)

    def text(self, column: Column) -> str:
        """Return the cell, "" when it is empty or already found wrong."""
        return "" if column in self._reported else self._cells[column].text

    def is_given(self, column: Column) -> bool:
        """Whether the seller wrote anything there, right or wrong."""
        return bool(self._cells[column].text)

    def add(self, column: Column, code: str, *, suggestion: str | None = None, **values: Any) -> None:
        """Report a column, unless it was reported before."""
        if column not in self._reported:
            self._reported.add(column)
            self.problems.append(problem(column, code, suggestion=suggestion, **values))
