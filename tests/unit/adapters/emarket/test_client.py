"""How a call is put together and read, for the shapes of market that have no sandbox."""

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from adapters.emarket.auth import Auth, Signing, StaticKey
from adapters.emarket.client import MarketClient
from adapters.emarket.loading import load_market
from adapters.emarket.market import Envelope, Market, Op, OpName
from adapters.errors import AuthExpired, ChannelError, OutcomeUnknown, Rejected, Transient
from adapters.settings import EmarketSettings
from schemas.channel import Credentials
from tests.support.factories import NOON, FixedClock

SANDBOX = load_market(EmarketSettings(), "sandbox-emarket").market
SECRETS = {"app_key": "k", "app_secret": "s", "access_token": "t", "store": "ร้าน-1"}
CREDENTIALS = Credentials(SECRETS)
Handler = Callable[[httpx.Request], httpx.Response]


def client(market: Market, handler: Handler, credentials: Credentials = CREDENTIALS) -> MarketClient:
    return MarketClient(
        httpx.Client(transport=httpx.MockTransport(handler)), market, credentials, FixedClock()
    )


def static_keys() -> Market:
    """A small market with fixed keys and its result code inside HTTP 200."""
    keys = (
        StaticKey(place="header", name="apikey", secret="app_key", format="Token {value}"),
        StaticKey(place="body", name="secret", secret="app_secret"),
    )
    envelope = Envelope(ok_path="res.code", ok_values=("200",), code_path="res.code", message_path="res.text")
    return SANDBOX.model_copy(update={"auth": Auth(keys=keys), "envelope": envelope, "errors": ()})


def test_keys_travel_where_the_file_says() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"res": {"code": 200}, "list": []})

    client(static_keys(), answer).call(OpName.CREATE, {"sku": "ก"})

    assert seen[0].headers["apikey"] == "Token k"
    assert json.loads(seen[0].content) == {"sku": "ก", "secret": "s"}
    assert "sign" not in seen[0].url.params


def test_form_fields_are_encoded_and_signed_as_parameters() -> None:
    form = Op(method="POST", path="/update", encoding="form")
    market = SANDBOX.model_copy(update={"ops": {**SANDBOX.ops, OpName.UPDATE: form}})
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "0"})

    client(market, answer).call(OpName.UPDATE, {"payload": {"a": 1}})
    signed_with_form = seen[0].url.params["sign"]
    client(market, answer).call(OpName.UPDATE, {"payload": {"a": 2}})

    assert parse_qs(seen[0].content.decode()) == {"payload": ['{"a":1}']}
    assert seen[1].url.params["sign"] != signed_with_form


def test_a_signature_may_travel_in_a_header_and_the_time_in_seconds() -> None:
    signing = Signing(
        secret="app_secret", parts=("path", "body"), place="header", name="x-sign", timestamp_unit="s"
    )
    market = SANDBOX.model_copy(update={"auth": Auth(signing=signing)})
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "0"})

    client(market, answer).call(OpName.CREATE, {})

    assert len(seen[0].headers["x-sign"]) == 64
    assert seen[0].url.params["timestamp"] == str(int(NOON.timestamp()))


def test_a_wrong_clock_is_corrected_from_the_answer_and_the_call_repeated_once() -> None:
    true_time = NOON + timedelta(hours=5)
    stamps: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        stamps.append(int(request.url.params["timestamp"]))
        if abs(stamps[-1] / 1000 - true_time.timestamp()) > 60:
            date = format_datetime(true_time, usegmt=True)
            return httpx.Response(200, json={"code": "InvalidTimestamp"}, headers={"Date": date})
        return httpx.Response(200, json={"code": "0", "data": 1})

    assert client(SANDBOX, answer).call(OpName.CREATE, {}).body == {"code": "0", "data": 1}
    assert len(stamps) == 2


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_a_wrong_clock_without_a_time_to_go_by_is_tried_later(headers: dict[str, str]) -> None:
    calls: list[int] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        calls.append(1)
        return httpx.Response(200, json={"code": "InvalidTimestamp"}, headers=headers)

    with pytest.raises(Transient):
        client(SANDBOX, answer).call(OpName.CREATE, {})
    assert len(calls) == 1


