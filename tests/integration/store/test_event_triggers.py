"""The database writes an event for whatever happens, whoever made it happen, and only where somebody wants it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from schemas.channel import Verb
from schemas.ids import Sku
from schemas.product import Status
from syndicator.usecases.record_orders import record_orders
from syndicator.usecases.stock import count_stock
from tests.support.app import CoreApp, goods
from tests.support.events import subscribe
from tests.support.fake_channel import SHOP, Fault
from tests.support.order_channel import an_account, an_order


@pytest.fixture
def app(database_url: str) -> Iterator[CoreApp]:
    core = CoreApp(database_url)
    core.connect("shop", can=SHOP)
    yield core
    core.close()


def events(app: CoreApp) -> list[sa.Row[Any]]:
    return app.rows("SELECT * FROM event_out ORDER BY id")


def types(app: CoreApp) -> list[str]:
    return [one.type for one in events(app)]


def order(app: CoreApp, *skus: str, reference: str = "SO-1") -> None:
    found = an_order(reference, 2, placed_at=app.clock.now())
    lines = tuple(replace(found.lines[0], reference=str(n), sku=Sku(sku)) for n, sku in enumerate(skus))
    with app.database.begin() as uow:
        account = an_account(app.account_id("shop"), app.seller_id, "shop")
        record_orders(uow, account, [replace(found, lines=lines)], now=app.clock.now())


def test_nothing_is_written_where_nobody_wants_it(app: CoreApp) -> None:
    app.submit(goods())
    app.run_until_quiet()
    order(app, "P-1")

    assert types(app) == []


def test_a_product_put_on_sale_tells_of_its_stock_and_of_its_listing(app: CoreApp) -> None:
    subscribe(app, seller_id=app.seller_id)

    app.submit(goods(), stock=7)
    app.run_until_quiet()

    stock, live = events(app)
    assert (stock.type, stock.facts) == (
        "stock.changed",
        {"seller": "A", "sku": "P-1", "on_hand": 7, "held": 0, "owed": 0, "available": 7},
    )
    listing = app.listing(account="shop")
    assert (live.type, live.facts) == (
        "listing.live",
        {
            "seller": "A",
            "sku": "P-1",
            "account": "shop",
            "channel": "fake",
            "state": "live",
            "external_id": listing.external_id,
            "permalink": listing.permalink,
            "problems": [],
        },
    )


def test_a_listing_that_is_refused_tells_what_is_wrong_in_both_languages(app: CoreApp) -> None:
    subscribe(app, "listing.needs_attention", seller_id=app.seller_id)
    app.adapters.channels["shop"].order(Verb.PUBLISH, Fault.REJECTED)

    app.submit(goods())
    app.run_until_quiet()

    (event,) = events(app)
    assert event.type == "listing.needs_attention"
    assert event.facts["problems"] == app.listing(account="shop").problems
    assert {"code", "th", "en"} <= set(event.facts["problems"][0])


def test_a_listing_that_is_taken_off_tells_once(app: CoreApp) -> None:
    subscribe(app, "listing.withdrawn", seller_id=app.seller_id)
    app.submit(goods())
    app.run_until_quiet()

    app.submit(goods(status=Status.HIDDEN))
    app.run_until_quiet()

    (event,) = events(app)
    assert (event.type, event.facts["state"]) == ("listing.withdrawn", "stopped")


def test_an_order_tells_its_lines_and_nothing_of_the_buyer_once(app: CoreApp) -> None:
    app.submit(goods("P-1"), goods("P-2"))
    subscribe(app, "order.received", seller_id=app.seller_id)

    order(app, "P-1", "P-2")
    order(app, "P-1", "P-2")

    (event,) = events(app)
    placed_at = event.facts.pop("placed_at")
    assert placed_at.startswith(app.clock.now().strftime("%Y-%m-%dT%H:%M"))
    assert event.facts == {
        "seller": "A",
        "account": "shop",
        "channel": "fake",
        "order": "SO-1",
        "state": "paid",
        "lines": [{"sku": "P-1", "units": 2}, {"sku": "P-2", "units": 2}],
    }


def test_a_stock_change_tells_the_free_units_and_a_change_that_frees_none_tells_nothing(app: CoreApp) -> None:
    app.submit(goods(), stock=5)
    subscribe(app, "stock.changed", seller_id=app.seller_id)

    for number, units in enumerate((4, 4, 9)):
        count_stock(
            app.seller_id, {Sku("P-1"): units}, reference=str(number), database=app.database, clock=app.clock
        )

    assert [one.facts["available"] for one in events(app)] == [4, 9]
    assert len({one.subject for one in events(app)}) == 1


def test_an_account_that_must_be_connected_again_tells_why(app: CoreApp) -> None:
    subscribe(app, "account.needs_reauth", seller_id=app.seller_id)
    app.adapters.channels["shop"].order(Verb.PUBLISH, Fault.AUTH_EXPIRED)

    app.submit(goods("P-1"), goods("P-2"))
    app.run_until_quiet()

    (event,) = events(app)
    assert (event.facts["account"], event.facts["state"]) == ("shop", "needs_reauth")
    assert event.facts["problems"][0]["code"] == "auth"
    assert "TOPSECRET" not in str(event.facts)


def test_what_is_rolled_back_tells_nothing(app: CoreApp) -> None:
    subscribe(app)
    app.submit(goods())
    before = types(app)

    with app.database.engine.connect() as connection:
        connection.execute(sa.text("UPDATE stock_level SET on_hand = 1"))
        connection.rollback()

    assert types(app) == before


def test_a_subscription_hears_of_its_own_sellers_and_types_alone(app: CoreApp) -> None:
    with app.database.begin() as uow:
        centre, other_centre = uow.sellers.ensure_centre("C-1"), uow.sellers.ensure_centre("C-2")
        stranger = uow.accounts.ensure_seller("B")
        uow.connection.execute(
            sa.text("UPDATE seller SET centre_id = :centre WHERE code = 'A'"), {"centre": centre}
        )
    subscribe(app, "stock.changed", seller_id=stranger)
    subscribe(app, "stock.changed", centre_id=other_centre)
    subscribe(app, "listing.live")
    app.submit(goods("P-1"))
    assert types(app) == []

    subscribe(app, "stock.changed", centre_id=centre)
    app.submit(goods("P-2"))

    assert types(app) == ["stock.changed"]


@pytest.mark.parametrize(("reason", "kept"), [("person", 1), ("failing", 1), ("gone", 0)])
def test_a_paused_subscription_is_kept_events_for_and_one_that_is_gone_is_not(
    app: CoreApp, reason: str, kept: int
) -> None:
    subscribe(app, "stock.changed", paused_reason=reason)

    app.submit(goods())

    assert len(events(app)) == kept
