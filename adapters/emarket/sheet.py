"""Rows for people and markets: columns of the field file, filled from renditions, written as XLSX or text."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from adapters.emarket.fields import Column
from adapters.emarket.values import product_values, variant_values

Row = Sequence[str]
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_WIDEST: Final = 60


def rows_of(
    columns: Sequence[Column], body: Mapping[str, Any], *, images: Sequence[str] = (), **more: Any
) -> list[Row]:
    """Return one row for every variant, in the order of the columns; unknown values are empty, lists have commas."""
    product = product_values(body, images=images, **more)
    return [[", ".join(cell) for cell in row] for row in lists_of(columns, product, body)]


def lists_of(
    columns: Sequence[Column], product: Mapping[str, Any], body: Mapping[str, Any]
) -> list[Sequence[Row]]:
    """Return the rows with every cell as a list of texts: none where nothing is known, several where a list stands."""
    return [
        [_cell(column, product, variant_values(body, variant)) for column in columns]
        for variant in body["variants"]
    ]


def _cell(column: Column, product: Mapping[str, Any], variant: Mapping[str, Any]) -> Row:
    if column.value is not None:
        return [column.value]
    value = product.get(column.product) if column.product is not None else variant.get(column.variant or "")
    parts = value if isinstance(value, list) else [value]
    return [_text(part) for part in parts if part is not None]


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def defused(text: str) -> str:
    """Put a quote before text that a spreadsheet would run as a formula.

    Source: OWASP advice on CSV injection, as in docs/channels/emarkets.md section 7.1.
    """
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def as_xlsx(title: str, headings: Row, rows: Iterable[Row]) -> bytes:
    """Write a workbook of one sheet. Every cell is text, so that codes and barcodes keep their zeros."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has a sheet; openpyxl's types allow None
    sheet.title = title
    widths = [len(heading) for heading in headings]
    for number, row in enumerate([headings, *rows], start=1):
        for column, text in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value, cell.data_type, cell.number_format = defused(text), "s", "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number == 1)
            widths[column - 1] = min(_WIDEST, max(widths[column - 1], *map(len, text.split("\n"))))
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width + 2
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_text(headings: Row, rows: Iterable[Row], *, delimiter: str, encoding: str, for_people: bool) -> bytes:
    """Write CSV or TSV with CRLF line ends; cells are defused only in files for people, it changes values."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
    for row in [headings, *rows]:
        writer.writerow([defused(text) if for_people else text for text in row])
    return file.getvalue().encode(encoding)
