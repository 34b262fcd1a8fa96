"""The texts of one product while they are judged, and what was found wrong with them."""

from collections.abc import Mapping
from typing import Any

from schemas.problem import Problem
from syndicator.intake.cells import Row
from syndicator.intake.columns import COLUMNS, REQUIRED, Column
from syndicator.intake.rules.soundness import Cell, inspect
from syndicator.intake.sentences import problem


class Findings:
    """Gives out repaired, trimmed texts and collects problems; each column is reported for one reason only.

    ``texts`` are known to be sound. ``paths`` says how the reader calls a column, where not by its name.
    """

    def __init__(self, texts: Mapping[Column, str], paths: Mapping[Column, str] | None = None) -> None:
        self.problems: list[Problem] = []
        self._texts = texts
        self._paths = paths or {}
        self._reported: set[Column] = set()

    def text(self, column: Column) -> str:
        """Return the text, "" when it is empty or already found wrong."""
        return "" if column in self._reported else self._texts.get(column, "")

    def is_given(self, column: Column) -> bool:
        """Whether the seller wrote anything there, right or wrong."""
        return bool(self._texts.get(column))

    def add(self, column: Column, code: str, *, suggestion: str | None = None, **values: Any) -> None:
        """Report a column, unless it was reported before."""
        if column not in self._reported:
            self._reported.add(column)
            path = self._paths.get(column, column)
            self.problems.append(problem(path, code, suggestion=suggestion, **values))


class RowFindings(Findings):
    """The cells of one row of a file."""

    def __init__(self, row: Row, required: frozenset[Column] = REQUIRED) -> None:
        cells = {column: inspect(row.cells.get(column, "")) for column in COLUMNS}
        super().__init__({column: cell.text for column, cell in cells.items()})
        self.row = row
        self._required = required
        for column, cell in cells.items():
            self._inspect(column, cell)

    def _inspect(self, column: Column, cell: Cell) -> None:
        """Report what can be wrong with any cell, so that the rules see sound cells only."""
        if self.row.spoiled and (spoiled := self.row.spoiled.get(column)) is not None:
            self.add(column, spoiled, value=cell.text)
        elif not cell.text:
            if column in self._required:
                self.add(column, "required_missing")
        elif cell.fault is not None:
            self.add(column, cell.fault, suggestion=cell.suggestion, value=cell.text)
