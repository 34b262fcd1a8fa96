"""Webhooks of the sandbox: signed as LINE signs, and lost, repeated, out of order or insisted upon as ordered."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.server import SandboxServer
from adapters.testing.sandbox.webhooks import Callback
from tests.contract.sandbox.clients import Line
from tests.support.loopback_server import Quiet, serving

SHOP = ("line_shop", "shop1")
SECRET = "a-secret-of-the-webhook"


@dataclass
class Receiver:
    """An address that writes down what it is sent, and answers as told."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        until = time.monotonic() + 10
        while len(self.got) < count and time.monotonic() < until:
            time.sleep(0.005)
        assert len(self.got) >= count
        return self.got

    def events(self, count: int) -> list[str]:
        return [json.loads(body)["event"]["name"] for _, body in self.wait_for(count)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.answers.pop(0) if made.answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

    with serving(Handler) as url:
        made.url = f"{url}/hook"
        yield made


@pytest.fixture
def on_sale(line: Line, square: str) -> dict[str, Any]:
    made = line.create(square).json()
    return line.call("POST", f"products/{made['id']}/display-status/onsale").json()


def callback(receiver: Receiver, **orders: Any) -> Callback:
    return Callback(channel="line_shop", account="shop1", url=receiver.url, secret=SECRET, **orders)


def test_an_event_is_signed_over_its_bytes_and_carries_the_order(
    on_sale: dict, control: SandboxControl, receiver: Receiver, line: Line
):
    control.call(callback(receiver))
    number = control.buy(*SHOP, "P-1", 2, pay=False).order

    ((headers, body),) = receiver.wait_for(1)

    expected = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["x-myshop-signature"] == expected
    assert headers["x-request-id"]
    told = json.loads(body)
    assert told["event"]["name"] == "ORDER.PENDING_PAYMENT"
    detail = line.call("GET", f"orders/{number}").json()
    assert {name: value for name, value in told.items() if name not in {"event", "shop"}} == detail


def test_every_step_but_shipping_and_expiry_sends_its_event(
    on_sale: dict, control: SandboxControl, receiver: Receiver
):
    control.call(callback(receiver))
    first = control.buy(*SHOP, "P-1").order
    control.act(*SHOP, first, "ship")
    control.act(*SHOP, first, "complete")
    control.act(*SHOP, control.buy(*SHOP, "P-1", pay=False).order, "expire")
    control.act(*SHOP, control.buy(*SHOP, "P-1", pay=False).order, "cancel")

    assert receiver.events(6) == [
        "ORDER.PENDING_PAYMENT",
        "ORDER.READY_TO_SHIP",
        "ORDER.COMPLETED",
        "ORDER.PENDING_PAYMENT",
        "ORDER.PENDING_PAYMENT",
        "ORDER.CANCELED",
    ]


def test_repetitions_carry_the_same_id(on_sale: dict, control: SandboxControl, receiver: Receiver):
    control.call(callback(receiver, duplicates=2))
    control.buy(*SHOP, "P-1", pay=False)

    got = receiver.wait_for(3)

    assert len({headers["x-request-id"] for headers, _ in got}) == 1
    assert len({body for _, body in got}) == 1


def test_ids_can_be_left_out(on_sale: dict, control: SandboxControl, receiver: Receiver):
    control.call(callback(receiver, request_ids=False))
    control.buy(*SHOP, "P-1", pay=False)

    assert "x-request-id" not in receiver.wait_for(1)[0][0]


def test_lost_events_are_written_down_and_not_sent(
    on_sale: dict, control: SandboxControl, receiver: Receiver
):
    control.call(callback(receiver, loss=1))
    control.buy(*SHOP, "P-1")

    assert [delivery["status"] for delivery in control.deliveries()] == [None, None]
    assert receiver.got == []


def test_events_overtake_each_other_when_so_ordered(
    on_sale: dict, control: SandboxControl, receiver: Receiver
):
    control.call(callback(receiver, reorder=True))
    sent = []
    for _ in range(7):
        sent += ["ORDER.PENDING_PAYMENT", "ORDER.READY_TO_SHIP"]
        control.buy(*SHOP, "P-1")

    came = receiver.events(14)

    assert sorted(came) == sorted(sent)
    assert came != sent


def test_an_event_that_is_not_taken_is_sent_again(on_sale: dict, control: SandboxControl, receiver: Receiver):
    receiver.answers = [500, 404]
    control.call(callback(receiver, retry_after_s=0.01))
    control.buy(*SHOP, "P-1", pay=False)

    receiver.wait_for(3)
    until = time.monotonic() + 5
    while len(control.deliveries()) < 3 and time.monotonic() < until:
        time.sleep(0.005)

    assert [(one["attempt"], one["status"]) for one in control.deliveries()] == [(1, 500), (2, 404), (3, 200)]


@pytest.mark.parametrize("url", ["http://192.0.2.1/hook", "https://example.com/hook", "file:///etc/passwd"])
def test_nothing_is_sent_beyond_loopback(server: SandboxServer, control: SandboxControl, url: str):
    body = {"channel": "line_shop", "account": "shop1", "url": url, "secret": SECRET}

    answer = httpx.post(f"{server.url}/_sandbox/webhooks", json=body, trust_env=False)

    assert answer.status_code == 400
    assert SECRET not in answer.text


def test_another_process_can_say_where_and_see_what_was_sent(
    on_sale: dict, server: SandboxServer, control: SandboxControl, receiver: Receiver
):
    body = {"channel": "line_shop", "account": "shop1", "url": receiver.url, "secret": SECRET}
    assert httpx.post(f"{server.url}/_sandbox/webhooks", json=body, trust_env=False).status_code == 200
    control.buy(*SHOP, "P-1", pay=False)
    receiver.wait_for(1)

    shown = httpx.get(f"{server.url}/_sandbox/webhooks", trust_env=False)

    assert {one["name"] for one in shown.json()["deliveries"]} <= {"ORDER.PENDING_PAYMENT"}
    assert SECRET not in shown.text


def test_the_address_survives_a_restart(start: Callable, square: str, tmp_path: Path, receiver: Receiver):
    first, clients = start(state_file=tmp_path / "state.json")
    made = clients.line.create(square).json()
    clients.line.call("POST", f"products/{made['id']}/display-status/onsale")
    first.control.call(callback(receiver))
    first.__exit__(None, None, None)

    second, _ = start(state_file=tmp_path / "state.json")
    second.control.buy(*SHOP, "P-1", pay=False)

    assert receiver.events(1) == ["ORDER.PENDING_PAYMENT"]
