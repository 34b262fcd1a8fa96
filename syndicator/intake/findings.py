"""The cells of one row while they are judged, and what was found wrong with them."""

from typing import Any

from adapters.text import normalize_thai
from schemas.problem import Problem
from syndicator.intake.cells import Row
from syndicator.intake.columns import REQUIRED, Column
from syndicator.intake.rules.soundness import unsound
from syndicator.intake.sentences import problem


class Findings:
    """Gives out repaired, trimmed cells and collects problems; each column is reported for one reason only."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.problems: list[Problem] = []
        self._reported: set[Column] = set()
        self._texts = {column: normalize_thai(row.cells.get(column, "")).strip() for column in Column}
        for column in Column:
            self._inspect(column)

    def _inspect(self, column: Column) -> None:
        """Find what can be wrong with any cell, so that the rules see sound cells only."""
        text = self._texts[column]
        if (spoiled := self.row.spoiled.get(column)) is not None:
            self.add(column, spoiled, value=text)
        elif not text and column in REQUIRED:
            self.add(column, "required_missing")
        elif text and (fault := unsound(self.row.cells.get(column, ""))) is not None:
            self.add(column, fault.code, suggestion=fault.suggestion, value=text)

    def text(self, column: Column) -> str:
        """Return the cell, "" when it is empty or already found wrong."""
        return "" if column in self._reported else self._texts[column]

    def is_given(self, column: Column) -> bool:
        """Whether the seller wrote anything there, right or wrong."""
        return bool(self._texts[column])

    def add(self, column: Column, code: str, *, suggestion: str | None = None, **values: Any) -> None:
        """Report a column, unless it was reported before."""
        if column not in self._reported:
            self._reported.add(column)
            self.problems.append(problem(column, code, suggestion=suggestion, **values))
