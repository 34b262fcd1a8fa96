"""From a Graph answer to the class that says what happens next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
)
from adapters.limits import Grade
from adapters.meta_graph import sentences as say
from adapters.meta_graph.error_rows import ERROR_ROWS
from adapters.meta_graph.meanings import Effect, ErrorRow, Meaning, Sentence
from schemas.problem import Problem

_PLAIN: Final = tuple(row for row in ERROR_ROWS if row.message_says is None)

TOO_MANY_REQUESTS: Final = 429
UNLISTED_ROW: Final = ErrorRow(
    meaning=Meaning.UNKNOWN, sentence=say.UNLISTED, source="meta.md 4.2, last line", grade=Grade.ASSUMED
)
"""Any code without a row: unknown at a visible write, a plain repeat elsewhere."""
PACE_ROW: Final = ErrorRow(
    meaning=Meaning.RATE, sentence=say.PACE, source="HTTP status 429", grade=Grade.ASSUMED
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFailure:
    """A refusal as parsed from the error envelope, with what the headers add.

    ``message`` is free of secrets; ``code`` is None when the answer held no readable envelope.
    """

    http_status: int
    code: int | None = None
    subcode: int | None = None
    message: str = ""
    trace_id: str | None = None
    retry_after: timedelta | None = None

    @property
    def vendor_code(self) -> str | None:
        """``code`` or ``code/subcode``; None without an envelope."""
        if self.code is None:
            return None
        return f"{self.code}/{self.subcode}" if self.subcode is not None else str(self.code)


def row_for(code: int | None, subcode: int | None = None, message: str = "") -> ErrorRow | None:
    """Find the row of an answer; None for an unlisted code.

    The first of these that exists decides: both numbers; the subcode alone; the code alone; the range it lies in;
    the only row the code has, for answers that leave the subcode out.
    """
    if code is None:
        return None
    found = (
        _worded(code, subcode, message),
        _first(lambda row: subcode is not None and (row.code, row.subcode) == (code, subcode)),
        row_for_subcode(subcode),
        _first(lambda row: row.code_to is None and (row.code, row.subcode) == (code, None)),
        _first(
            lambda row: row.code is not None and row.code_to is not None and row.code <= code <= row.code_to
        ),
        _sole(code) if subcode is None else None,
    )
    return next((row for row in found if row is not None), None)


def _first(fits: Callable[[ErrorRow], bool]) -> ErrorRow | None:
    return next((row for row in _PLAIN if fits(row)), None)


def _worded(code: int, subcode: int | None, message: str) -> ErrorRow | None:
    """Find the row that Meta tells apart by its words only."""
    said = message.casefold()
    rows = (row for row in ERROR_ROWS if row.message_says and (row.code, row.subcode) == (code, subcode))
    return next((row for row in rows if row.message_says and row.message_says in said), None)


def _sole(code: int) -> ErrorRow | None:
    rows = [row for row in _PLAIN if row.code == code]
    return rows[0] if len(rows) == 1 else None


def row_for_subcode(subcode: int | None) -> ErrorRow | None:
    """Find the row whose subcode alone decides."""
    if subcode is None:
        return None
    return _first(lambda row: row.code is None and row.subcode == subcode)


def meaning_of(error: ChannelError) -> Meaning | None:
    """Say which class of the table an error came from; None when it came from no listed code."""
    if error.vendor_code is None:
        return None
    code, _, subcode = error.vendor_code.partition("/")
    row = row_for(int(code), int(subcode) if subcode else None)
    return row.meaning if row else None


def problem_from(sentence: Sentence, channel: str) -> Problem:
    """Write a sentence of the table for a seller."""
    return Problem(
        path="",
        code=sentence.code,
        th=sentence.th.format(channel=channel),
        en=sentence.en.format(channel=channel),
    )


def classify(failure: GraphFailure, *, effect: Effect, channel: str) -> ChannelError:
    """Turn a refusal into the error whose class says what happens next.

    ``channel`` is the name a seller knows ("Facebook"). Source of the mapping: meta.md section 4.2.
    """
    row = row_for(failure.code, failure.subcode, failure.message)
    if row is None:
        row = PACE_ROW if failure.http_status == TOO_MANY_REQUESTS else UNLISTED_ROW
    return error_from(row, failure, effect=effect, channel=channel)


def error_from(row: ErrorRow, failure: GraphFailure, *, effect: Effect, channel: str) -> ChannelError:
    """Build the error of one row for a call with that effect."""
    problem = problem_from(row.sentence, channel)
    text = f"{channel} answered {failure.http_status} {failure.vendor_code or '(no envelope)'}: {failure.message}"
    details: dict[str, Any] = {
        "vendor_code": failure.vendor_code,
        "http_status": failure.http_status,
        "request_id": failure.trace_id,
    }
    if row.meaning in {Meaning.CONTENT, Meaning.UNFETCHED}:
        return Rejected([problem], **details)
    if row.meaning is Meaning.RATE:
        return Throttled(text, retry_after=failure.retry_after, problem=problem, **details)
    if row.meaning is Meaning.BLOCK and row.cool_down is not None and not _is_unsure(row, effect):
        return Throttled(text, retry_after=row.cool_down, problem=problem, **details)
    return _plain_class(row, effect)(text, problem=problem, **details)


def _plain_class(row: ErrorRow, effect: Effect) -> type[ChannelError]:
    """Pick the class of a row that needs nothing but a message."""
    if row.meaning is Meaning.AUTH:
        return AuthExpired
    if _is_unsure(row, effect):
        return OutcomeUnknown
    restricted = row.meaning in {Meaning.PERM, Meaning.BLOCK} or (
        row.meaning is Meaning.MISSING and effect is not Effect.READ
    )
    return AccountRestricted if restricted else Transient


def _is_unsure(row: ErrorRow, effect: Effect) -> bool:
    """Say whether a buyer may see the effect of the refused call all the same."""
    unsure = row.may_have_applied or row.meaning in {Meaning.UNKNOWN, Meaning.REBUILD, Meaning.DUPLICATE}
    return unsure and effect is Effect.VISIBLE
