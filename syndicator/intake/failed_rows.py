"""The bad rows, written back as a file the seller mends and sends again: same columns, same format, plus the reason."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from syndicator.intake.columns import REASON_COLUMNS
from syndicator.intake.defusing import defused
from syndicator.intake.file_kind import FileKind
from syndicator.intake.result import BadRow, HasBadRows

_XLSX_CELL_CHARS: Final = 32_767
_TEXT_FORMAT: Final = "@"
_ILLEGAL: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters a workbook cannot hold."""


def write_failed_rows(result: HasBadRows, path: Path) -> Path:
    """Write the bad rows of ``result`` to ``path``, in the format of the file they came from.

    Shape: the file's columns in the file's order, then ``line``, ``problem_th`` and ``problem_en``; text that stood
    beyond the last column follows. A CSV is
    UTF-8 with a mark, so that Excel shows Thai; cells that a spreadsheet would run are made text. Reading the
    mended file ignores the three added columns.
    Effects: writes a new file beside ``path`` and puts it in place when complete.

    Returns:
        The path written, with the suffix of its format.

    Raises:
        OSError: The folder cannot be written.
    """
    path = path.with_suffix(f".{result.kind}")
    draft = path.with_name(f".{path.name}.part")
    write = _write_xlsx if result.kind is FileKind.XLSX else _write_csv
    try:
        write(draft, result.columns, result.bad_rows)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def _reasons(bad: BadRow) -> list[str]:
    return [
        str(bad.line),
        " | ".join(problem.th for problem in bad.problems),
        " | ".join(problem.en for problem in bad.problems),
    ]


def _write_csv(path: Path, columns: Sequence[str], bad_rows: Iterable[BadRow]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*columns, *REASON_COLUMNS])
        for bad in bad_rows:
            cells = [bad.cells.get(column, "") for column in columns]
            writer.writerow([defused(text) for text in (*cells, *_reasons(bad), *bad.surplus)])


def _write_xlsx(path: Path, columns: Sequence[str], bad_rows: Iterable[BadRow]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("products")
    sheet.append([text_cell(sheet, name) for name in (*columns, *REASON_COLUMNS)])
    for bad in bad_rows:
        cells = [bad.cells.get(column, "") for column in columns]
        sheet.append([text_cell(sheet, text) for text in (*cells, *_reasons(bad), *bad.surplus)])
    book.save(path)


def text_cell(sheet: Any, text: str) -> Any:
    """Return a cell of a workbook that holds the text, and that no spreadsheet runs."""
    cell = WriteOnlyCell(sheet)
    cell.value = _ILLEGAL.sub("", text)[:_XLSX_CELL_CHARS]
    # openpyxl makes a formula of whatever begins with "="; this cell is text, and Excel keeps it so when edited.
    cell.data_type = "s"
    cell.number_format = _TEXT_FORMAT
    return cell