def test_rows_that_failed_come_with_the_answer_even_when_none_succeeded() -> None:
    rows = [{"sku": "A", "code": "4118", "message": "price"}]

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": "501", "detail": rows})

    assert client(SANDBOX, answer).call(OpName.STOCK, {}).failed == rows


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"code":'])
def test_a_body_that_cannot_be_read_is_unknown_for_a_write_and_repeatable_for_a_read(body: bytes) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body)

    with pytest.raises(OutcomeUnknown):
        client(SANDBOX, answer).call(OpName.CREATE, {})
    with pytest.raises(Transient):
        client(SANDBOX, answer).call(OpName.GET_BY_SKU, {"sku": "A"})


def refused(answer: httpx.Response, name: OpName = OpName.CREATE, secret: str = "s") -> ChannelError:
    """Return the error of one call that is answered so."""
    credentials = Credentials({**SECRETS, "app_secret": secret})
    with pytest.raises(ChannelError) as caught:
        client(SANDBOX, lambda _request: answer, credentials).call(name, {})
    return caught.value


def test_a_body_that_cannot_be_decoded_is_unknown_for_a_write() -> None:
    broken = httpx.Response(200, stream=httpx.ByteStream(b"zz"), headers={"content-encoding": "gzip"})

    error = refused(broken)

    assert (type(error), error.unlisted_in) == (OutcomeUnknown, None)


def test_the_rows_of_a_summary_say_what_was_wrong() -> None:
    rows = [{"code": "4160", "message": "too long"}, {"code": "4118"}]

    error = refused(httpx.Response(200, json={"code": "501", "message": "see detail", "detail": rows}))

    assert isinstance(error, Rejected)
    assert (error.vendor_code, error.problems[0].code) == ("4160", "market_title_length")


@pytest.mark.parametrize("detail", [None, [], {}, "4160", [17], [{"code": None}]])
def test_a_summary_without_readable_rows_is_unknown(detail: Any) -> None:
    error = refused(httpx.Response(200, json={"code": "501", "detail": detail}))

    assert (type(error), error.vendor_code, error.unlisted_in) == (OutcomeUnknown, "501", None)


@pytest.mark.parametrize(
    ("status", "detail"), [(200, {"sku": "A"}), (200, "A"), (200, []), (500, [{"sku": "A", "code": "4118"}])]
)
def test_a_refusal_whose_rows_cannot_be_trusted_is_never_taken_for_a_success(
    status: int, detail: Any
) -> None:
    error = refused(httpx.Response(status, json={"code": "501", "detail": detail}), OpName.STOCK)

    assert isinstance(error, OutcomeUnknown | Rejected)


@pytest.mark.parametrize(
    ("code", "shown"), [(4118, "4118"), (0.5, "0.5"), (-1, "-1"), (True, "http_200"), ({}, "http_200")]
)
def test_codes_of_any_type_are_read_or_left_out(code: Any, shown: str) -> None:
    assert refused(httpx.Response(200, json={"code": code, "message": ["x"]})).vendor_code == shown


def test_an_answer_without_the_envelope_is_unknown_and_counted() -> None:
    error = refused(httpx.Response(200, json={"fault": {"faultstring": "policy"}}))

    assert (type(error), error.vendor_code, error.unlisted_in) == (
        OutcomeUnknown,
        "http_200",
        "sandbox-emarket.yaml",
    )


def test_the_accounts_secrets_are_taken_out_of_what_the_market_says() -> None:
    body = {
        "code": "9999",
        "message": "signature of MARKET-SECRET-1 is wrong " + "x" * 9000,
        "request_id": ["no"],
    }

    error = refused(httpx.Response(200, json=body), secret="MARKET-SECRET-1")

    assert "MARKET-SECRET-1" not in error.message
    assert len(error.message) < 400
    assert error.request_id is None


def test_a_connection_that_never_opened_proves_that_nothing_was_done() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Transient):
        client(SANDBOX, answer).call(OpName.CREATE, {})


def test_a_missing_secret_stops_the_call() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing may be sent")

    with pytest.raises(AuthExpired):
        client(SANDBOX, answer, Credentials({"app_key": "k"})).call(OpName.CREATE, {})


def test_the_same_call_is_signed_the_same() -> None:
    urls: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        urls.append(request.url)
        return httpx.Response(200, json={"code": "0"})

    for _ in range(2):
        client(SANDBOX, answer).call(OpName.GET_BY_SKU, {"sku": "กล้วย 1"})
    assert urls[0] == urls[1]
