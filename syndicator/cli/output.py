"""What commands print: tables and progress for people on a terminal, one JSON document for programs."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from schemas.problem import Problem
from syndicator.settings import Language

CELLS_BETWEEN = 3
"""A border and a space on either side, for each column."""
NARROWEST = 8
"""Cells below which a column says nothing any more."""


@dataclass(slots=True)
class Output:
    """Where a command speaks. With ``as_json`` people's text goes to standard error and standard output is JSON only."""

    as_json: bool = False
    language: Language = Language.THAI
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))

    def __post_init__(self) -> None:
        if self.as_json:
            self.console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, th: str, en: str) -> None:
        """Print a sentence in the reader's language."""
        self.console.print(th if self.language is Language.THAI else en, markup=False)

    def block(self, title: str, lines: Iterable[str]) -> None:
        """Print a title and, indented below it, sentences of any length; the terminal wraps them at its full width."""
        self.console.print(title, markup=False, style="bold")
        for line in lines:
            self.console.print(f"  • {line}", markup=False)

    def pick(self, th: str, en: str) -> str:
        """Return the text of the reader's language."""
        return th if self.language is Language.THAI else en

    def problem(self, problem: Problem) -> str:
        """Return a problem's sentence in the reader's language."""
        return problem.th if self.language is Language.THAI else problem.en

    def data(self, document: Any) -> None:
        """Print the command's result for programs; nothing when a person is reading."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=_plain) + "\n")

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, flexible: int | None = None
    ) -> None:
        """Print a table for people; nothing when a program is reading.

        Each row is one line: what needs room is printed below the table, at full width. On a narrow terminal the
        column number ``flexible`` gives way before the others do.
        """
        if self.as_json:
            return
        # Text, not markup: a seller may well write square brackets.
        cells = [[Text("–" if cell is None else _shown(cell)) for cell in row] for row in rows]
        table = Table(header_style="bold")
        for number, column in enumerate(columns):
            width = _room(number, columns, cells, self.console.width) if number == flexible else None
            table.add_column(Text(column), no_wrap=True, overflow="ellipsis", width=width)
        for row in cells:
            table.add_row(*row)
        self.console.print(table)

    @contextmanager
    def progress(self) -> Iterator["PhaseProgress"]:
        """Show bars for long work; on something that is no terminal, nothing."""
        bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=False,
            disable=not sys.stderr.isatty(),
        )
        with bars:
            yield PhaseProgress(bars, self.language)


_PHASES = {
    "photos": ("เก็บรูป", "Photos"),
    "products": ("บันทึกสินค้า", "Products"),
    "listings": ("ลงประกาศ", "Listings"),
    "samples": ("สร้างรูปตัวอย่าง", "Sample photos"),
    "letters": ("จดหมายตาย", "Dead letters"),
    "servers": ("เปิดระบบ", "Servers"),
    "stock": ("บันทึกสต็อก", "Stock"),
}


class PhaseProgress:
    """One bar for each phase, made when the phase is first told of."""

    def __init__(self, bars: Progress, language: Language) -> None:
        self._bars = bars
        self._thai = language is Language.THAI
        self._tasks: dict[str, Any] = {}

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` things of the phase are finished."""
        if phase not in self._tasks:
            th, en = _PHASES.get(phase, (phase, phase))
            self._tasks[phase] = self._bars.add_task(th if self._thai else en, total=total)
        self._bars.update(self._tasks[phase], completed=done, total=total)


def _room(number: int, columns: Sequence[str], cells: Sequence[Sequence[Text]], width: int) -> int:
    """Return the cells of the terminal that the other columns leave to one column, at most what it needs."""
    needs = [
        max(cell_len(column), *(row[n].cell_len for row in cells), 0) for n, column in enumerate(columns)
    ]
    others = sum(needs) - needs[number] + CELLS_BETWEEN * len(columns) + 1
    return min(needs[number], max(NARROWEST, width - others))


def _shown(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, Enum):
        return str(cell.value)
    return str(cell)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Problem):
        return value.model_dump()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
