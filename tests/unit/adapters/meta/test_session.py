"""How one call ends, over a transport that answers what the test says."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from adapters.errors import AuthExpired, ChannelError, OutcomeUnknown, Throttled, Transient
from adapters.http import make_client
from adapters.meta_graph.meanings import Effect
from adapters.meta_graph.sdk import graph_api
from adapters.meta_graph.session import GraphSession, Wire
from adapters.meta_graph.usage import regain_after
from adapters.settings import HttpSettings

TOKEN = "EAAB-very-secret-token"
Answer = httpx.Response | Exception


class Channel:
    """Answers every request alike and keeps what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def session(self, *, app_secret: str | None = None) -> GraphSession:
        return GraphSession(
            make_client(HttpSettings(), transport=httpx.MockTransport(self)),
            host="http://graph.example.test/graph/",
            version="v26.0",
            token=TOKEN,
            channel="Facebook",
            app_secret=SecretStr(app_secret) if app_secret else None,
        )


def refusal(
    code: int, subcode: int | None = None, *, status: int = 400, message: str = "no", **headers: str
) -> httpx.Response:
    error = {"message": message, "code": code, "fbtrace_id": "Trace1"} | (
        {"error_subcode": subcode} if subcode else {}
    )
    return httpx.Response(status, json={"error": error}, headers=headers)


NOT_ANSWERS: dict[str, Callable[[], Answer]] = {
    "html": lambda: httpx.Response(502, html="<html>bad gateway</html>"),
    "empty": lambda: httpx.Response(200),
    "no content type": lambda: httpx.Response(200, content=b""),
    "truncated": lambda: httpx.Response(
        200, content=b'{"id": "1', headers={"content-type": "application/json"}
    ),
    "a list": lambda: httpx.Response(200, json=[1, 2]),
    "500 without error": lambda: httpx.Response(500, json={"id": "1_2"}),
    "error that is text": lambda: httpx.Response(200, json={"error": "something"}),
    "picture": lambda: httpx.Response(200, content=b"\xff\xd8", headers={"content-type": "image/jpeg"}),
    "bad gzip": lambda: httpx.Response(
        200, stream=httpx.ByteStream(b"zz"), headers={"content-encoding": "gzip"}
    ),
    "read timeout": lambda: httpx.ReadTimeout("slow"),
    "reset": lambda: httpx.ReadError("reset"),
}


@pytest.mark.parametrize("name", NOT_ANSWERS)
def test_what_is_no_graph_answer_is_unknown_at_a_visible_call(name: str) -> None:
    session = Channel(NOT_ANSWERS[name]()).session()

    with pytest.raises(OutcomeUnknown):
        session.post("1/feed", effect=Effect.VISIBLE, message="x")


@pytest.mark.parametrize("name", NOT_ANSWERS)
def test_what_is_no_graph_answer_is_a_plain_repeat_at_an_upload(name: str) -> None:
    session = Channel(NOT_ANSWERS[name]()).session()

    with pytest.raises(Transient):
        session.post("1/photos", effect=Effect.INVISIBLE, published="false")


def test_a_call_that_never_left_is_safe_to_repeat() -> None:
    session = Channel(httpx.ConnectError("refused")).session()

    with pytest.raises(Transient):
        session.post("1/feed", effect=Effect.VISIBLE, message="x")


def test_a_field_we_need_that_is_missing_is_unknown_at_a_visible_call() -> None:
    class NeedsId(Wire):
        id: str

    session = Channel(httpx.Response(200, json={})).session()

    with pytest.raises(OutcomeUnknown, match="lacks a usable id"):
        session.parse(NeedsId, {}, Effect.VISIBLE)


def test_a_17_digit_id_stays_text() -> None:
    class HasId(Wire):
        id: str

    session = Channel(httpx.Response(200)).session()

    assert (
        session.parse(HasId, json.loads('{"id": 17841400000000001}'), Effect.READ).id == "17841400000000001"
    )


