"""The toll at the transport: who pays, what a refusal becomes, and what is told afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from adapters.errors import Throttled
from adapters.http import ChannelTransport, TollRefused, call_deadline, classify_transport
from adapters.meta_graph.usage import usages
from adapters.pace import CallEnd, Payer, Refusal, Toll, Usage, next_step, paying
from schemas.pace import BrakeReason, PaceScope

PAYER = Payer(endpoint="x", app="app", account="x/1", read_usage=usages)
REFUSAL = Refusal(wait=timedelta(seconds=9), scope=PaceScope.APP, reason=BrakeReason.USAGE)
Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class KeptPace:
    """Keeps what the transport says; implements ``adapters.pace.Pace``."""

    refusals: list[Refusal | None] = field(default_factory=list)
    tolls: list[Toll] = field(default_factory=list)
    reports: list[Usage] = field(default_factory=list)
    ends: list[CallEnd] = field(default_factory=list)

    def pay(self, payer: Payer, toll: Toll) -> Refusal | None:
        assert payer is PAYER
        self.tolls.append(toll)
        return self.refusals.pop(0) if self.refusals else None

    def told(self, payer: Payer, usages: Sequence[Usage]) -> None:
        self.reports.extend(usages)

    def began(self, payer: Payer) -> object:
        return "call"

    def ended(self, payer: Payer, began: object, end: CallEnd) -> None:
        assert began == "call"
        self.ends.append(end)


def client(pace: KeptPace, answer: Answer) -> httpx.Client:
    return httpx.Client(transport=ChannelTransport(httpx.MockTransport(answer), pace=pace))


def fine(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


def test_a_refused_call_never_leaves_and_costs_no_attempt() -> None:
    sent: list[httpx.Request] = []
    http = client(KeptPace(refusals=[REFUSAL]), lambda request: sent.append(request) or fine(request))

    with paying(PAYER), pytest.raises(TollRefused) as caught:
        http.post("https://channel.test/things")

    error = classify_transport(caught.value, mutating=True)
    assert isinstance(error, Throttled)
    assert (error.retry_after, error.scope, error.reason) == (REFUSAL.wait, REFUSAL.scope, REFUSAL.reason)
    assert not error.spends_attempt
    assert sent == []


def test_the_first_call_of_each_step_pays_as_one_that_has_not_begun() -> None:
    pace = KeptPace()
    http = client(pace, fine)

    with paying(PAYER):
        for _ in range(2):
            next_step()
            http.get("https://channel.test/a")
            http.get("https://channel.test/b")

    assert [(toll.path, toll.is_begun) for toll in pace.tolls] == [("/a", False), ("/b", True)] * 2
    assert {toll.host for toll in pace.tolls} == {"channel.test"}


def test_a_step_whose_first_call_was_refused_has_not_begun() -> None:
    pace = KeptPace(refusals=[REFUSAL, None])
    http = client(pace, fine)

    with paying(PAYER):
        with pytest.raises(TollRefused):
            http.get("https://channel.test/a")
        http.get("https://channel.test/a")

    assert [toll.is_begun for toll in pace.tolls] == [False, False]


def test_a_call_that_nobody_pays_for_is_neither_counted_nor_refused() -> None:
    pace = KeptPace(refusals=[REFUSAL])

    client(pace, fine).get("https://channel.test/a")

    assert (pace.tolls, pace.ends) == ([], [])


def test_what_the_channel_reports_is_passed_on() -> None:
    pace = KeptPace()
    headers = {"x-app-usage": '{"call_count": 95}', "retry-after": "7"}
    http = client(pace, lambda _: httpx.Response(429, headers=headers))

    with paying(PAYER):
        http.get("https://channel.test/a")

    assert pace.reports == [
        Usage(scope=PaceScope.APP, percent=95),
        Usage(scope=PaceScope.ACCOUNT, percent=100, regain_after=timedelta(seconds=7)),
    ]


def raising(error: type[httpx.TransportError]) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("x", request=request)

    return answer


def page(status: int) -> Answer:
    return lambda _: httpx.Response(status, html="<html>Bad gateway</html>")


@pytest.mark.parametrize(
    ("answer", "is_broken"),
    [
        (fine, False),
        (lambda _: httpx.Response(401, json={}), False),
        (lambda _: httpx.Response(429, json={}), False),
        (lambda _: httpx.Response(500, json={}), True),
        (lambda _: httpx.Response(503), True),
        (page(502), True),
        (page(200), True),
        (page(401), False),
        (raising(httpx.ConnectError), True),
        (raising(httpx.ConnectTimeout), True),
        (raising(httpx.ReadTimeout), True),
        (raising(httpx.RemoteProtocolError), True),
        (raising(httpx.PoolTimeout), False),
    ],
)
def test_only_a_fault_of_the_channel_itself_counts_as_broken(answer: Answer, is_broken: bool) -> None:
    pace = KeptPace()
    http = client(pace, answer)

    with paying(PAYER):
        try:
            http.get("https://channel.test/a")
        except httpx.TransportError:
            assert is_broken or answer is not fine

    assert [end.is_broken for end in pace.ends] == [is_broken]


def test_a_passed_deadline_pays_nothing() -> None:
    pace = KeptPace()

    with paying(PAYER), call_deadline(timedelta(0)), pytest.raises(httpx.PoolTimeout):
        client(pace, fine).get("https://channel.test/a")

    assert (pace.tolls, pace.ends) == ([], [])
