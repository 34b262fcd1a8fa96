"""A buffer that sizes itself counts what others sold in two weeks, and how fast its own channel follows."""

from datetime import timedelta

import pytest

from schemas.ids import Sku, VariantId
from syndicator.store.pushes import Push
from syndicator.usecases.record_orders import record_orders
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import SHOP
from tests.support.order_channel import an_account, an_order

DAY = timedelta(days=1)


@pytest.fixture
def app(database_url):
    core = CoreApp(database_url)
    core.connect("shop", can=SHOP)
    core.connect("stall", can=SHOP)
    core.submit(goods("P-1"), goods("P-2"), stock=1_000)
    core.run_until_quiet()
    core.clock.advance(30 * DAY)
    yield core
    core.close()


def sold(app: CoreApp, account: str, reference: str, units: int, ago: timedelta) -> None:
    with app.database.begin() as uow:
        record_orders(
            uow,
            an_account(app.account_id(account), app.seller_id, account),
            [an_order(reference, units, placed_at=app.clock.now() - ago)],
            now=app.clock.now(),
        )


def pushed(app: CoreApp, *, seen_after: timedelta | None, ago: timedelta = DAY) -> None:
    listing = app.listing("P-1", "shop")
    changed_at = app.clock.now() - ago
    push = Push(
        listing_id=listing.id,
        account_id=listing.account_id,
        units={Sku("P-1"): 1},
        changed_at=changed_at,
        sent_at=changed_at + timedelta(minutes=1),
        seen_at=None if seen_after is None else changed_at + seen_after,
    )
    with app.database.begin() as uow:
        uow.pushes.record([push])


def buffer(app: CoreApp, sku: str = "P-1", account: str = "shop"):
    variant_id = VariantId(app.value("SELECT id FROM variant WHERE sku = :sku", sku=sku))
    with app.database.begin() as uow:
        return uow.demand.auto_buffers(app.account_id(account), [variant_id], now=app.clock.now())[variant_id]


def test_it_counts_what_other_accounts_sold_in_two_weeks_and_the_slowest_changes_seen(app):
    sold(app, "stall", "A", 100, DAY)
    sold(app, "stall", "B", 68, 13 * DAY)
    sold(app, "stall", "C", 500, 15 * DAY)
    sold(app, "shop", "D", 500, DAY)
    pushed(app, seen_after=timedelta(hours=2))
    pushed(app, seen_after=timedelta(hours=90), ago=20 * DAY)

    found = buffer(app)

    assert found.demand_per_hour == 0.5
    assert found.delay == timedelta(hours=2)
    assert found.units == 4
    assert buffer(app, "P-2").units == 0


def test_where_a_change_was_never_seen_the_time_until_it_was_sent_stands_in(app):
    pushed(app, seen_after=None)

    assert buffer(app).delay == timedelta(minutes=1)


def test_without_any_measurement_there_is_none(app):
    sold(app, "stall", "A", 100, DAY)

    assert (buffer(app).delay, buffer(app).units) == (None, 0)
