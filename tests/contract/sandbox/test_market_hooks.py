import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox import SandboxOptions, SandboxServer, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.market.event_signing import sign_event
from tests.contract.sandbox.clients import Market, clients_of
from tests.contract.sandbox.test_market_orders import Buyer
from tests.support.webhook_receiver import Receiver, webhook_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def buyer(server: SandboxServer, http: httpx.Client, market: Market, square: str) -> Buyer:
    market.create(square)
    return Buyer(server, http)


def bodies(requests: list[Any]) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in requests]


def statuses(requests: list[Any]) -> list[str]:
    return [body["data"]["order_status"] for body in bodies(requests)]


def test_the_signature_of_the_fact_sheet():
    """The vector of emarkets.md §4.4."""
    body = (
        b'{"seller_id":"1234567","message_type":0,"data":{"order_status":"unpaid","trade_order_id":"1",'
        b'"trade_order_line_id":"2","status_update_time":1603698638},"timestamp":1603766859530,"site":"lazada_th"}'
    )

    signature = "00c3532767ee4bb7877766b46bcb011add614fa6cad4b01fa210ec28ea3e079d"
    assert sign_event(body, secret="helloworld", app_key="123456") == signature


def test_each_change_of_a_unit_is_told_and_signed_over_the_raw_body(buyer: Buyer, receiver: Receiver):
    assert buyer.ask("/webhooks", url=receiver.url, secret="of-this-shop").status_code == 200

    bought = buyer.buy(1, pay=False).json()
    (request,) = receiver.wait_for(1)

    assert request.headers["authorization"] == sign_event(request.body, secret="of-this-shop")
    (body,) = bodies([request])
    assert (body["message_type"], body["seller_id"]) == (0, "market1")
    assert body["data"] | {"status_update_time": 0} == {
        "order_status": "unpaid",
        "trade_order_id": bought["order"],
        "trade_order_line_id": bought["rows"][0],
        "status_update_time": 0,
    }


def test_without_a_secret_the_applications_own_signs(buyer: Buyer, receiver: Receiver):
    buyer.ask("/webhooks", url=receiver.url)

    buyer.buy(1, pay=False)

    (request,) = receiver.wait_for(1)
    assert request.headers["authorization"] == sign_event(request.body)


def test_an_edit_by_hand_is_told_and_a_change_through_the_interface_only_if_so_switched(
    buyer: Buyer, receiver: Receiver, market: Market
):
    buyer.ask("/webhooks", url=receiver.url)
    market.call("POST", "/product/stock", {"items": [{"sku": "P-1", "sellable": 3}]})
    buyer.ask("/edit", sku="P-1", changes={"stock": 1})

    (body,) = bodies(receiver.wait_for(1))

    assert body["message_type"] == 4
    assert set(body["data"]) == {"item_id", "update_time"}


def test_a_market_may_echo_our_own_changes(receiver: Receiver, square: str, http: httpx.Client):
    with SandboxServer(SandboxOptions(market_echo=True)) as server:
        market = clients_of(server, sandbox_accounts(1), http).market
        Buyer(server, http).ask("/webhooks", url=receiver.url)

        market.create(square)
        market.call("POST", "/product/stock", {"items": [{"sku": "P-1", "sellable": 3}]})

        told = {body["message_type"] for body in bodies(receiver.wait_for(2))}
    assert told == {3, 4}


def test_events_may_come_twice(buyer: Buyer, receiver: Receiver):
    buyer.ask("/webhooks", url=receiver.url, copies=2)

    buyer.buy(1, pay=False)

    assert len({request.body for request in receiver.wait_for(2)}) == 1


def test_events_may_get_lost(buyer: Buyer, receiver: Receiver, control: SandboxControl):
    buyer.ask("/webhooks", url=receiver.url, loss=1.0)

    buyer.buy(1, pay=False)

    assert control.run(lambda sandbox: sandbox.hooks.sent) == 0


def test_events_may_overtake_each_other(buyer: Buyer, receiver: Receiver):
    buyer.ask("/webhooks", url=receiver.url, reorder=True)

    for _ in range(7):
        buyer.buy(1, pay=False)

    orders = [body["data"]["trade_order_id"] for body in bodies(receiver.wait_for(7))]
    assert len(set(orders)) == 7
    assert orders != sorted(orders)


def test_what_was_not_taken_comes_again_after_half_an_hour(
    buyer: Buyer, receiver: Receiver, control: SandboxControl
):
    buyer.ask("/webhooks", url=receiver.url)
    receiver.status = 500
    buyer.buy(1, pay=False)
    (first,) = receiver.wait_for(1)
    receiver.status = 200

    control.advance(1_801)

    assert [request.body for request in receiver.wait_for(2)][1] == first.body


def test_an_answer_that_comes_too_late_is_none(buyer: Buyer, receiver: Receiver, control: SandboxControl):
    buyer.ask("/webhooks", url=receiver.url, patience_s=0.05)
    receiver.slow_s = 0.3
    buyer.buy(1, pay=False)
    receiver.wait_for(1)
    time.sleep(0.3)

    assert control.run(lambda sandbox: (sandbox.hooks.sent, sandbox.hooks.taken)) == (1, 0)
    assert len(control.run(lambda sandbox: sandbox.hooks.state.waiting)) == 1


def test_an_address_that_is_gone_is_no_fault_of_the_buyer(buyer: Buyer, control: SandboxControl):
    with webhook_receiver() as gone:
        buyer.ask("/webhooks", url=gone.url)

    assert buyer.buy(1).status_code == 200


def test_nobody_is_told_once_the_address_is_taken_back(buyer: Buyer, receiver: Receiver, control: Any):
    buyer.ask("/webhooks", url=receiver.url)
    assert buyer.ask("/webhooks", url="").status_code == 200

    buyer.buy(1)

    assert control.run(lambda sandbox: sandbox.hooks.sent) == 0


def test_only_loopback_is_called(buyer: Buyer):
    assert buyer.ask("/webhooks", url="http://192.0.2.1/hook").status_code == 400
    assert buyer.ask("/webhooks", channel="instagram", url="http://127.0.0.1:1/hook").status_code == 400


def test_addresses_survive_a_restart(tmp_path: Path, square: str, http: httpx.Client, receiver: Receiver):
    options = SandboxOptions(state_file=tmp_path / "state.json")
    with SandboxServer(options) as server:
        clients_of(server, sandbox_accounts(1), http).market.create(square)
        Buyer(server, http).ask("/webhooks", url=receiver.url)
    with SandboxServer(options) as server:
        Buyer(server, http).buy(1, pay=False)

        assert statuses(receiver.wait_for(1)) == ["unpaid"]
