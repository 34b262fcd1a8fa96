"""The tables of the fact sheets in docs/channels, as rows of cells."""

from collections.abc import Iterator
from pathlib import Path

SHEETS = Path(__file__).resolve().parents[2] / "docs" / "channels"
NONE = "–"


def rows_of(sheet: str, *columns: str) -> list[dict[str, str]]:
    """Return the rows of every table of a sheet whose first columns have these headings; an empty answer is an error."""
    found = list(_rows(SHEETS.joinpath(sheet).read_text(encoding="utf-8").splitlines(), columns))
    assert found, f"{sheet} has no table of {columns}"
    return found


def _rows(lines: list[str], columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    headings: list[str] = []
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            headings = []
        elif not headings:
            headings = cells
        elif tuple(headings[: len(columns)]) == columns and not set(cells[0]) <= {"-"}:
            assert len(cells) == len(headings), line
            yield dict(zip(headings, cells, strict=True))


def listed(cell: str) -> list[str]:
    """Return what a cell lists; a dash is nothing."""
    return [] if cell == NONE else [part.strip() for part in cell.split(",")]
