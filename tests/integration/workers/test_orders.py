"""Accounts that are due for their orders are handed out by the leading scheduler and asked by the workers."""

import time
from collections.abc import Callable
from datetime import timedelta

from dramatiq.brokers.redis import RedisBroker

from syndicator.bootstrap import App
from tests.integration.workers.conftest import working
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import SHOP
from tests.support.order_channel import an_order, give_orders
from workers.accounts import handing_out_accounts
from workers.actors import declare_orders_actor
from workers.broker import BrokerWakeUps

PATIENCE_S = 20


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_a_due_account_is_asked_and_its_orders_move_the_stock(
    core: CoreApp, app: App, broker: RedisBroker
) -> None:
    core.connect("shop", can=SHOP)
    core.submit(goods("P-1"), stock=10)
    books = give_orders(core, "shop")
    books["shop"].told = [an_order("A", 3, placed_at=core.clock.now())]
    app.__dict__["adapters"] = core.adapters
    declare_orders_actor(broker, app)

    with working(broker), handing_out_accounts(app, BrokerWakeUps(broker), lambda: 4):
        until(lambda: core.value("SELECT orders_read_at FROM channel_account") is not None)

    assert core.value("SELECT available FROM stock_level") == 7
    due = core.value("SELECT orders_due_at FROM channel_account") - core.clock.now()
    assert timedelta(seconds=50) < due < timedelta(seconds=70)
