"""Rows of a CSV, one at a time."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from syndicator.intake.cells import Row
from syndicator.intake.defusing import undefused
from syndicator.intake.errors import refusal
from syndicator.intake.header import Header, HeaderReader, read_header
from syndicator.intake.limits import IntakeLimits


@contextmanager
def csv_table(
    path: Path, encoding: str, limits: IntakeLimits, read: HeaderReader = read_header
) -> Iterator[tuple[Header, Iterator[Row]]]:
    """Open a CSV (RFC 4180) and give its header and its rows; rows are read as they are taken.

    Raises:
        IntakeError: The header is wrong or the quoting is broken; also while rows are taken.
    """
    _refuse_too_many(path, encoding, limits)
    with path.open(encoding=encoding, newline="") as stream:
        records = _records(stream, path.name, limits)
        _, cells = next(records, (1, []))
        header = read(cells, file=path.name, limits=limits)
        yield header, (_row(line, cells, header) for line, cells in records)


def _refuse_too_many(path: Path, encoding: str, limits: IntakeLimits) -> None:
    """Count before judging: a seller hears at once that a file is too long, or that its quoting is broken."""
    with path.open(encoding=encoding, newline="") as stream:
        filled = sum(1 for _, cells in _records(stream, path.name, limits) if any(map(str.strip, cells)))
    if filled - 1 > limits.max_rows:
        raise refusal("rows_too_many", file=path.name, limit=f"{limits.max_rows:,}")


def _records(stream: TextIO, file: str, limits: IntakeLimits) -> Iterator[tuple[int, list[str]]]:
    """Yield every record with the line it begins on."""
    reader = csv.reader(_lines(stream, file, limits), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as exc:
        raise refusal("csv_broken", file=file, line=line, reason=str(exc)) from exc


def _lines(stream: TextIO, file: str, limits: IntakeLimits) -> Iterator[str]:
    line = 1
    while text := stream.readline(limits.max_line_chars):
        if len(text) == limits.max_line_chars:
            raise refusal("csv_broken", file=file, line=line, reason="the line is too long")
        yield text
        line += 1


def _row(line: int, cells: list[str], header: Header) -> Row:
    padded = [*cells, *("" for _ in range(len(header.names) - len(cells)))]
    named = {name: undefused(text) for name, text in zip(header.names, padded, strict=False) if name}
    surplus = tuple(text for text in cells[len(header.names) :] if text.strip())
    return Row(line, named, surplus=surplus)
