"""From a Graph answer to the class that says what happens next."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from adapters.answers import Sentence, unlisted_problem
from adapters.errors import (
    AccountRefused,
    AccountRestricted,
    AuthExpired,
    ChannelError,
    OutcomeUnknown,
    PictureUnread,
    Rejected,
    Throttled,
    Transient,
)
from adapters.limits import Grade
from adapters.meta_graph import sentences as say
from adapters.meta_graph.error_rows import ERROR_ROWS
from adapters.meta_graph.meanings import Effect, ErrorRow, Meaning
from schemas.channel import AccountTrouble
from schemas.problem import Problem

_NUMBERS: Final = re.compile(r"(?P<code>-?[0-9]+)(?:/(?P<subcode>-?[0-9]+))?")
_PLAIN: Final = tuple(row for row in ERROR_ROWS if row.message_says is None)

TABLE: Final = "adapters/meta_graph/error_rows.py"
REVOKED: Final = frozenset({458, 460})
"""Subcodes of 190 for a token somebody took back: the app was removed, the password changed. Source: meta.md 4.2."""
TOO_MANY_REQUESTS: Final = 429
SERVER_ERROR: Final = 500
PACE_ROW: Final = ErrorRow(
    meaning=Meaning.RATE, sentence=say.PACE, source="meta.md 4.1, HTTP status 429", grade=Grade.ASSUMED
)
FAULT_ROW: Final = ErrorRow(
    meaning=Meaning.UNKNOWN, sentence=say.SERVICE, source="meta.md 4.2, no code", grade=Grade.ASSUMED
)
"""A fault of the server without a code: HTML of a gateway, an empty body, JSON that names no error."""
UNLISTED_ROW: Final = ErrorRow(
    meaning=Meaning.UNKNOWN, sentence=say.SERVICE, source="meta.md 4.2, last line", grade=Grade.ASSUMED
)
"""Any answer without a row: unknown at a visible write, a plain repeat elsewhere. Its own sentence names the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFailure:
    """A refusal as parsed from the error envelope, with what the headers add.

    ``message`` is free of secrets; ``code`` is None when the answer held no readable envelope, or a code that is no
    number, which is then in ``odd_code``.
    """

    http_status: int
    code: int | None = None
    odd_code: str | None = None
    subcode: int | None = None
    message: str = ""
    trace_id: str | None = None
    retry_after: timedelta | None = None

    @property
    def vendor_code(self) -> str | None:
        """``code`` or ``code/subcode``; None without an envelope."""
        if self.code is None:
            return self.odd_code
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
    numbers = _NUMBERS.fullmatch(error.vendor_code or "")
    if numbers is None:
        return None
    row = row_for(int(numbers["code"]), int(numbers["subcode"]) if numbers["subcode"] else None)
    return row.meaning if row else None


def problem_from(sentence: Sentence, channel: str) -> Problem:
    """Write a sentence of the table for a seller."""
    return sentence.problem(channel=channel)


def classify(failure: GraphFailure, *, effect: Effect, channel: str) -> ChannelError:
    """Turn a refusal into the error whose class says what happens next.

    ``channel`` is the name a seller knows ("Facebook"). Source of the mapping: meta.md section 4.2.
    """
    row = row_for(failure.code, failure.subcode, failure.message)
    is_new = row is None or _is_new_subcode(row, failure)
    if row is None:
        row, is_new = _by_status(failure)
    return error_from(row, failure, effect=effect, channel=channel, is_new=is_new)


def _is_new_subcode(row: ErrorRow, failure: GraphFailure) -> bool:
    """Say whether the code alone decided although the answer held a subcode that the table does not know."""
    is_named = row.any_subcode or row.message_says is not None or row.subcode == failure.subcode
    return failure.subcode is not None and not is_named


def _by_status(failure: GraphFailure) -> tuple[ErrorRow, bool]:
    """Return what the HTTP status alone says, and whether the answer is one that nobody has listed."""
    has_code = failure.vendor_code is not None
    if failure.http_status == TOO_MANY_REQUESTS:
        return PACE_ROW, has_code
    if failure.http_status >= SERVER_ERROR and not has_code:
        return FAULT_ROW, False
    return UNLISTED_ROW, True


def error_from(
    row: ErrorRow, failure: GraphFailure, *, effect: Effect, channel: str, is_new: bool = False
) -> ChannelError:
    """Build the error of one row for a call with that effect; ``is_new`` marks an answer the table does not list."""
    shown = failure.vendor_code or f"HTTP {failure.http_status}"
    problem = (
        unlisted_problem(channel, channel, shown)
        if row is UNLISTED_ROW
        else problem_from(row.sentence, channel)
    )
    text = f"{channel} answered {failure.http_status} {failure.vendor_code or '(no envelope)'}: {failure.message}"
    details: dict[str, Any] = {
        "vendor_code": failure.vendor_code,
        "http_status": failure.http_status,
        "request_id": failure.trace_id,
        "unlisted_in": TABLE if is_new else None,
    }
    if row.meaning is Meaning.CONTENT:
        return Rejected([problem], **details)
    if row.meaning is Meaning.UNFETCHED:
        return PictureUnread([problem], **details)
    if row.meaning is Meaning.RATE:
        return Throttled(text, retry_after=failure.retry_after, scope=row.scope, problem=problem, **details)
    if row.meaning is Meaning.BLOCK and row.cool_down is not None and not _is_unsure(row, effect):
        return Throttled(text, retry_after=row.cool_down, problem=problem, **details)
    plain = _plain_class(row, effect)
    if issubclass(plain, AccountRefused):
        return plain(text, trouble=_trouble(row, failure), problem=problem, **details)
    return plain(text, problem=problem, **details)


def _trouble(row: ErrorRow, failure: GraphFailure) -> AccountTrouble | None:
    """Say which trouble of an account a row tells of; None leaves what is usual for its class."""
    if row.sentence is say.CHECKPOINT:
        return AccountTrouble.CHECKPOINT
    if row.sentence is say.SCOPES:
        return AccountTrouble.MISSING_SCOPE
    if row.meaning is Meaning.AUTH and failure.subcode in REVOKED:
        return AccountTrouble.REVOKED
    return None


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
