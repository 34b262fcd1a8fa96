"""One call after another: what is repeated and how long it waits, what a refusal says, how a list is read."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from syndicator.client.calls import ATTEMPTS, LONGEST_WAIT_S, TIMEOUT, Calls
from syndicator.client.errors import ApiProblem, NotReached

Answer = httpx.Response | Exception


class Server:
    """Answers in the order given, the last one for ever; keeps what it was asked and how long it was waited for."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def calls(self) -> Calls:
        return Calls(
            "http://api.test/",
            "syk_a_b",
            timeout=TIMEOUT,
            attempts=ATTEMPTS,
            transport=httpx.MockTransport(self),
            sleep=self.waits.append,
        )


def problem(status: int, code: str = "not_ready", **headers: str) -> httpx.Response:
    one = {"path": "name", "code": code, "th": "ยังไม่พร้อม", "en": "not ready"}
    return httpx.Response(status, json={"problems": [one]}, headers={"X-Request-Id": "r-1", **headers})


FINE = httpx.Response(200, json={"name": "ป้าแดง"})


def read(calls: Calls) -> dict[str, Any]:
    return calls.get("/me", dict[str, Any])


def write(calls: Calls) -> httpx.Response:
    return calls.write("PUT", "/thing", {"a": 1})


def test_a_call_carries_the_key_and_goes_below_the_version() -> None:
    server = Server(FINE)

    assert read(server.calls()) == {"name": "ป้าแดง"}
    (request,) = server.requests
    assert str(request.url) == "http://api.test/v1/me"
    assert request.headers["Authorization"] == "Bearer syk_a_b"


@pytest.mark.parametrize("call", [read, write], ids=["read", "write"])
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("silent"),
        httpx.RemoteProtocolError("cut off"),
        problem(502),
        problem(503),
        problem(504),
        problem(429),
        problem(409, "idempotency_key_running"),
    ],
    ids=["refused", "silent", "cut", "502", "503", "504", "429", "running"],
)
def test_what_may_pass_is_tried_again(call: Callable[[Calls], Any], trouble: Answer) -> None:
    server = Server(trouble, trouble, FINE)
    call(server.calls())

    assert len(server.requests) == 3
    assert len(server.waits) == 2
    assert server.waits[0] < server.waits[1] <= LONGEST_WAIT_S


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 415, 422, 500])
def test_what_would_be_refused_again_is_not_tried_again(status: int) -> None:
    server = Server(problem(status))

    with pytest.raises(ApiProblem):
        write(server.calls())
    assert len(server.requests) == 1


def test_every_attempt_of_a_write_carries_the_same_key_and_every_write_one_of_its_own() -> None:
    server = Server(problem(503), httpx.ReadTimeout("silent"), FINE)
    calls = server.calls()
    write(calls)
    write(calls)

    keys = [request.headers["Idempotency-Key"] for request in server.requests]
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_every_attempt_of_an_upload_is_the_same_to_the_byte() -> None:
    server = Server(problem(503), FINE)
    server.calls().write("POST", "/media", files={"file": ("photo", b"\xff\xd8")})

    first, second = server.requests
    assert first.content == second.content
    assert b"\xff\xd8" in first.content
    assert first.headers["Content-Type"] == second.headers["Content-Type"]


def test_a_key_of_the_callers_own_is_used() -> None:
    server = Server(FINE)
    server.calls().write("POST", "/thing", {}, idempotency_key="erp-17")

    assert server.requests[0].headers["Idempotency-Key"] == "erp-17"


def test_the_wait_that_the_api_asks_for_is_kept() -> None:
    server = Server(problem(429, **{"Retry-After": "7"}), FINE)
    read(server.calls())

    assert server.waits == [7.0]


def test_a_wait_longer_than_a_caller_can_have_is_told_at_once() -> None:
    server = Server(problem(429, "too_many_requests", **{"Retry-After": "3600"}))

    with pytest.raises(ApiProblem) as refused:
        read(server.calls())
    assert (refused.value.retry_after_s, server.waits) == (3600.0, [])


def test_a_server_that_never_answers_is_given_up() -> None:
    server = Server(httpx.ConnectError("refused"))

    with pytest.raises(NotReached, match="ConnectError"):
        read(server.calls())
    assert len(server.requests) == ATTEMPTS


def test_a_refusal_says_what_where_in_thai_and_in_english() -> None:
    with pytest.raises(ApiProblem) as refused:
        read(Server(problem(422, "string_too_short")).calls())

    told = refused.value
    assert (told.status, told.code, told.path, told.th, told.en, told.request_id) == (
        422,
        "string_too_short",
        "name",
        "ยังไม่พร้อม",
        "not ready",
        "r-1",
    )
    assert "name: not ready" in str(told)


def test_a_page_of_a_proxy_is_told_by_its_status() -> None:
    with pytest.raises(ApiProblem) as refused:
        read(Server(httpx.Response(404, html="<h1>no</h1>")).calls())

    assert (refused.value.code, "404" in refused.value.en) == ("http_404", True)


def test_the_key_is_not_sent_to_where_an_answer_points() -> None:
    server = Server(httpx.Response(302, headers={"Location": "http://elsewhere.test/"}))

    with pytest.raises(ApiProblem):
        read(server.calls())
    assert [request.url.host for request in server.requests] == ["api.test"]


def pages() -> Iterator[httpx.Response]:
    for cursor in ("c-1", "c-2", None):
        yield httpx.Response(200, json={"data": [{"at": cursor}, {"at": "x"}], "next_cursor": cursor})


def test_a_list_is_read_page_by_page_and_only_as_far_as_it_is_wanted() -> None:
    server = Server(*pages())
    things = server.calls().every("/things", dict[str, Any], {"state": "live", "sku": None})

    next(things)
    assert len(server.requests) == 1
    assert len(list(things)) == 5
    asked = [dict(request.url.params) for request in server.requests]
    assert [query.get("cursor") for query in asked] == [None, "c-1", "c-2"]
    assert all(query["state"] == "live" and "sku" not in query for query in asked)


def test_a_stream_that_was_cut_off_is_sent_again_from_its_beginning_under_the_same_name() -> None:
    server = Server(httpx.WriteError("cut off"), problem(503), httpx.Response(200, json={}))
    content = b"".join(json.dumps({"n": number}).encode() + b"\n" for number in range(20_000))

    server.calls().stream("/imports", io.BytesIO(content), "application/x-ndjson", idempotency_key="k-1")

    assert [request.content == content for request in server.requests] == [True] * 3
    assert {request.headers["Idempotency-Key"] for request in server.requests} == {"k-1"}
