"""Counting and correcting by hand, and what a product file says: the ledger adds up and the channels hear of it."""

import threading
from datetime import timedelta

import pytest

from adapters.errors import Rejected
from schemas.ids import Sku
from schemas.orders import ChannelOrder, OrderLine, OrderState
from syndicator.domain.stock import MOST_UNITS, Movement, MovementKind, StockRefused
from syndicator.domain.stock_rule import StockRule
from syndicator.usecases.record_orders import record_orders
from syndicator.usecases.stock import Reason, adjust_stock, count_stock
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import SHOP

P1, P2 = Sku("P-1"), Sku("P-2")


@pytest.fixture
def stocked(app: CoreApp) -> CoreApp:
    app.connect(can=SHOP)
    app.submit(goods("P-1"), goods("P-2"), stock=10)
    app.run_until_quiet()
    return app


def count(app: CoreApp, counts: dict[Sku, int], **more):
    more = {"reference": "count-1", **more}
    return count_stock(app.seller_id, counts, database=app.database, clock=app.clock, **more)


def adjust(
    app: CoreApp, changes: dict[Sku, int], *, reference: str = "adjust-1", reason: Reason = Reason.FOUND
):
    return adjust_stock(
        app.seller_id, changes, reason=reason, reference=reference, database=app.database, clock=app.clock
    )


def order(app: CoreApp, *movements: tuple[MovementKind, int, int]) -> None:
    """Move P-1 as orders do: kind, change on hand, change of what is promised."""
    with app.database.begin() as uow:
        variant = uow.stock.find(app.seller_id, [P1])[P1]
        known = app.value("SELECT count(*) FROM stock_movement")
        uow.stock.record(
            [
                Movement(
                    variant_id=variant.id,
                    kind=kind,
                    source="account:1",
                    reference=f"{known + n}",
                    on_hand=on_hand,
                    promised=promised,
                )
                for n, (kind, on_hand, promised) in enumerate(movements)
            ],
            now=app.clock.now(),
        )


def level(app: CoreApp, sku: str = "P-1") -> tuple[int, int, int, int]:
    """Return on hand, held, owed and available."""
    (row,) = app.rows(
        "SELECT l.on_hand, l.held, l.owed, l.available FROM stock_level l JOIN variant v ON v.id = l.variant_id "
        "WHERE v.sku = :sku",
        sku=sku,
    )
    return tuple(row)


def adds_up(app: CoreApp) -> bool:
    """Whether every level is the sum of its movements."""
    return not app.rows(
        "SELECT 1 FROM stock_level l LEFT JOIN (SELECT variant_id, sum(on_hand_change) AS h, sum(promised_change) AS p "
        "FROM stock_movement GROUP BY variant_id) m USING (variant_id) "
        "WHERE l.on_hand <> coalesce(m.h, 0) OR l.promised <> coalesce(m.p, 0)"
    )


def test_a_count_is_what_is_on_the_shelf_and_channels_hear_of_it(stocked):
    (changed,) = count(stocked, {P1: 7})

    assert (changed.before.on_hand, changed.after.on_hand) == (10, 7)
    assert level(stocked) == (7, 0, 0, 7)
    row = stocked.listing("P-1")
    assert (row.lane, row.due_at, row.stock_changed_at) == (0, stocked.clock.now(), stocked.clock.now())
    assert stocked.listing("P-2").due_at is None
    assert adds_up(stocked)


def test_orders_that_come_in_during_a_count_are_not_counted_twice(stocked):
    """Counting takes an hour; meanwhile two are ordered, of which one is shipped after the shelf was counted."""
    began = stocked.clock.now()
    stocked.clock.advance(timedelta(minutes=30))
    order(stocked, (MovementKind.ORDER, 0, 2), (MovementKind.SHIP, -1, -1))
    stocked.clock.advance(timedelta(minutes=30))

    count(stocked, {P1: 12}, as_of=began)

    assert level(stocked) == (11, 1, 0, 10)
    assert adds_up(stocked)


def test_promised_units_stay_promised_when_the_shelf_is_counted(stocked):
    order(stocked, (MovementKind.ORDER, 0, 3))

    count(stocked, {P1: 2})

    assert level(stocked) == (2, 2, 1, 0)


def test_a_count_entered_twice_counts_once(stocked):
    count(stocked, {P1: 7})
    adjust(stocked, {P1: 3})

    (again,) = count(stocked, {P1: 7})

    assert again.was_known
    assert level(stocked) == (10, 0, 0, 10)


def test_a_sale_at_the_stall_leaves_the_shelf(stocked):
    adjust(stocked, {P1: -4}, reason=Reason.SALE)

    assert level(stocked) == (6, 0, 0, 6)
    assert stocked.value("SELECT kind FROM stock_movement ORDER BY id DESC LIMIT 1") == "sale"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({P1: -11}, "stock_not_enough"),
        ({P1: 0}, "change_absurd"),
        ({P1: MOST_UNITS + 1}, "change_absurd"),
        ({Sku("NOBODY"): 1}, "sku_unknown"),
    ],
)
def test_a_change_that_cannot_be_is_refused_whole(stocked, changes, code):
    with pytest.raises(Rejected) as caught:
        adjust(stocked, {P2: 5, **changes})

    assert [problem.code for problem in caught.value.problems] == [code]
    assert level(stocked, "P-2") == (10, 0, 0, 10)


