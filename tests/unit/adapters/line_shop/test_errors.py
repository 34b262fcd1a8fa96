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
    PictureUnread,
    Rejected,
    Throttled,
    Transient,
)
from adapters.line_shop.errors import (
    CODE_TAKEN,
    ERROR_TABLE,
    STATUS_OF,
    ErrorRow,
    Operation,
    classify,
    has_error_inside,
    row_for,
    unreadable,
)

CODES = {status: code for code, status in STATUS_OF.items()}


def envelope(code: str, **more: object) -> dict[str, object]:
    return {"code": code, "message": "weight is wrong", "timestamp": 1} | more


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    said = envelope(CODES.get(status, "BAD_REQUEST")) if body is None else body
    return httpx.Response(status, json=said, headers=headers)


# What each row answers; written by hand, one line for each row of the table.
EXPECTED = [
    (429, Operation.CREATE, Throttled),
    (401, Operation.EDIT, AuthExpired),
    (403, Operation.EDIT, AccountRestricted),
    (404, Operation.READ, Transient),
    (404, Operation.CREATE, Rejected),
    (404, Operation.STOCK, Gone),
    (404, Operation.DISPLAY, Gone),
    (404, Operation.DELETE, Gone),
    (409, Operation.READ, Transient),
    (409, Operation.CREATE, Rejected),
    (409, Operation.PRICES, Locked),
    (400, Operation.READ, Transient),
    (400, Operation.PRICES, Locked),
    (400, Operation.STOCK, Transient),
    (400, Operation.CREATE, Rejected),
    (400, Operation.EDIT, Rejected),
    (500, Operation.READ, Transient),
    (500, Operation.CREATE, OutcomeUnknown),
    (502, Operation.READ, Transient),
    (502, Operation.DISPLAY, OutcomeUnknown),
    (503, Operation.READ, Transient),
    (503, Operation.EDIT, OutcomeUnknown),
    (504, Operation.READ, Transient),
    (504, Operation.STOCK, OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "operation", "error"), EXPECTED)
def test_status_and_operation_say_what_happens_next(
    status: int, operation: Operation, error: type[ChannelError]
) -> None:
    found = classify(operation, answer(status))

    assert type(found) is error
    assert found.http_status == status
    assert found.vendor_code == CODES.get(status, "BAD_REQUEST")
    assert found.unlisted_in is None


@pytest.mark.parametrize("row", ERROR_TABLE, ids=str)
def test_every_row_is_expected_here(row: ErrorRow) -> None:
    named = [one for one in EXPECTED if row_for(one[0], one[1], CODES.get(one[0])) is row]

    assert named, f"no expectation is written down for {row}"


@pytest.mark.parametrize(
    ("status", "operation", "error"),
    [
        (418, Operation.EDIT, OutcomeUnknown),
        (301, Operation.READ, Transient),
        (507, Operation.CREATE, OutcomeUnknown),
    ],
)
def test_a_status_without_a_row_is_unknown_and_counted(
    status: int, operation: Operation, error: type[ChannelError]
) -> None:
    found = classify(operation, httpx.Response(status, html="<html>"))

    assert type(found) is error
    assert (found.vendor_code, found.unlisted_in) == (f"http_{status}", "adapters/line_shop/errors.py")
    assert found.problem is not None
    assert f"HTTP {status}" in found.problem.th


@pytest.mark.parametrize(
    ("status", "operation", "error"),
    [
        (400, Operation.CREATE, Rejected),
        (409, Operation.STOCK, Locked),
        (429, Operation.STOCK, Throttled),
        (401, Operation.READ, AuthExpired),
        (418, Operation.STOCK, OutcomeUnknown),
    ],
)
def test_a_code_line_does_not_declare_goes_by_its_status_and_is_counted(
    status: int, operation: Operation, error: type[ChannelError]
) -> None:
    found = classify(operation, answer(status, envelope("SHOP_ON_HOLIDAY", message="raw vendor words")))

    assert type(found) is error
    assert (found.vendor_code, found.unlisted_in) == ("SHOP_ON_HOLIDAY", "adapters/line_shop/errors.py")
    told = found.problems[0] if isinstance(found, Rejected) else found.problem
    assert told is not None
    assert "raw vendor words" not in told.th + told.en


