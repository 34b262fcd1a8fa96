"""Events are handed out by the leading scheduler and delivered by the workers."""

import json

from dramatiq.brokers.redis import RedisBroker

from schemas.ids import Sku
from syndicator.bootstrap import App
from syndicator.usecases.stock import count_stock
from tests.integration.workers.conftest import working
from tests.support.app import CoreApp, goods
from tests.support.events import Telling, loopback_sender, opened
from tests.support.fake_channel import SHOP
from tests.support.waiting import wait_until
from tests.support.webhook_receiver import webhook_receiver
from workers.actors import declare_webhook_actor
from workers.broker import BrokerWakeUps
from workers.events import telling_others


def test_a_change_of_stock_is_told_by_a_worker_within_moments(
    core: CoreApp, app: App, broker: RedisBroker
) -> None:
    core.connect("shop", can=SHOP)
    app.__dict__["webhook_sender"] = loopback_sender()
    declare_webhook_actor(broker, app)
    with webhook_receiver() as receiver:
        _, secret = Telling(core, app.webhook_sender).subscribe(receiver.url)
        with working(broker), telling_others(app, BrokerWakeUps(broker), lambda: 4):
            core.submit(goods("P-1"), stock=6)
            (request,) = receiver.wait_for(1, seconds=20)

    assert opened(request, secret)["data"]["available"] == 6
    app.webhook_sender.close()


def test_no_event_is_left_behind_while_events_are_written_down_and_delivered_at_once(
    core: CoreApp, app: App, broker: RedisBroker
) -> None:
    skus = [Sku(f"P-{n}") for n in range(20)]
    core.connect("shop", can=SHOP)
    core.submit(*(goods(sku) for sku in skus), stock=1)
    app.__dict__["webhook_sender"] = loopback_sender()
    declare_webhook_actor(broker, app)
    with webhook_receiver() as receiver:
        Telling(core, app.webhook_sender).subscribe(receiver.url)
        with working(broker), telling_others(app, BrokerWakeUps(broker), lambda: 4):
            for units in range(2, 12):
                for sku in skus:
                    count_stock(
                        core.seller_id,
                        {sku: units},
                        reference=f"{sku}-{units}",
                        database=core.database,
                        clock=core.clock,
                    )
            wait_until(lambda: waiting(core) == 0, "everything is delivered", within_s=60)

    told: dict[str, list[int]] = {}
    for request in receiver.requests:
        data = json.loads(request.body)["data"]
        told.setdefault(data["sku"], []).append(data["available"])
    assert set(told) == set(skus)
    assert all(figures == sorted(set(figures)) and figures[-1] == 11 for figures in told.values())
    app.webhook_sender.close()


def waiting(core: CoreApp) -> int:
    """Count what is not written down or not delivered yet."""
    return int(
        core.value(
            "SELECT (SELECT count(*) FROM event_out WHERE fanned_at IS NULL)"
            " + (SELECT count(*) FROM webhook_delivery WHERE due_at IS NOT NULL)"
        )
    )
