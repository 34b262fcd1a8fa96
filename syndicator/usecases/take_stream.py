"""A submission too long to be held: taken into its job while it comes, from JSON lines or from the rows of a file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

from schemas.channel import Lane
from schemas.problem import Problem
from syndicator.domain.invalid import invalid
from syndicator.intake.reading import open_table
from syndicator.intake.result import BadRow, IntakeProduct
from syndicator.intake.streaming import stream_products
from syndicator.store.jobs import Job
from syndicator.usecases.intake_tools import IntakeTools
from syndicator.usecases.submit_job import Line, line_of, line_of_rows, take_chunk, take_lines

MOST_LINE_BYTES: Final = 1024 * 1024
"""Longest line; a product with a hundred variants takes some 60 kB."""


class TooManyLines(Exception):
    """The submission is longer than it may be; what came before is taken."""


class JsonLines:
    """Takes the lines of one stream into its job, in their order; those that the job took before are passed over.

    Args:
        job: As ``open_job`` returned it.
        tools: The ports; ``limits.max_rows`` bounds the lines.
    """

    def __init__(self, job: Job, tools: IntakeTools) -> None:
        self.job = job
        self._tools = tools
        self._taken_before = job.lines
        self._seen = 0

    def take(self, lines: Sequence[bytes | None]) -> None:
        """Take the next lines in one transaction; None stands for one that was too long to be read.

        Raises:
            TooManyLines: There are more than there may be; those before are taken.
            JobMoved: The same job is taken in by somebody else, too.
            StorageError: The media store failed; nothing of these lines is taken.
        """
        most = self._tools.limits.max_rows
        room = lines[: max(0, most - self._seen)]
        fresh = room[max(0, self._taken_before - self._seen) :]
        self._seen += len(room)
        if fresh:
            read = [_line(raw) for raw in fresh]
            self.job = take_chunk(self.job, read, tools=self._tools, lane=Lane.BULK).job
        if len(room) < len(lines):
            raise TooManyLines


def take_file(job: Job, path: Path, *, tools: IntakeTools) -> Job:
    """Take the rows of a CSV or XLSX into the job, product by product, and return it; memory does not grow with the file.

    Raises:
        IntakeError: The file as a whole cannot be taken, or not beyond the lines that the job counts.
        JobMoved: The same job is taken in by somebody else, too.
        StorageError: The media store failed; what the job counts is stored.
    """
    with open_table(path, tools.limits) as table:
        products = stream_products(table.rows, width=len(table.header.names))
        for taken in take_lines(job, _lines_of(products), tools=tools, lane=Lane.BULK):
            job = taken.job
    return job


def too_many_lines(most: int) -> Problem:
    """Say that a submission was longer than it may be, and what became of it."""
    return Problem(
        path="",
        code="lines_too_many",
        th=f"รับได้ครั้งละ {most:,} สินค้า รับ {most:,} รายการแรกแล้ว กรุณาส่งที่เหลือเป็นชุดใหม่",
        en=f"one submission takes {most:,} products; the first {most:,} were taken, send the rest in a new one",
    )


def _lines_of(products: Iterator[IntakeProduct | BadRow]) -> Iterator[Line]:
    for item in products:
        if isinstance(item, IntakeProduct):
            yield line_of_rows(item)
        else:
            problems = tuple(
                one.model_copy(update={"path": f"rows[{item.line}].{one.path}"}) for one in item.problems
            )
            yield Line(sku=item.cells.get("sku"), submission=None, problems=problems)


def _line(raw: bytes | None) -> Line:
    if raw is None:
        return Line(sku=None, submission=None, problems=(_too_long(),))
    try:
        document = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Line(
            sku=None, submission=None, problems=(invalid({"type": "json_invalid", "loc": (), "msg": ""}),)
        )
    if not isinstance(document, dict):
        found = invalid({"type": "dict_type", "loc": (), "msg": ""})
        return Line(sku=None, submission=None, problems=(found,))
    return line_of(document)


def _refuse_constant(name: str) -> NoReturn:
    """JSON has no ``NaN`` and no ``Infinity``; Python's reader would take them."""
    raise ValueError(name)


def _too_long() -> Problem:
    return Problem(
        path="",
        code="line_too_long",
        th=f"บรรทัดนี้ยาวเกิน {MOST_LINE_BYTES:,} ไบต์ จึงไม่ได้อ่าน",
        en=f"this line is longer than {MOST_LINE_BYTES:,} bytes and was not read",
    )
