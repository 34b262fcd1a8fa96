"""Accounts that are due are handed out by the leading scheduler, and worked on by the workers over a queue of their own."""

import time
from collections.abc import Callable
from datetime import timedelta

from dramatiq.brokers.redis import RedisBroker

from schemas.channel import Verb
from syndicator.bootstrap import App
from syndicator.usecases.dispatch_accounts import LooksOut
from tests.integration.workers.conftest import working
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import MARKET
from tests.support.fake_observed import ObservedChannel, connect_observed
from tests.support.sweeps import drifts, report
from workers.accounts import hand_out_accounts, handing_out_accounts
from workers.actors import declare_sweep_actors
from workers.broker import BrokerWakeUps

PATIENCE_S = 20


def on_sale(core: CoreApp, name: str = "page") -> ObservedChannel:
    channel = connect_observed(core, name, can=MARKET)
    core.submit(goods(), accounts=[core.account_id(name)])
    core.run_once()
    channel.calls.clear()
    return channel


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_a_due_account_is_swept_and_a_due_look_is_looked_at(
    core: CoreApp, app: App, broker: RedisBroker
) -> None:
    channel = on_sale(core)
    channel.edit("P-1", prices={"P-1": 100})
    declare_sweep_actors(broker, app)

    with working(broker), handing_out_accounts(app, BrokerWakeUps(broker), lambda: 2):
        until(lambda: channel.count(Verb.FIND) >= 1 and report(core).ended_at is not None)
        core.execute("UPDATE listing SET look_at = now()")
        until(lambda: channel.count(Verb.FETCH) >= 1 and core.listing().look_at is None)

    assert [row.kind for row in drifts(core)] == ["price_edited"]
    due = core.value("SELECT sweep_due_at FROM channel_account") - core.clock.now()
    assert timedelta(hours=5) < due < timedelta(hours=7)


def test_few_sweeps_are_out_at_once(core: CoreApp, app: App, broker: RedisBroker) -> None:
    for number in range(5):
        connect_observed(core, f"page-{number}", can=MARKET)
    wake_ups = BrokerWakeUps(broker)

    assert [hand_out_accounts(app, wake_ups, LooksOut(), threads) for threads in (8, 8, 16, 32)] == [
        1,
        0,
        1,
        2,
    ]


def test_a_broker_that_is_down_costs_one_lease_time(core: CoreApp, app: App) -> None:
    on_sale(core)
    core.wake_ups.is_down = True
    with handing_out_accounts(app, core.wake_ups, lambda: 2):
        until(lambda: core.value("SELECT sweep_lease_token FROM channel_account") is not None)

    assert core.value("SELECT sweep_due_at FROM channel_account") > core.clock.now()
