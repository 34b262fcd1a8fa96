"""What the error table means for a publish that goes through containers, beyond the class of an error."""

import re
from typing import Final

from adapters.errors import ChannelError, Rejected, Transient
from adapters.meta_graph.error_rows import ERROR_ROWS
from adapters.meta_graph.errors import (
    TABLE,
    GraphFailure,
    error_from,
    meaning_of,
    problem_from,
    row_for_subcode,
)
from adapters.meta_graph.meanings import Effect, ErrorRow, Meaning
from adapters.meta_graph.sentences import PICTURE_UNREADABLE

CHANNEL: Final = "Instagram"
_SUBCODE: Final = re.compile(r"(?<!\d)(\d{7})(?!\d)")


def is_missing(error: ChannelError) -> bool:
    """Say whether the channel answered that the object does not exist or may not be seen (100/33)."""
    return meaning_of(error) is Meaning.MISSING


def is_not_ready(error: ChannelError) -> bool:
    """Say whether a container was published before it was finished (9007); it has not been published then."""
    return meaning_of(error) is Meaning.WAIT


def is_worth_another_try(error: ChannelError) -> bool:
    """Say whether a container or publish call may succeed when repeated as it is."""
    return isinstance(error, Transient) or meaning_of(error) is Meaning.UNFETCHED


def container_refusal(status: str | None) -> Rejected | None:
    """Return why a container ended in ERROR, when its ``status`` names a content subcode of the table.

    Source: meta.md section 2.2: ``status`` holds text and subcode; its layout is not documented, so the seven-digit
    number in it is read and nothing else.
    """
    for number in _subcodes(status):
        row = _content_row(number)
        if row is not None:
            failure = GraphFailure(http_status=200, code=row.code, subcode=number, message="container failed")
            error = error_from(row, failure, effect=Effect.INVISIBLE, channel=CHANNEL)
            return error if isinstance(error, Rejected) else None
    return None


def _content_row(subcode: int) -> ErrorRow | None:
    by_code = (row for row in ERROR_ROWS if row.subcode == subcode and row.meaning is Meaning.CONTENT)
    return next(by_code, None) or row_for_subcode(subcode)


def _subcodes(status: str | None) -> list[int]:
    return [int(number) for number in _SUBCODE.findall(status or "")]


def unprepared(status: str | None) -> Rejected:
    """Return the refusal of a post whose containers fail again and again without a stated reason.

    A subcode in ``status`` that the table does not know is told with it, so that it is counted.
    """
    known = {row.subcode for row in ERROR_ROWS}
    news = [number for number in _subcodes(status) if number not in known]
    return Rejected(
        [problem_from(PICTURE_UNREADABLE, CHANNEL)],
        vendor_code=f"container/{news[0]}" if news else None,
        unlisted_in=TABLE if news else None,
    )
