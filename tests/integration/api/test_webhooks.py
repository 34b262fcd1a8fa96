"""Endpoints through the API: made, changed, tried, replayed, and seen by their owner alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from syndicator.usecases.webhook_subscriptions import MOST_SUBSCRIPTIONS
from tests.support.api_door import ApiDoor, Caller
from tests.support.app import goods
from tests.support.events import Telling, loopback_sender
from tests.support.receiving_events import take
from tests.support.webhook_receiver import Receiver, webhook_receiver

OWN = "/v1/sellers/A/webhooks"


@pytest.fixture
def telling(door: ApiDoor) -> Iterator[Telling]:
    """What delivers, with the sender that the API checks addresses with."""
    door.app.__dict__["webhook_sender"] = loopback_sender()
    yield Telling(door.core, door.app.webhook_sender)
    door.app.webhook_sender.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as made:
        yield made


def made(caller: Caller, url: str, base: str = OWN, **more: Any) -> dict[str, Any]:
    answer = caller.post(base, json={"url": url, "events": ["stock.changed"]} | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"{base}/{found['id']}"
    return found


def test_an_endpoint_is_told_and_what_became_of_each_message_is_shown(
    door: ApiDoor, telling: Telling, receiver: Receiver
) -> None:
    seller, taken = door.caller("A"), set[str]()
    hook = made(seller, receiver.url)
    door.core.submit(goods(), stock=4)
    telling.run_once()

    (request,) = receiver.requests
    status, event = take(request.headers, request.body, hook["secret"], taken)
    assert (status, event["data"]["available"]) == (200, 4)
    assert take(request.headers, request.body, hook["secret"], taken) == (200, None)
    assert take(request.headers, request.body + b" ", hook["secret"], taken) == (401, None)
    (delivery,) = seller.get(f"{OWN}/{hook['id']}/deliveries").json()["data"]
    assert delivery["message"] == request.headers["webhook-id"]
    assert (delivery["outcome"], delivery["attempts"], delivery["last_status"]) == ("delivered", 1, 200)
    assert seller.get(f"{OWN}/{hook['id']}/deliveries/{delivery['message']}").json() == delivery


def test_a_secret_is_shown_once_and_kept_nowhere_in_clear(
    door: ApiDoor, telling: Telling, receiver: Receiver
) -> None:
    seller, body = door.caller("A"), {"url": receiver.url, "events": ["listing.live"]}
    first, again = (seller.post(OWN, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    hook = first.json()
    rotated = seller.post(f"{OWN}/{hook['id']}/rotate", headers={"Idempotency-Key": "r"}).json()

    assert again.json() == hook | {"secret": None}
    assert rotated["secret"] != hook["secret"]
    shown = seller.get(f"{OWN}/{hook['id']}")
    assert "secret" not in shown.json()
    assert shown.json()["old_secret_signs_until"] is not None
    for secret in (hook["secret"], rotated["secret"]):
        for name in ("webhook_subscription", "idempotency_key", "audit"):
            kept = str(door.core.rows(f"SELECT t::text FROM {name} t"))  # noqa: S608 - our own names
            assert secret not in kept
            assert secret.encode().hex() not in kept


def test_an_endpoint_is_changed_paused_with_a_reason_and_set_going(
    door: ApiDoor, telling: Telling, receiver: Receiver
) -> None:
    seller = door.caller("A")
    path = f"{OWN}/{made(seller, receiver.url)['id']}"

    changed = seller.patch(
        path, json={"paused": True, "events": ["listing.live", "stock.changed"], "description": "x"}
    ).json()
    seller.post(f"{path}/test")
    assert telling.run_once() == 0

    assert (changed["paused"]["code"], changed["events"]) == (
        "webhook_paused_person",
        ["listing.live", "stock.changed"],
    )
    assert {"th", "en"} <= set(changed["paused"])
    assert seller.patch(path, json={"paused": False}).json()["paused"] is None
    assert telling.run_once() == 1


def test_what_was_given_up_is_replayed_and_says_why_it_was_not_taken(
    door: ApiDoor, telling: Telling, receiver: Receiver
) -> None:
    seller = door.caller("A")
    path = f"{OWN}/{made(seller, receiver.url)['id']}"
    message = seller.post(f"{path}/test").json()["message"]
    receiver.status = 500
    telling.run_once()
    (failed,) = seller.get(f"{path}/deliveries").json()["data"]
    assert failed["problem"]["code"] == "webhook_status"
    assert failed["next_try_at"] is not None
    receiver.status = 200

    since = (door.core.clock.now() - timedelta(hours=1)).isoformat()
    assert seller.post(f"{path}/replay", json={"since": since}).json() == {"replayed": 1}
    assert telling.run_once() == 1
    assert seller.post(f"{path}/deliveries/{message}/replay").json() == {"replayed": 1}
    assert telling.run_once() == 1
    assert [one.headers["webhook-id"] for one in receiver.requests] == [message] * 3


def test_deliveries_come_in_pages_the_newest_first(
    door: ApiDoor, telling: Telling, receiver: Receiver
) -> None:
    seller = door.caller("A")
    path = f"{OWN}/{made(seller, receiver.url)['id']}"
    sent = [seller.post(f"{path}/test").json()["message"] for _ in range(3)]

    first = seller.get(f"{path}/deliveries?limit=2").json()
    second = seller.get(f"{path}/deliveries?limit=2&cursor={first['next_cursor']}").json()

    assert [one["message"] for one in first["data"] + second["data"]] == sent[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("POST", "/replay"),
        ("GET", "/deliveries"),
        ("GET", "/deliveries/{message}"),
        ("POST", "/deliveries/{message}/replay"),
    ],
)
def test_anothers_endpoint_is_answered_like_one_that_never_was(
    door: ApiDoor, telling: Telling, method: str, tail: str
) -> None:
    door.seller("A", "C-1")
    door.seller("B", "C-1")
    seller, centre, other, admin = (
        door.caller("A"),
        door.caller(centre="C-1"),
        door.caller(centre="C-2"),
        door.caller(),
    )
    hook = made(seller, "http://127.0.0.1:9/")["id"]
    message = seller.post(f"{OWN}/{hook}/test").json()["message"]
    body = {"json": {"since": "2026-01-01T00:00:00Z"} if tail == "/replay" else {}}
    given = body if method == "PATCH" or tail == "/replay" else {}
    strangers = [
        (door.caller("B"), "/v1/sellers/B/webhooks"),
        (centre, "/v1/webhooks"),
        (centre, "/v1/sellers/B/webhooks"),
        (other, "/v1/webhooks"),
        (other, OWN),
        (admin, "/v1/webhooks"),
    ]

    for caller, base in strangers:
        answers = [
            caller.call(method, f"{base}/{one}{tail.format(message=message)}", **given)
            for one in (hook, "we_never")
        ]
        assert [one.status_code for one in answers] == [404, 404]
        first, second = (one.text.replace(hook, "?").replace("we_never", "?") for one in answers)
        assert strip(first) == strip(second)
    assert seller.get(f"{OWN}/{hook}").status_code == 200


def strip(text: str) -> str:
    """Leave out the id of the request."""
    return text.split('"request_id"', maxsplit=1)[0]


def test_a_sellers_key_has_no_endpoints_of_everybody(door: ApiDoor, telling: Telling) -> None:
    assert door.caller("A").get("/v1/webhooks").status_code == 403


def test_centre_and_admin_keys_own_endpoints_apart_from_their_sellers(
    door: ApiDoor, telling: Telling
) -> None:
    door.seller("M", "C-1")
    centre, admin = door.caller(centre="C-1"), door.caller()
    hooks = {
        "centre": made(centre, "http://127.0.0.1:9/c", "/v1/webhooks")["id"],
        "admin": made(admin, "http://127.0.0.1:9/a", "/v1/webhooks")["id"],
        "seller": made(centre, "http://127.0.0.1:9/s", "/v1/sellers/M/webhooks")["id"],
    }

    def ids(caller: Caller, path: str) -> list[str]:
        return [one["id"] for one in caller.get(path).json()["data"]]

    assert ids(centre, "/v1/webhooks") == [hooks["centre"]]
    assert ids(admin, "/v1/webhooks") == [hooks["admin"]]
    assert ids(admin, "/v1/sellers/M/webhooks") == [hooks["seller"]]


def test_an_address_inside_our_network_is_refused_in_both_languages(door: ApiDoor) -> None:
    caller = door.caller("A")
    answers = {
        url: caller.post(OWN, json={"url": url, "events": ["listing.live"]})
        for url in (
            "https://127.0.0.1/",
            "https://169.254.169.254/latest",
            "http://93.184.216.34/",
            "https://2130706433/",
        )
    }

    assert [one.status_code for one in answers.values()] == [422] * 4
    assert [one.json()["code"] for one in answers.values()] == [
        "url_refused",
        "url_refused",
        "url_not_https",
        "url_refused",
    ]
    assert all(one.json()["th"] for one in answers.values())
    assert caller.get(OWN).json()["data"] == []


def test_an_owner_has_a_bounded_number_of_endpoints(door: ApiDoor, telling: Telling) -> None:
    caller = door.caller("A")
    for number in range(MOST_SUBSCRIPTIONS):
        made(caller, f"http://127.0.0.1:9/{number}")

    answer = caller.post(OWN, json={"url": "http://127.0.0.1:9/", "events": ["listing.live"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "webhooks_too_many")


def test_a_removed_endpoint_is_gone_with_all_that_waited(door: ApiDoor, telling: Telling) -> None:
    caller = door.caller("A")
    path = f"{OWN}/{made(caller, 'http://127.0.0.1:9/')['id']}"
    caller.post(f"{path}/test")

    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404
    assert telling.deliveries() == []
