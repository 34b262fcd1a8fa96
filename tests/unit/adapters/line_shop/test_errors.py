from datetime import timedelta

import httpx
import pytest

from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    Gone,
    Locked,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
)
from adapters.line_shop.errors import CODE_TAKEN, ERROR_TABLE, Operation, classify, unreadable

ENVELOPE = {"code": "BAD_REQUEST", "message": "weight is wrong", "timestamp": 1}


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=ENVELOPE if body is None else body, headers=headers)


@pytest.mark.parametrize(
    ("status", "operation", "error"),
    [
        (429, Operation.CREATE, Throttled),
        (429, Operation.READ, Throttled),
        (401, Operation.EDIT, AuthExpired),
        (403, Operation.EDIT, AccountRestricted),
        (404, Operation.CREATE, Rejected),
        (404, Operation.STOCK, Gone),
        (404, Operation.DISPLAY, Gone),
        (409, Operation.CREATE, Rejected),
        (409, Operation.PRICES, Locked),
        (400, Operation.PRICES, Locked),
        (400, Operation.STOCK, Transient),
        (400, Operation.CREATE, Rejected),
        (400, Operation.EDIT, Rejected),
        (500, Operation.CREATE, OutcomeUnknown),
        (502, Operation.DISPLAY, OutcomeUnknown),
        (500, Operation.READ, Transient),
        (418, Operation.EDIT, OutcomeUnknown),
        (301, Operation.READ, Transient),
    ],
)
def test_status_and_operation_say_what_happens_next(
    status: int, operation: Operation, error: type[ChannelError]
) -> None:
    found = classify(operation, answer(status))

    assert type(found) is error
    assert found.http_status == status
    assert found.vendor_code == "BAD_REQUEST"


def test_every_row_can_be_reached() -> None:
    reached = {
        (row.status, row.operation)
        for row in ERROR_TABLE
        for operation in ([row.operation] if row.operation else Operation)
        if type(classify(operation, answer(row.status))) is row.error
    }
    assert reached == {(row.status, row.operation) for row in ERROR_TABLE}


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b'{"code": "BAD', b"[]", b'"text"'])
def test_the_envelope_is_never_needed(body: bytes) -> None:
    found = classify(Operation.CREATE, httpx.Response(429, content=body))
    assert type(found) is Throttled
    assert found.vendor_code == "http_429"


def test_the_bare_throttle_of_the_gateway_names_no_time() -> None:
    found = classify(Operation.READ, answer(429, {"message": "API rate limit exceeded"}))
    assert isinstance(found, Throttled)
    assert found.retry_after is None


@pytest.mark.parametrize(("header", "wait"), [("7", timedelta(seconds=7)), ("soon", None), ("-1", None)])
def test_a_time_to_wait_is_taken_when_it_is_one(header: str, wait: timedelta | None) -> None:
    found = classify(Operation.READ, answer(429, None, **{"retry-after": header}))
    assert isinstance(found, Throttled)
    assert found.retry_after == wait


def test_a_taken_code_tells_the_seller_what_to_do() -> None:
    found = classify(Operation.CREATE, answer(409))
    assert isinstance(found, Rejected)
    assert found.problems[0].code == CODE_TAKEN


def test_what_line_says_is_kept_short_and_free_of_keys() -> None:
    body = {"code": "BAD_REQUEST", "message": "x-api-key: abc123 is odd " + "x" * 5000}
    found = classify(Operation.CREATE, answer(400, body))
    assert "abc123" not in str(found)
    assert len(str(found)) < 800


def test_the_id_of_the_call_is_kept_for_line_support() -> None:
    assert classify(Operation.EDIT, answer(500, None, **{"x-line-oap-request-id": "r-1"})).request_id == "r-1"


def test_a_success_that_cannot_be_read_is_unknown_for_a_write_only() -> None:
    assert type(unreadable(Operation.CREATE, answer(201))) is OutcomeUnknown
    assert type(unreadable(Operation.READ, answer(200))) is Transient