@pytest.mark.parametrize(
    "body", [{"message": "no Route matched with those values"}, envelope("SOMETHING_ELSE")]
)
def test_a_404_without_lines_own_code_never_means_that_the_product_is_gone(body: object) -> None:
    found = classify(Operation.EDIT, answer(404, body))

    assert type(found) is OutcomeUnknown
    assert found.unlisted_in is not None


@pytest.mark.parametrize(
    ("body", "is_error"),
    [
        (envelope("BAD_REQUEST"), True),
        (envelope("NEVER_HEARD_OF"), True),
        ({"id": 7, "code": "P-1", "message": "a shop may call a product so"}, False),
        ({"data": [], "code": "P-1", "message": ""}, False),
        ({"id": 7, "code": "P-1"}, False),
        ({"message": "hello"}, False),
        ([1], False),
    ],
)
def test_an_error_inside_a_success_is_told_from_a_product(body: object, is_error: bool) -> None:
    assert has_error_inside(answer(200, body)) is is_error


@pytest.mark.parametrize(
    ("code", "operation", "error"),
    [
        ("BAD_REQUEST", Operation.CREATE, Rejected),
        ("NOT_FOUND", Operation.EDIT, Gone),
        ("INTERNAL_ERROR", Operation.DISPLAY, OutcomeUnknown),
        ("INTERNAL_ERROR", Operation.READ, Transient),
        ("NEVER_HEARD_OF", Operation.DISPLAY, OutcomeUnknown),
    ],
)
def test_a_code_inside_a_success_is_read_as_its_status(
    code: str, operation: Operation, error: type[ChannelError]
) -> None:
    found = classify(operation, answer(200, envelope(code)))

    assert type(found) is error
    assert (found.unlisted_in is None) is (code in STATUS_OF)


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


def test_the_shops_own_key_is_taken_out_of_lines_words() -> None:
    body = {"code": "BAD_REQUEST", "message": "the key SHOP-KEY-1234 may not do that"}

    found = classify(Operation.CREATE, answer(400, body), "SHOP-KEY-1234")

    assert isinstance(found, Rejected)
    assert "SHOP-KEY-1234" not in f"{found} {found.problems}"


@pytest.mark.parametrize("code", [{"a": 1}, ["x"], True, None, ""])
def test_a_code_that_is_no_code_is_not_kept(code: object) -> None:
    assert classify(Operation.EDIT, answer(400, {"code": code, "message": "m"})).vendor_code == "http_400"


def test_the_id_of_the_call_is_kept_for_line_support() -> None:
    assert classify(Operation.EDIT, answer(500, None, **{"x-line-oap-request-id": "r-1"})).request_id == "r-1"


def test_a_success_that_cannot_be_read_is_unknown_for_a_write_only() -> None:
    assert type(unreadable(Operation.CREATE, answer(201))) is OutcomeUnknown
    assert type(unreadable(Operation.READ, answer(200))) is Transient
    assert unreadable(Operation.CREATE, answer(201)).unlisted_in is None


@pytest.mark.parametrize("words", ["imageUrls[0] could not be loaded", "Invalid Picture", "โหลดรูปไม่ได้"])
def test_a_refusal_that_names_a_picture_is_not_believed_at_once(words: str) -> None:
    said = answer(400, envelope("BAD_REQUEST", message=words))

    assert type(classify(Operation.CREATE, said)) is PictureUnread
    assert type(classify(Operation.EDIT, said)) is PictureUnread
    assert type(classify(Operation.DISPLAY, said)) is Rejected