CALLS: dict[str, Callable[[GraphSession], Any]] = {
    "get": lambda s: s.get("1", fields="id"),
    "post": lambda s: s.post("1/feed", effect=Effect.VISIBLE, message="x"),
    "post without fields": lambda s: s.exchange("POST", "v26.0/1/feed", effect=Effect.VISIBLE),
    "delete": lambda s: s.delete("1_2"),
    "sdk get": lambda s: sdk(s).get_object("1", fields="id"),
    "sdk put": lambda s: sdk(s).put_object("1", "feed", message="x"),
    "sdk put without fields": lambda s: sdk(s).put_object("1", "feed"),
    "sdk photo": lambda s: sdk(s).put_photo(("a.jpg", b"jpeg", "image/jpeg"), "1/photos"),
    "sdk delete": lambda s: sdk(s).delete_object("1_2"),
}


def sdk(session: GraphSession) -> Any:
    return graph_api(session, version="v26.0", token=TOKEN, effect=Effect.VISIBLE)


@pytest.mark.parametrize("call", CALLS)
def test_the_token_travels_in_the_header_only(call: str) -> None:
    channel = Channel(httpx.Response(200, json={"id": "1"}))

    CALLS[call](channel.session())

    (request,) = channel.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(request.url)
    assert TOKEN.encode() not in request.content
    assert str(request.url).startswith("http://graph.example.test/graph/v26.0/1")


@pytest.mark.parametrize("call", CALLS)
def test_no_error_shows_the_token_even_when_the_channel_quotes_it(call: str) -> None:
    channel = Channel(refusal(190, message=f"Malformed access token {TOKEN} access_token={TOKEN}"))

    with pytest.raises(AuthExpired) as caught:
        CALLS[call](channel.session(app_secret="app-secret"))

    assert TOKEN not in f"{caught.value!r} {caught.value.message} {caught.value.problem}"
    assert caught.value.vendor_code == "190"
    assert caught.value.request_id == "Trace1"


@pytest.mark.parametrize("call", CALLS)
def test_every_call_carries_the_proof_when_the_app_has_a_secret(call: str) -> None:
    channel = Channel(httpx.Response(200, json={"id": "1"}))
    session = GraphSession(
        make_client(HttpSettings(), transport=httpx.MockTransport(channel)),
        host="http://graph.example.test",
        version="v26.0",
        token="PAGE-TOKEN",
        channel="Facebook",
        app_secret=SecretStr("app-secret"),
    )

    CALLS[call](session)

    # The vector of meta.md section 4.5.
    proof = b"b5257d6bda337a16c7c4935f1bc5cfa30985dced6014647c9c95ac322773ad7c"
    (request,) = channel.requests
    assert proof in request.url.query + request.content


def test_the_package_meets_the_same_errors() -> None:
    channel = Channel(refusal(368, 1404082))

    with pytest.raises(OutcomeUnknown) as caught:
        sdk(channel.session()).put_object("1", "feed", message="x")

    assert caught.value.vendor_code == "368/1404082"


def test_a_page_throttle_waits_as_long_as_the_header_says() -> None:
    usage = json.dumps({"1": [{"type": "pages", "estimated_time_to_regain_access": 19}], "2": [{}]})
    channel = Channel(refusal(80001, **{"x-business-use-case-usage": usage}))

    with pytest.raises(Throttled) as caught:
        channel.session().get("1")

    assert caught.value.retry_after == timedelta(minutes=19)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "30"}, timedelta(seconds=30)),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"x-business-use-case-usage": "not json"}, None),
        ({"x-business-use-case-usage": "[1]"}, None),
        ({"x-business-use-case-usage": '{"1": {"a": 1}}'}, None),
        ({"x-business-use-case-usage": '{"1": [{"estimated_time_to_regain_access": 0}]}'}, None),
        (
            {
                "x-business-use-case-usage": '{"1": [{"estimated_time_to_regain_access": 2}], "2": [{"estimated_time_to_regain_access": 5}]}'
            },
            timedelta(minutes=5),
        ),
    ],
)
def test_waits_are_read_from_headers_of_any_shape(
    headers: dict[str, str], expected: timedelta | None
) -> None:
    assert regain_after(headers) == expected


