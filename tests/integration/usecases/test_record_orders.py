"""Orders move the ledger once, whatever comes twice, late or at the same time; what was not there is found out."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.ids import Sku
from schemas.orders import ChannelOrder, OrderState
from schemas.product import Variant
from syndicator.domain.orders import MOST_OF_A_LINE
from syndicator.domain.stock import MOST_UNITS
from syndicator.store.pushes import Push
from syndicator.usecases.record_orders import REFUSED, UNKNOWN, apply_unknown_lines_of, record_orders
from syndicator.usecases.stock import Reason, adjust_stock, count_stock
from tests.support.app import CoreApp, goods
from tests.support.factories import NOON, make_variant
from tests.support.fake_channel import SHOP
from tests.support.order_channel import an_account, an_order

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
P1 = Sku("P-1")


@pytest.fixture
def shops(app: CoreApp) -> CoreApp:
    """Two shops that list P-1 and P-2, of which there are ten each, counted a while ago."""
    app.connect("shop", can=SHOP)
    app.connect("stall", can=SHOP)
    app.submit(goods("P-1"), goods("P-2"), stock=10)
    app.run_until_quiet()
    app.clock.advance(HOUR)
    return app


def record(app: CoreApp, *orders: ChannelOrder, account: str = "shop") -> None:
    with app.database.begin() as uow:
        record_orders(
            uow,
            an_account(app.account_id(account), app.seller_id, account),
            list(orders),
            now=app.clock.now(),
        )


def sold(app: CoreApp, reference: str = "SO-1", units: int = 1, **more) -> ChannelOrder:
    """An order placed a minute ago."""
    return an_order(reference, units, **{"placed_at": app.clock.now() - MINUTE, **more})


def level(app: CoreApp, sku: str = "P-1") -> tuple[int, int, int]:
    """Return on hand, promised and owed; the movements must add up to it."""
    (row,) = app.rows(
        "SELECT l.on_hand, l.promised, l.owed, m.h, m.p FROM stock_level l JOIN variant v ON v.id = l.variant_id"
        " JOIN (SELECT variant_id, sum(on_hand_change) AS h, sum(promised_change) AS p FROM stock_movement"
        " GROUP BY variant_id) m ON m.variant_id = v.id WHERE v.sku = :sku",
        sku=sku,
    )
    assert (row.on_hand, row.promised) == (row.h, row.p)
    return row.on_hand, row.promised, row.owed


def kinds(app: CoreApp, sku: str = "P-1") -> list[str]:
    """Return the kinds of movements that orders made, oldest first."""
    rows = app.rows(
        "SELECT m.kind FROM stock_movement m JOIN variant v ON v.id = m.variant_id"
        " WHERE v.sku = :sku AND m.source LIKE 'account:%' ORDER BY m.id",
        sku=sku,
    )
    return [row.kind for row in rows]


def notices(app: CoreApp) -> list[str]:
    return [one.kind for one in app.rows("SELECT kind FROM notice WHERE answered_at IS NULL ORDER BY id")]


def oversells(app: CoreApp, *, closed: bool = False):
    with app.database.begin() as uow:
        return [one.oversold for one in uow.oversells.newest(with_closed=closed, limit=50)]


def adjust(app: CoreApp, by: int) -> None:
    adjust_stock(
        app.seller_id,
        {P1: by},
        reason=Reason.FOUND,
        reference=f"found {app.clock.now()}",
        database=app.database,
        clock=app.clock,
    )


def test_an_order_promises_its_units_and_every_channel_hears_of_it(shops):
    record(shops, sold(shops, units=3))

    assert level(shops) == (10, 3, 0)
    for account in ("shop", "stall"):
        listing = shops.listing("P-1", account)
        assert (listing.lane, listing.due_at, listing.stock_changed_at) == (0, *[shops.clock.now()] * 2)
    assert shops.listing("P-2", "stall").due_at is None


def test_what_an_account_shows_and_holds_goes_into_the_json_of_a_call(shops):
    record(shops, sold(shops, units=3))
    (product,) = shops.rows("SELECT id FROM product WHERE sku = 'P-1'")

    with shops.database.begin() as uow:
        figure = uow.showing.shown_of(shops.account_id("shop"), product.id)[P1]

    assert json.dumps([figure.units, figure.held]) == "[7, 3]"


def test_the_same_report_again_writes_nothing(shops):
    order = sold(shops, units=3, shipped=1)
    record(shops, order, order)
    shops.run_until_quiet()

    record(shops, order)

    assert level(shops) == (9, 2, 0)
    assert kinds(shops) == ["order", "ship"]
    assert shops.listing("P-1", "stall").due_at is None


def test_reports_may_come_in_any_order(shops):
    placed, later = shops.clock.now() - 5 * MINUTE, shops.clock.now() - MINUTE
    shipped = sold(shops, units=5, shipped=3, cancelled=1, placed_at=placed, updated_at=later)
    first = sold(shops, units=5, placed_at=placed)

    record(shops, replace(shipped, state=OrderState.SHIPPED))
    record(shops, first)

    assert level(shops) == (7, 1, 0)
    (row,) = shops.rows("SELECT state, updated_at FROM channel_order")
    assert (row.state, row.updated_at) == ("shipped", later), "the older report says nothing new"


def test_a_whole_life_of_an_order_in_one_batch_and_step_by_step_are_the_same(shops):
    now = shops.clock.now()
    life = [
        an_order("SO-1", 4, placed_at=now - HOUR, **counters, updated_at=now - (40 - n) * MINUTE)
        for n, counters in enumerate(
            (
                {},
                {"cancelled": 1},
                {"cancelled": 1, "shipped": 3},
                {"cancelled": 1, "shipped": 3, "returned": 2},
            )
        )
    ]
    record(shops, *reversed(life))
    for one in life:
        record(shops, replace(one, reference="SO-2"), account="stall")

    assert level(shops) == (10 - 2 * 3 + 2 * 2, 0, 0)
    assert sorted(kinds(shops)) == sorted(2 * ["order", "cancel", "ship", "return"])


def test_many_hands_report_the_same_orders_and_each_counts_once(shops):
    orders = [
        sold(shops, f"SO-{n}", 1, sku=f"P-{n % 2 + 1}", shipped=int(n % 3 == 0), line=f"{n}")
        for n in range(8)
    ]
    failures: list[BaseException] = []

    def hand(turned: list[ChannelOrder], account: str) -> None:
        try:
            for _ in range(3):
                record(shops, *turned, account=account)
        except BaseException as exc:  # noqa: BLE001 - told to the test
            failures.append(exc)

    hands = [
        threading.Thread(target=hand, args=(turned, account))
        for account in ("shop", "stall")
        for turned in (orders, orders[::-1])
    ]
    for one in hands:
        one.start()
    for one in hands:
        one.join(timeout=60)

    assert failures == []
    shipped = {
        sku: sum(o.lines[0].shipped for o in orders if o.lines[0].sku == sku) for sku in ("P-1", "P-2")
    }
    for sku, units in shipped.items():
        assert level(shops, sku) == (10 - 2 * units, 2 * (4 - units), 0)


def test_a_listing_names_what_was_sold_whatever_code_the_channel_carries(shops):
    external_id = shops.listing("P-2", "shop").external_id

    record(shops, sold(shops, units=2, sku="", external_id=external_id))
    record(shops, sold(shops, "SO-2", units=1, sku="P-2", external_id="removed long ago"))

    assert level(shops, "P-2") == (10, 3, 0)
    assert notices(shops) == []


def test_the_same_listing_of_another_account_names_nothing(shops):
    external_id = shops.listing("P-2", "shop").external_id
    shops.execute(
        "UPDATE listing SET external_id = 'elsewhere' WHERE account_id = :a", a=shops.account_id("stall")
    )

    record(shops, sold(shops, sku="", external_id=external_id), account="stall")

    assert level(shops, "P-2") == (10, 0, 0)
    assert notices(shops) == [UNKNOWN]


def test_an_unknown_code_is_kept_told_once_and_applied_once_the_code_is_stored(shops):
    record(shops, sold(shops, units=3, shipped=1, sku="NEW"), sold(shops, "SO-2", units=2))
    record(shops, sold(shops, "SO-3", units=4, sku="NEW"))
    assert level(shops) == (10, 2, 0)
    assert notices(shops) == [UNKNOWN]

    shops.clock.advance(HOUR)
    shops.submit(goods("NEW"), stock=20)

    assert level(shops, "NEW") == (20, 6, 0), "what was shipped before the count is in its figure already"
    assert notices(shops) == []
    shops.submit(goods("NEW"), stock=20)
    assert level(shops, "NEW") == (20, 6, 0)
    (row,) = shops.rows("SELECT count(*) AS n FROM channel_order_line WHERE variant_id IS NULL")
    assert row.n == 0


def test_an_unknown_line_that_is_cancelled_meanwhile_moves_nothing(shops):
    record(shops, sold(shops, units=3, sku="NEW"))
    record(shops, sold(shops, units=3, sku="NEW", cancelled=3, updated_at=shops.clock.now()))

    shops.submit(goods("NEW"), stock=20)

    assert level(shops, "NEW") == (20, 0, 0)


def test_a_new_variant_of_a_known_product_finds_its_orders(shops):
    record(shops, sold(shops, units=3, sku="P-1-RED"))

    variants: tuple[Variant, ...] = tuple(
        make_variant(sku, media=(), options=(colour,)) for sku, colour in (("P-1", "ดำ"), ("P-1-RED", "แดง"))
    )
    shops.submit(goods("P-1", variants=variants, options=("สี",)), stock=5)

    assert level(shops, "P-1-RED") == (5, 3, 0)
    assert shops.listing("P-1", "stall").due_at == shops.clock.now()


def test_an_order_of_a_listing_that_becomes_known_later_is_applied_then(shops):
    record(shops, sold(shops, units=3, sku="", external_id="4711"))
    account = an_account(shops.account_id("shop"), shops.seller_id, "shop")
    with shops.database.begin() as uow:
        apply_unknown_lines_of(uow, account, shops.clock.now())
    assert notices(shops) == [UNKNOWN]

    shops.execute(
        "UPDATE listing SET external_id = '4711' WHERE id = :id", id=shops.listing("P-1", "shop").id
    )
    with shops.database.begin() as uow:
        apply_unknown_lines_of(uow, account, shops.clock.now())

    assert level(shops) == (10, 3, 0)
    assert notices(shops) == []


def test_an_order_from_before_the_first_count(shops):
    """Shipped before: it is gone from the figure. Open: its units stand on the shelf and were counted."""
    long_ago = NOON - 3 * timedelta(days=1)

    record(
        shops,
        an_order("SO-1", 2, shipped=2, placed_at=long_ago),
        an_order("SO-2", 3, placed_at=long_ago),
    )

    assert level(shops) == (10, 3, 0)


def test_what_was_never_counted_is_accounted_for_when_it_is_shipped(shops):
    shops.execute("DELETE FROM stock_level")
    shops.execute("DELETE FROM stock_movement")

    record(shops, sold(shops, units=2, shipped=2))

    assert level(shops) == (0, 0, 0)
    assert kinds(shops) == ["order", "difference", "ship"]


@pytest.mark.parametrize("known", [True, False])
def test_absurd_quantities_are_refused_told_and_move_nothing(shops, known):
    if known:
        record(shops, sold(shops, units=2))

    record(shops, sold(shops, units=MOST_OF_A_LINE + 1), sold(shops, "SO-2", units=1))

    assert level(shops) == (10, 2 + 1 if known else 1, 0)
    assert notices(shops) == [REFUSED]


def test_more_than_anybody_has_is_refused_whoever_asks_how_often(shops):
    shops.execute("UPDATE stock_level SET promised = :n", n=MOST_UNITS - 1)

    record(shops, sold(shops, units=2), sold(shops, "SO-2", units=1, sku="P-2"))

    assert notices(shops) == [REFUSED]
    assert shops.value("SELECT count(*) FROM channel_order_line") == 1


def test_the_last_unit_sold_twice_is_an_oversell_that_says_how_late_the_channel_knew(shops):
    count_stock(shops.seller_id, {P1: 1}, reference="c", database=shops.database, clock=shops.clock)
    shops.run_until_quiet()
    told_at = shops.clock.now()
    shops.clock.advance(10 * MINUTE)
    first, second = shops.clock.now(), shops.clock.now() + 40 * timedelta(seconds=1)
    shops.clock.advance(5 * MINUTE)

    record(shops, an_order("SO-1", 1, placed_at=first), account="shop")
    record(shops, an_order("SO-2", 1, placed_at=second), account="stall")

    assert level(shops) == (1, 2, 1)
    (found,) = oversells(shops)
    assert (found.account, found.order, found.sku, found.units) == ("stall", "SO-2", "P-1", 1)
    assert (found.stock_changed_at, found.placed_at) == (first, second)
    assert found.told_at is not None
    assert found.told_at <= told_at
    assert found.delay == 40 * timedelta(seconds=1)


def test_a_channel_that_was_told_in_time_is_said_to_have_been(shops):
    record(shops, sold(shops, units=10), account="shop")
    gone_at, placed_at = shops.clock.now() - MINUTE, shops.clock.now() + MINUTE
    listing = shops.listing("P-1", "stall")
    with shops.database.begin() as uow:
        push = Push(
            listing_id=listing.id,
            account_id=listing.account_id,
            units={P1: 0},
            changed_at=gone_at,
            sent_at=shops.clock.now(),
            seen_at=None,
        )
        uow.pushes.record([push, replace(push, sent_at=placed_at + MINUTE)])
    shops.clock.advance(HOUR)

    record(shops, an_order("SO-2", 4, placed_at=placed_at), account="stall")

    (found,) = oversells(shops)
    assert (found.units, found.stock_changed_at, found.told_at) == (4, gone_at, placed_at - MINUTE)
    assert found.was_told
    assert found.delay is None


def test_what_never_was_there_has_no_moment_at_which_it_went(shops):
    record(shops, sold(shops, units=13))

    (found,) = oversells(shops)
    assert (found.units, found.stock_changed_at) == (3, None)


def test_an_oversell_is_settled_when_stock_comes_in(shops):
    record(shops, sold(shops, units=13))
    adjust(shops, 2)
    assert len(oversells(shops)) == 1
    shops.clock.advance(MINUTE)

    adjust(shops, 1)

    assert oversells(shops) == []
    assert [one.units for one in oversells(shops, closed=True)] == [3]


@pytest.mark.parametrize("how", ["counted", "filed"])
def test_an_oversell_is_settled_by_a_count(shops, how):
    record(shops, sold(shops, units=13))

    if how == "counted":
        count_stock(shops.seller_id, {P1: 20}, reference="c", database=shops.database, clock=shops.clock)
    else:
        shops.submit(goods("P-1"), stock=20)

    assert oversells(shops) == []


@pytest.mark.parametrize("counters", [{"cancelled": 4}, {"shipped": 4}])
def test_an_oversell_is_settled_when_its_line_waits_for_nothing_though_others_do(shops, counters):
    record(shops, sold(shops, "SO-1", 12), sold(shops, "SO-2", 4))
    assert sorted(one.order for one in oversells(shops)) == ["SO-1", "SO-2"]

    record(shops, sold(shops, "SO-2", 4, updated_at=shops.clock.now(), **counters))

    assert [one.order for one in oversells(shops)] == ["SO-1"]


def test_an_oversell_that_is_told_again_is_one(shops):
    order = sold(shops, units=13)
    for _ in range(3):
        record(shops, order)
    record(shops, sold(shops, units=15, updated_at=shops.clock.now()))

    assert [one.units for one in oversells(shops)] == [5]
