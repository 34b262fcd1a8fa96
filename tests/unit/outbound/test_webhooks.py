"""Where messages may be sent: public https alone, by the number that was checked, whatever a name server says later."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import httpx
import pytest

from syndicator.domain.events import Answer, Failure
from syndicator.outbound.targets import TargetRefused
from syndicator.outbound.webhooks import HttpWebhookSender
from tests.support.factories import FixedClock
from tests.support.picture_hosts import PUBLIC_ADDRESS, public

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def sender(
    answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200),
    *,
    resolver: Callable[[str], Sequence[str]] = public,
    allows_private: bool = False,
) -> HttpWebhookSender:
    return HttpWebhookSender(
        clock=FixedClock(),
        user_agent="Syndicator/test",
        allows_private=allows_private,
        transport=httpx.MockTransport(answer),
        resolver=resolver,
    )


def send(one: HttpWebhookSender, url: str = "https://shop.example/hook") -> Answer:
    return one.send(url, message_id="msg_1", body="{}", secrets=[SECRET], within=timedelta(seconds=5))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/hook", "url_not_https"),
        ("ftp://shop.example/", "url_not_https"),
        ("https://", "url_invalid"),
        ("shop.example", "url_invalid"),
        ("https://a b/", "url_invalid"),
        ("https://user@shop.example/", "url_refused"),
        ("https://2130706433/", "url_refused"),
        ("https://0x7f.1/", "url_refused"),
    ],
)
def test_what_is_no_public_https_address_is_refused_with_a_reason(url: str, code: str) -> None:
    with pytest.raises(TargetRefused) as caught:
        sender().check(url)

    assert caught.value.problem.code == code


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.5", "169.254.169.254", "192.168.0.1", "::1", "fd00::1", "::ffff:127.0.0.1"],
)
def test_a_name_that_leads_into_a_private_network_is_refused_at_once_and_at_every_call(address: str) -> None:
    calls: list[httpx.Request] = []
    inside = sender(
        lambda one: calls.append(one) or httpx.Response(200), resolver=lambda _: [PUBLIC_ADDRESS, address]
    )

    with pytest.raises(TargetRefused):
        inside.check("https://shop.example/hook")
    assert send(inside).failure is Failure.ADDRESS
    assert calls == []


def test_a_name_that_is_not_known_is_refused_at_once_and_tried_again_later() -> None:
    def unknown(_host: str) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(TargetRefused) as caught:
        sender(resolver=unknown).check("https://shop.example/hook")
    assert caught.value.problem.code == "url_unresolved"
    assert send(sender(resolver=unknown)).failure is Failure.UNREACHABLE


def test_the_call_goes_to_the_checked_number_under_the_name_that_was_typed() -> None:
    calls: list[httpx.Request] = []

    send(sender(lambda one: calls.append(one) or httpx.Response(200)), "https://shop.example:8443/hook?x=1")

    (call,) = calls
    assert (call.url.host, call.url.port, call.url.raw_path) == (PUBLIC_ADDRESS, 8443, b"/hook?x=1")
    assert call.headers["host"] == "shop.example:8443"
    assert call.extensions["sni_hostname"] == "shop.example"


def test_every_secret_signs() -> None:
    calls: list[httpx.Request] = []
    one = sender(lambda call: calls.append(call) or httpx.Response(200))

    one.send(
        "https://shop.example/", message_id="m", body="{}", secrets=[SECRET, SECRET], within=timedelta(1)
    )

    assert [part[:3] for part in calls[0].headers["webhook-signature"].split(" ")] == ["v1,", "v1,"]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_answer_that_begins_with_two_is_taken(status: int) -> None:
    assert send(sender(lambda _: httpx.Response(status))).is_taken


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 500, 503])
def test_every_other_answer_is_not(status: int) -> None:
    answer = send(sender(lambda _: httpx.Response(status, headers={"Location": "https://elsewhere.example"})))

    assert (answer.status, answer.failure, answer.is_gone) == (status, Failure.STATUS, status == 410)


@pytest.mark.parametrize(
    ("error", "failure"),
    [(httpx.ReadTimeout("late"), Failure.TIMEOUT), (httpx.ConnectError("closed"), Failure.UNREACHABLE)],
    ids=["timeout", "closed"],
)
def test_a_call_without_an_answer_says_why(error: httpx.TransportError, failure: Failure) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    answer = send(sender(fail))
    assert (answer.failure, answer.status) == (failure, None)


def test_private_targets_are_let_through_where_the_settings_say_so() -> None:
    inside = sender(resolver=lambda _: ["127.0.0.1"], allows_private=True)

    inside.check("http://localhost:9/hook")
    assert send(inside, "http://localhost:9/hook").is_taken