@pytest.mark.parametrize("code", [True, None, [1], {"a": 1}, "", float("inf")])
def test_a_code_that_is_none_is_no_code(code: Any) -> None:
    channel = Channel(httpx.Response(400, content=json.dumps({"error": {"code": code}}).encode()))

    with pytest.raises(ChannelError) as caught:
        channel.session().get("1")

    assert caught.value.vendor_code in {None, "inf"}
    assert caught.value.unlisted_in is not None


@pytest.mark.parametrize(("code", "subcode"), [(190, 463), ("190", "463"), (190.0, 463), (" 190", "463 ")])
def test_a_code_may_come_as_text(code: Any, subcode: Any) -> None:
    answer = httpx.Response(400, json={"error": {"code": code, "error_subcode": subcode}})

    with pytest.raises(AuthExpired) as caught:
        Channel(answer).session().get("1")

    assert caught.value.vendor_code == "190/463"
    assert caught.value.unlisted_in is None


@pytest.mark.parametrize("code", ["1_90", "๑๙๐", "190.0", "0x190", 190.5])
def test_a_text_that_only_looks_like_a_listed_code_is_not_taken_for_it(code: Any) -> None:
    with pytest.raises(ChannelError) as caught:
        Channel(httpx.Response(400, json={"error": {"code": code}})).session().get("1")

    assert type(caught.value) is Transient
    assert caught.value.unlisted_in is not None


def test_a_negative_code_is_a_code() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        Channel(refusal(-1, 2207001)).session().post("1/media_publish", effect=Effect.VISIBLE)

    assert caught.value.vendor_code == "-1/2207001"
    assert caught.value.unlisted_in is None


def test_a_code_that_is_a_word_is_kept_short_and_counted() -> None:
    answer = httpx.Response(400, json={"error": {"code": f"ODD_CODE access_token={TOKEN} " + "x" * 500}})

    with pytest.raises(OutcomeUnknown) as caught:
        Channel(answer).session().post("1/feed", effect=Effect.VISIBLE)

    assert caught.value.vendor_code is not None
    assert caught.value.vendor_code.startswith("ODD_CODE")
    assert len(caught.value.vendor_code) <= 64
    assert TOKEN not in caught.value.vendor_code
    assert caught.value.unlisted_in is not None


@pytest.mark.parametrize("status", [200, 201, 400])
def test_an_error_inside_a_success_is_an_error(status: int) -> None:
    with pytest.raises(Throttled):
        Channel(refusal(4, status=status)).session().post("1/feed", effect=Effect.VISIBLE)


COUNTED: dict[str, Callable[[], httpx.Response]] = {
    "a list": lambda: httpx.Response(200, json=[1, 2]),
    "error that is text": lambda: httpx.Response(200, json={"error": "something"}),
    "a redirect": lambda: httpx.Response(302, headers={"location": "http://elsewhere.example.test/"}),
    "an empty envelope": lambda: httpx.Response(200, json={"error": {}}),
    "a proxy's 407": lambda: httpx.Response(407, html="<html>"),
}
KNOWN_FAULTS = ("html", "empty", "truncated", "500 without error", "bad gzip", "read timeout", "reset")


@pytest.mark.parametrize("name", COUNTED)
def test_an_answer_of_a_shape_nobody_listed_is_counted(name: str) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        Channel(COUNTED[name]()).session().post("1/feed", effect=Effect.VISIBLE)

    assert caught.value.unlisted_in == "adapters/meta_graph/error_rows.py"
    assert caught.value.problem is not None
    assert caught.value.problem.code == "unlisted_answer"


@pytest.mark.parametrize("name", KNOWN_FAULTS)
def test_a_fault_the_sheet_knows_is_not_counted(name: str) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        Channel(NOT_ANSWERS[name]()).session().post("1/feed", effect=Effect.VISIBLE)

    assert caught.value.unlisted_in is None


def test_json_nested_beyond_reading_is_no_answer() -> None:
    deep = httpx.Response(200, content=b'{"a":' * 200_000)

    with pytest.raises(OutcomeUnknown):
        Channel(deep).session().post("1/feed", effect=Effect.VISIBLE)


def test_what_meta_says_is_kept_short() -> None:
    with pytest.raises(ChannelError) as caught:
        Channel(refusal(1, message="m" * 50_000)).session().get("1")

    assert len(caught.value.message) < 400