@pytest.mark.parametrize(
    ("counts", "more", "code"),
    [
        ({P1: -1}, {}, "units_absurd"),
        ({P1: MOST_UNITS + 1}, {}, "units_absurd"),
        ({Sku("NOBODY"): 1}, {}, "sku_unknown"),
        ({P1: 1}, {"ahead": timedelta(hours=1)}, "count_ahead"),
    ],
)
def test_a_count_that_cannot_be_is_refused_whole(stocked, counts, more, code):
    as_of = stocked.clock.now() + more["ahead"] if more else None

    with pytest.raises(Rejected) as caught:
        count(stocked, {P2: 5, **counts}, as_of=as_of)

    assert [problem.code for problem in caught.value.problems] == [code]
    assert level(stocked, "P-2") == (10, 0, 0, 10)


def test_the_ledger_refuses_a_movement_below_nothing(stocked):
    with pytest.raises(StockRefused):
        order(stocked, (MovementKind.CANCEL, 0, -1))

    assert level(stocked) == (10, 0, 0, 10)


def test_writers_at_the_same_moment_lose_nothing(stocked):
    def sell(number: int) -> None:
        adjust(stocked, {P1: -1, P2: 1}, reference=f"sale-{number}", reason=Reason.SALE)

    threads = [threading.Thread(target=sell, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert level(stocked) == (0, 0, 0, 0)
    assert level(stocked, "P-2") == (20, 0, 0, 20)
    assert adds_up(stocked)


def test_the_same_file_again_undoes_no_sale(stocked):
    adjust(stocked, {P1: -4}, reason=Reason.SALE)

    stocked.submit(goods("P-1", price=9900), stock=10)

    assert level(stocked) == (6, 0, 0, 6)


def test_a_file_with_another_figure_was_counted(stocked):
    adjust(stocked, {P1: -4}, reason=Reason.SALE)

    stocked.submit(goods("P-1"), stock=25)

    assert level(stocked) == (25, 0, 0, 25)
    assert adds_up(stocked)


def test_a_push_is_measured_from_the_change_to_the_call(stocked):
    count(stocked, {P1: 7})
    stocked.clock.advance(timedelta(seconds=3))

    stocked.run_until_quiet()

    (push,) = stocked.rows("SELECT units, changed_at, sent_at FROM stock_push")
    assert push.units == {"P-1": 7}
    assert push.sent_at - push.changed_at == timedelta(seconds=3)
    assert stocked.listing("P-1").stock_changed_at is None


def test_a_change_that_comes_while_an_older_one_is_on_its_way_is_measured_from_its_own_moment(stocked):
    began = stocked.clock.now()

    def sell_meanwhile() -> None:
        stocked.adapters.channels["page"].meanwhile = None
        stocked.clock.advance(timedelta(seconds=2))
        count(stocked, {P1: 5}, reference="count-2")

    count(stocked, {P1: 7})
    stocked.adapters.channels["page"].meanwhile = sell_meanwhile
    stocked.run_until_quiet()

    pushes = stocked.rows("SELECT units, changed_at FROM stock_push ORDER BY id")
    assert [(push.units["P-1"], push.changed_at - began) for push in pushes] == [
        (7, timedelta(0)),
        (5, timedelta(seconds=2)),
    ]


def test_a_figure_that_ends_where_it_began_costs_no_call(stocked):
    adjust(stocked, {P1: 1}, reference="up")
    adjust(stocked, {P1: -1}, reference="down")

    stocked.run_until_quiet()

    assert stocked.rows("SELECT 1 FROM stock_push") == []
    assert stocked.listing("P-1").stock_changed_at is None


def test_a_buffer_that_sizes_itself_follows_demand_and_delay(app: CoreApp) -> None:
    """Three hundred units a day elsewhere, behind a channel that takes ten minutes to follow."""
    for name in ("slow", "other"):
        app.connect(name, can=SHOP)
    app.submit(goods("P-1"), stock=100)
    app.run_until_quiet()
    slow, now = app.account_id("slow"), app.value("SELECT now()")
    app.execute(
        "INSERT INTO stock_push (listing_id, account_id, units, changed_at, sent_at, seen_at)"
        " SELECT id, account_id, '{}', :now - interval '20 minutes', :now - interval '11 minutes',"
        " :now - interval '10 minutes' FROM listing WHERE account_id = :slow",
        now=now,
        slow=slow,
    )
    order = ChannelOrder(
        reference="O-1",
        state=OrderState.COMPLETED,
        placed_at=now - timedelta(days=1),
        updated_at=now - timedelta(days=1),
        lines=(OrderLine(reference="1", sku=P1, ordered=14 * 300, shipped=14 * 300),),
    )
    with app.database.begin() as uow:
        (stored,) = uow.accounts.get([app.account_id("other")]).values()
        record_orders(uow, stored.account, [order], now=now)
    count(app, {P1: 100})

    def shows(rule: StockRule) -> int:
        with app.database.begin() as uow:
            uow.showing.set_rule(slow, rule)
            product = uow.products.by_sku(app.seller_id, [P1])[P1].id
            return uow.showing.shown_of(slow, product)[P1].units

    assert shows(StockRule()) == 100
    # 12.5 units an hour for ten minutes are two units on average; 99 times of 100 it is six at most.
    assert shows(StockRule(buffer="auto")) == 94
