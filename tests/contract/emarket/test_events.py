"""Webhooks as the sandbox's market sends them, through the reader that stands in the registry."""

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.emarket import EMARKET
from adapters.settings import EmarketSettings
from adapters.testing.sandbox.hooks import register
from adapters.testing.sandbox.market import editing
from adapters.testing.sandbox.market import orders as buyers
from adapters.webhooks import InboundEvent, WebhookRefused, WebhookRequest
from schemas.channel import Credentials
from tests.contract.emarket.stall import Stall
from tests.support.shops import sandbox_account
from tests.support.webhook_receiver import Receiver, webhook_receiver

ACCOUNT = sandbox_account("emarket")


@pytest.fixture
def receiver(stall: Stall) -> Iterator[Receiver]:
    with webhook_receiver() as running:
        asked = {"channel": "emarket", "account": ACCOUNT.external_id, "url": running.url, "copies": 2}
        stall.control.run(lambda sandbox: register(sandbox.hooks, asked))
        yield running


def read(request: WebhookRequest, credentials: dict[str, str] = ACCOUNT.credentials) -> InboundEvent:
    assert EMARKET.webhooks is not None
    (event,) = EMARKET.webhooks.read(
        request,
        settings=EmarketSettings(),
        account_settings=ACCOUNT.settings,
        credentials=Credentials(credentials),
    )
    return event


def test_an_order_asks_for_a_poll_and_its_second_copy_is_known_again(
    stall: Stall, receiver: Receiver
) -> None:
    stall.publish(stall.render())
    stall.control.run(
        lambda sandbox: buyers.place(sandbox, ACCOUNT.external_id, {"UTT-BNB-100": 1}, is_paid=True)
    )

    told = [read(request) for request in receiver.wait_for(4)]

    assert all(event.asks_for_orders for event in told)
    assert len({event.key for event in told}) == 2


def test_a_listing_edited_by_hand_is_named(stall: Stall, receiver: Receiver) -> None:
    receipt = stall.publish(stall.render())
    asked: dict[str, Any] = {"account": ACCOUNT.external_id, "listing": "UTT-BNB-100", "stock": 1}
    stall.control.run(lambda sandbox: editing.edit(sandbox, asked))

    told = read(receiver.wait_for(1)[0])

    assert (list(told.touched), told.asks_for_orders) == ([receipt.external_id], False)


def test_an_account_with_another_secret_believes_nothing(stall: Stall, receiver: Receiver) -> None:
    stall.publish(stall.render())
    stall.control.run(
        lambda sandbox: buyers.place(sandbox, ACCOUNT.external_id, {"UTT-BNB-100": 1}, is_paid=False)
    )

    with pytest.raises(WebhookRefused):
        read(receiver.wait_for(1)[0], {**ACCOUNT.credentials, "app_secret": "another"})
