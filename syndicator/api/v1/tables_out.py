"""Tables on their way out, row by row: CSV and XLSX that no spreadsheet runs, and NDJSON for programs."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, Final

from openpyxl import Workbook

from syndicator.intake.defusing import defused
from syndicator.intake.failed_rows import text_cell

ROWS_OF_SHEET: Final = 1_000_000
"""A sheet holds 1,048,576 rows; what comes after goes on in a further one."""
_PIECE_BYTES: Final = 256 * 1024
_MARK: Final = "\ufeff"
"""Tells Excel that the file is UTF-8; without it Thai is shown as rubbish."""

Row = Mapping[str, Any]
"""Column -> value: text, number, truth, moment or nothing."""


class Format(StrEnum):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"


MEDIA_TYPES: Final[Mapping[Format, str]] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.NDJSON: "application/x-ndjson",
}


def ndjson(documents: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield one JSON document in each line."""
    for document in documents:
        yield json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def csv_table(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a CSV in UTF-8 with a mark; cells that a spreadsheet would run are made text."""
    line = io.StringIO(_MARK)
    line.seek(len(_MARK))
    writer = csv.writer(line)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([defused(_text(row[name])) for name in columns])
        if line.tell() > _PIECE_BYTES:
            yield _taken(line)
    yield _taken(line)


def xlsx_table(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a workbook whose cells are text, and numbers where they are numbers.

    A workbook cannot be sent before it is complete: it is made in files of the system's temporary folder, row by row.
    """
    book = Workbook(write_only=True)
    sheet, left = None, 0
    for row in rows:
        if sheet is None or left == 0:
            sheet, left = _new_sheet(book, columns), ROWS_OF_SHEET
        sheet.append([_cell(sheet, row[name]) for name in columns])
        left -= 1
    if sheet is None:
        _new_sheet(book, columns)
    with tempfile.TemporaryFile() as made:
        book.save(made)
        made.seek(0)
        yield from _pieces(made)


def _new_sheet(book: Workbook, columns: Sequence[str]) -> Any:
    sheet = book.create_sheet()
    sheet.append([text_cell(sheet, name) for name in columns])
    return sheet


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return text_cell(sheet, _text(value))


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
    return str(value)


def _taken(line: io.StringIO) -> bytes:
    piece = line.getvalue().encode()
    line.seek(0)
    line.truncate()
    return piece


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece
