"""Answer of MyShop -> what happens next. A table, matched on status and operation, first row wins.

The status decides and the body is optional: 401, 403 and 429 are not declared by the vendor and the gateway in
front answers without the envelope. One status needs its code: a gateway's own 404 must not be read as "the product was
deleted", for then it would be made a second time. Source of every row: docs/channels/line.md section 1.3 and 1.8.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import httpx

from adapters.answers import Sentence, code_of, id_of, json_of, said, unlisted_problem, wait_of
from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    Gone,
    Locked,
    OutcomeUnknown,
    PictureUnread,
    Rejected,
    Throttled,
    Transient,
)
from adapters.limits import Grade
from adapters.line_shop import sentences as say
from schemas.problem import Problem

TABLE: Final = "adapters/line_shop/errors.py"
CODE_TAKEN: Final = say.CODE_TAKEN.code
_NAME: Final = "ร้าน LINE"
_NAME_EN: Final = "The LINE shop"


class Operation(StrEnum):
    """What was asked of MyShop; the same status means different things for different operations."""

    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    PRICES = "prices"
    STOCK = "stock"
    DISPLAY = "display"
    DELETE = "delete"


_SENDS_PICTURES: Final = frozenset({Operation.CREATE, Operation.EDIT})
_OF_A_PICTURE: Final = re.compile(r"(?i)image|picture|photo|รูป")
"""A refusal that names a picture is not believed at once: LINE fetches them from us, and its words for a failure are not known.

Grade: assumed. What can be wrong with pictures otherwise, their number and size, is checked before anything is sent.
"""

STATUS_OF: Final[Mapping[str, int]] = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "DATA_CONFLICT": 409,
    "INTERNAL_ERROR": 500,
}
"""Every code the vendor declares, with the status that its name stands for. Source: line.md 1.3 (spec)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """One row: ``operation`` None means any; with ``code`` the envelope must be there and say it."""

    status: int
    operation: Operation | None = None
    code: str | None = None
    error: type[ChannelError]
    sentence: Sentence
    why: str
    source: str = "line.md 1.3"
    grade: Grade


def _fault(status: int, why: str, grade: Grade) -> tuple[ErrorRow, ErrorRow]:
    """Make the two rows of a server's fault: a read is repeated, of anything else nobody knows whether it was done."""
    return (
        ErrorRow(
            status=status,
            operation=Operation.READ,
            error=Transient,
            sentence=say.SERVICE,
            why=why,
            grade=grade,
        ),
        ErrorRow(status=status, error=OutcomeUnknown, sentence=say.SERVICE, why=why, grade=grade),
    )


ERROR_TABLE: Final = (
    ErrorRow(
        status=429,
        error=Throttled,
        sentence=say.PACE,
        why="rate limit of the gateway, body undeclared",
        grade=Grade.DOCUMENTED,
    ),
    ErrorRow(
        status=401,
        error=AuthExpired,
        sentence=say.KEY_REFUSED,
        why="UNAUTHORIZED: the key is missing, wrong or deleted",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=403,
        error=AccountRestricted,
        sentence=say.NOT_ALLOWED,
        why="PERMISSION_DENIED",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=404,
        operation=Operation.READ,
        error=Transient,
        sentence=say.SERVICE,
        why="a list leaves absent ids out, so its own 404 says nothing of any product",
        source="line.md 1.5",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=404,
        operation=Operation.CREATE,
        code="NOT_FOUND",
        error=Rejected,
        sentence=say.UNKNOWN_VALUE,
        why="nothing exists yet, so a value is unknown (category)",
        source="line.md 1.2",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=404,
        code="NOT_FOUND",
        error=Gone,
        sentence=say.GONE,
        why="NOT_FOUND: the product was deleted in the shop",
        source="line.md 1.7",
        grade=Grade.DOCUMENTED,
    ),
    ErrorRow(
        status=409,
        operation=Operation.READ,
        error=Transient,
        sentence=say.SERVICE,
        why="declared for reading orders; a question conflicts with nothing",
        source="line.md 1.11",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=409,
        operation=Operation.CREATE,
        error=Rejected,
        sentence=say.CODE_TAKEN,
        why="DATA_CONFLICT: code or SKU already used",
        source="line.md 1.6",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=409,
        error=Locked,
        sentence=say.LOCKED,
        why="DATA_CONFLICT: a promotion or an order holds the product",
        source="line.md 1.8",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=400,
        operation=Operation.READ,
        error=Transient,
        sentence=say.SERVICE,
        why="BAD_REQUEST to a question of ours: it says nothing of the product",
        source="line.md 1.5",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=400,
        operation=Operation.PRICES,
        error=Locked,
        sentence=say.LOCKED,
        why="prices are refused while a promotion runs",
        source="line.md 1.8",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        status=400,
        operation=Operation.STOCK,
        error=Transient,
        sentence=say.STOCK_MOVED,
        why="below reserved units: an order came in between",
        source="line.md 1.9",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(status=400, error=Rejected, sentence=say.REFUSED, why="BAD_REQUEST", grade=Grade.DOCUMENTED),
    *_fault(500, "INTERNAL_ERROR, declared for every call; the effect may be there", Grade.DOCUMENTED),
    *_fault(502, "HTML of the gateway in front", Grade.ASSUMED),
    *_fault(503, "the gateway has nobody behind it", Grade.ASSUMED),
    *_fault(504, "the gateway waited in vain; the effect may be there", Grade.ASSUMED),
)


def classify(operation: Operation, response: httpx.Response, secret: str | None = None) -> ChannelError:
    """Turn a refusal into its error; an unlisted one of a mutating call is ``OutcomeUnknown``, of a read ``Transient``.

    A code that LINE does not declare is counted even where the status says what it means. ``secret`` is taken out of
    LINE's words.
    """
    envelope = _envelope(response)
    code = code_of(envelope.get("code"))
    status = STATUS_OF.get(code or "", response.status_code) if response.is_success else response.status_code
    row = row_for(status, operation, code)
    is_new = row is None or not (code is None or code in STATUS_OF)
    words = said(envelope.get("message"), filter(None, [secret]))
    kind = (Transient if operation is Operation.READ else OutcomeUnknown) if row is None else row.error
    if kind is Rejected and operation in _SENDS_PICTURES and _OF_A_PICTURE.search(words):
        kind = PictureUnread
    if row is None or (is_new and issubclass(kind, Rejected)):
        shown = code or f"HTTP {response.status_code}"
        problem = unlisted_problem(_NAME, _NAME_EN, shown, is_refused=issubclass(kind, Rejected))
    else:
        problem = _problem(row.sentence, "" if is_new else words)
    details: dict[str, Any] = {
        "vendor_code": code or f"http_{response.status_code}",
        "http_status": response.status_code,
        "request_id": id_of(response.headers.get("x-line-oap-request-id")),
        "unlisted_in": TABLE if is_new else None,
    }
    message = f"MyShop answered {response.status_code} to {operation}: {words or 'no message'}"
    return _error(kind, message, problem, wait_of(response), details)


def has_error_inside(response: httpx.Response) -> bool:
    """Say whether a success status carries an error: a code beside a message, and neither a product nor a list."""
    envelope = _envelope(response)
    return (
        code_of(envelope.get("code")) is not None
        and "message" in envelope
        and not {"id", "data"} & set(envelope)
    )


def unreadable(operation: Operation, response: httpx.Response | None) -> ChannelError:
    """Say what a success status with a body that cannot be read means; None where not even the status was."""
    status = None if response is None else response.status_code
    kind = Transient if operation is Operation.READ else OutcomeUnknown
    return kind(
        f"MyShop answered {status or 'something'} to {operation} with a body that cannot be read",
        problem=_problem(say.SERVICE, ""),
        http_status=status,
        vendor_code="unreadable",
    )


def row_for(status: int, operation: Operation, code: str | None) -> ErrorRow | None:
    """Find the row of an answer; None for an unlisted one."""
    return next(
        (
            row
            for row in ERROR_TABLE
            if row.status == status and row.operation in (None, operation) and row.code in (None, code)
        ),
        None,
    )


def key_refused() -> Problem:
    """Tell the seller to make a new API key."""
    return _problem(say.KEY_REFUSED, "")


def _error(
    kind: type[ChannelError],
    message: str,
    problem: Problem,
    retry_after: timedelta | None,
    details: dict[str, Any],
) -> ChannelError:
    if issubclass(kind, Rejected):
        return kind([problem], **details)
    if kind is Throttled:
        return Throttled(message, retry_after=retry_after, problem=problem, **details)
    return kind(message, problem=problem, **details)


def _problem(sentence: Sentence, words: str) -> Problem:
    path = "sku" if sentence is say.CODE_TAKEN else ""
    thai = sentence.problem(path=path, said=words or "ไม่ได้บอกเหตุผล")
    english = sentence.problem(path=path, said=words or "nothing more")
    return thai.model_copy(update={"en": english.en})


def _envelope(response: httpx.Response) -> dict[str, Any]:
    body = json_of(response)
    return body if isinstance(body, dict) else {}
