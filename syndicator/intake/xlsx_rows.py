"""Rows of the first sheet of an XLSX workbook, one at a time.

Text columns must hold text: what Excel keeps as a number or a date may have lost its original form and is
reported, unless ``columns.LOSSLESS_DIGITS`` says that nothing can have been lost. Number columns may hold
numbers, ``available_from`` may hold a date.
"""

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import openpyxl

from schemas.problem import Problem
from syndicator.intake.cells import Row, Spoiled
from syndicator.intake.columns import LOSSLESS_DIGITS, NAMES, NUMERIC, Column
from syndicator.intake.defusing import undefused
from syndicator.intake.errors import IntakeError, refusal
from syndicator.intake.header import Header, HeaderReader, read_header
from syndicator.intake.limits import IntakeLimits
from syndicator.intake.sentences import problem

_LAST_ROW: Final = 1_048_576
"""The last row a workbook can have; a part that claims more lies."""
_DOCTYPE: Final = b"<!DOCTYPE"
_DOCTYPE_WITHIN: Final = 4096
_MIDNIGHT: Final = "T00:00:00"


@contextmanager
def xlsx_table(
    path: Path, limits: IntakeLimits, read: HeaderReader = read_header
) -> Iterator[tuple[Header, Iterator[Row], tuple[Problem, ...]]]:
    """Open a workbook and give its header, its rows and notes; rows are read as they are taken.

    Raises:
        IntakeError: The workbook is broken, unpacks to an unreasonable size, or its header is wrong; also while
            rows are taken.
    """
    _refuse_bombs(path, limits)
    # Opened here because openpyxl judges a path by its suffix.
    with path.open("rb") as stream:
        book = _open(stream, path)
        try:
            with _guarded(path):
                sheet, notes = _first_sheet(book)
                first = next(iter(sheet.iter_rows(max_row=1, max_col=limits.max_columns + 1)), ())
            header = read([_text(cell.value) for cell in first], file=path.name, limits=limits)
            yield header, _rows(sheet, header, path), notes
        finally:
            book.close()


def _open(stream: BinaryIO, path: Path) -> Any:
    with _guarded(path), warnings.catch_warnings():
        # Styles and extensions openpyxl does not know do not matter to a table of goods.
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(stream, read_only=True, keep_links=False)


def _refuse_bombs(path: Path, limits: IntakeLimits) -> None:
    with _guarded(path), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        packed = sum(part.compress_size for part in parts) or 1
        swollen = unpacked > limits.bomb_floor_bytes and unpacked > limits.max_unpack_ratio * packed
        if swollen or unpacked > limits.max_unpacked_bytes or _declares_entities(archive):
            raise refusal("workbook_bomb", file=path.name)


def _declares_entities(archive: zipfile.ZipFile) -> bool:
    """Say whether a part has a document type; Excel never writes one, entity bombs need one."""
    for part in archive.infolist():
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                if _DOCTYPE in stream.read(_DOCTYPE_WITHIN):
                    return True
    return False


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Turn whatever a broken workbook makes the reader raise into one sentence."""
    try:
        yield
    except IntakeError:
        raise
    except Exception as exc:
        # zipfile, ElementTree and openpyxl raise a dozen kinds on broken files.
        raise refusal("workbook_broken", file=path.name) from exc


def _first_sheet(book: Any) -> tuple[Any, tuple[Problem, ...]]:
    sheets = book.worksheets
    if not sheets:
        raise ValueError("the workbook has no worksheet")
    # The size a sheet states about itself may be wrong, in both directions.
    sheets[0].reset_dimensions()
    notes = (problem("", "sheets_ignored", sheet=sheets[0].title),) if len(sheets) > 1 else ()
    return sheets[0], notes


def _rows(sheet: Any, header: Header, path: Path) -> Iterator[Row]:
    width = len(header.names)
    with _guarded(path):
        records = sheet.iter_rows(min_row=2, max_row=_LAST_ROW, max_col=width + 1)
        for line, cells in enumerate(records, start=2):
            yield _row(line, cells, header)


def _row(line: int, cells: tuple[Any, ...], header: Header) -> Row:
    texts: dict[str, str] = {}
    spoiled: dict[str, Spoiled] = {}
    for name, cell in zip(header.names, cells, strict=False):
        if not name:
            continue
        texts[name] = undefused(_text(cell.value))
        if (kind := _spoiled(cell, name, texts[name])) is not None:
            spoiled[name] = kind
    for name in header.names[len(cells) :]:
        texts.setdefault(name, "")
    surplus = tuple(text for cell in cells[len(header.names) :] if (text := _text(cell.value)).strip())
    return Row(line, texts, spoiled, surplus)


def _text(value: Any) -> str:
    """Write a cell's value as a person reads it; numbers with the 15 digits Excel keeps."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float():
            return f"{value:.15g}"
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat().removesuffix(_MIDNIGHT)
        case _:
            # A formula over several cells comes as an object that holds its text.
            return str(getattr(value, "text", value))


def _spoiled(cell: Any, name: str, text: str) -> Spoiled | None:
    """Say what Excel did to a cell of the format, None when nothing was lost."""
    if name not in NAMES:
        return None
    match cell.value:
        case _ if cell.data_type == "f":
            return Spoiled.FORMULA
        case _ if cell.data_type == "e":
            return Spoiled.ERROR
        case dt.datetime() | dt.date() | dt.time() | dt.timedelta():
            return _spoiled_date(name)
        case int() | float() if not _may_be_number(name, text):
            return Spoiled.NUMBER
        case _:
            return None


def _spoiled_date(name: str) -> Spoiled | None:
    if name == Column.AVAILABLE_FROM:
        return None
    return Spoiled.SKU_DATE if name in {Column.SKU, Column.GROUP_SKU} else Spoiled.DATE


def _may_be_number(name: str, text: str) -> bool:
    column = Column(name)
    return column in NUMERIC or (text.isdecimal() and LOSSLESS_DIGITS.get(column) == len(text))
