"""Reading a shop's orders: each change once, no list call too many, nothing of the buyer."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.errors import AuthExpired, Throttled, Transient
from adapters.testing.sandbox.faults import Error, ExpireToken, Html502, Throttle, TruncatedJson
from adapters.testing.sandbox.line.order_show import buyer_words
from schemas.ids import ExternalId
from schemas.orders import OrderLine, OrderState
from tests.contract.line_shop.shop import Shop, two_sizes

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def on_sale(shop: Shop) -> Shop:
    shop.publish(shop.render(two_sizes(), 500))
    return shop


def test_an_order_is_told_with_its_lines_and_times(on_sale: Shop) -> None:
    before = on_sale.now() - timedelta(seconds=2)
    bought = on_sale.control.buy("line_shop", "shop1", "BNB-250", 3)

    (order,), _ = on_sale.poll()

    assert (order.reference, order.state) == (bought.order, OrderState.PAID)
    assert before < order.placed_at <= order.updated_at <= on_sale.now()
    product = on_sale.product()
    assert order.lines == (
        OrderLine(
            reference=f"{product.id}/{product.variants[1].id}",
            sku="BNB-250",
            external_id=ExternalId(str(product.id)),
            ordered=3,
        ),
    )
    assert order.lines[0].reference == bought.line


@pytest.mark.parametrize(
    ("acts", "state", "shipped", "cancelled"),
    [
        ([], OrderState.UNPAID, 0, 0),
        (["pay"], OrderState.PAID, 0, 0),
        (["pay", "ship"], OrderState.SHIPPED, 2, 0),
        (["pay", "ship", "complete"], OrderState.COMPLETED, 2, 0),
        (["cancel"], OrderState.CANCELLED, 0, 2),
        (["pay", "cancel"], OrderState.CANCELLED, 0, 2),
        (["expire"], OrderState.EXPIRED, 0, 2),
    ],
)
def test_the_counters_follow_what_happened_to_the_order(
    on_sale: Shop, acts: list[str], state: OrderState, shipped: int, cancelled: int
) -> None:
    number = on_sale.buy("BNB-100", 2, pay=False)
    for act in acts:
        on_sale.act(number, act)

    (order,), _ = on_sale.poll()

    (line,) = order.lines
    assert (order.state, line.ordered, line.shipped, line.cancelled) == (state, 2, shipped, cancelled)


def test_a_poll_of_unchanged_orders_is_one_call_and_tells_nothing(on_sale: Shop) -> None:
    for _ in range(3):
        on_sale.buy("BNB-100")
    _, cursor = on_sale.poll()
    seen = len(on_sale.control.journal())

    again, later = on_sale.poll(cursor)

    assert again == []
    assert later == cursor
    assert on_sale.calls(seen) == ["order.list"]


def test_the_first_poll_of_an_empty_shop_begins_where_it_was_told(on_sale: Shop) -> None:
    on_sale.buy("BNB-100")
    on_sale.control.advance(100)
    since = on_sale.now() - timedelta(seconds=10)

    nothing, cursor = on_sale.poll(since=since)
    on_sale.buy("BNB-250")
    (order,), _ = on_sale.poll(cursor, since=LONG_AGO)

    assert nothing == []
    assert order.lines[0].sku == "BNB-250"


def test_a_change_within_the_same_second_is_told(on_sale: Shop) -> None:
    number = on_sale.buy("BNB-100", pay=False)
    (unpaid,), cursor = on_sale.poll()
    on_sale.act(number, "pay")
    other = on_sale.buy("BNB-250")

    changed, _ = on_sale.poll(cursor)

    assert unpaid.state is OrderState.UNPAID
    assert {order.reference: order.state for order in changed} == {
        number: OrderState.PAID,
        other: OrderState.PAID,
    }


def test_an_order_that_is_listed_late_is_told(on_sale: Shop) -> None:
    on_sale.control.lag(5)
    late = on_sale.buy("BNB-100")
    on_sale.control.lag(0)
    on_sale.control.advance(3)
    early = on_sale.buy("BNB-250")
    first, cursor = on_sale.poll()
    on_sale.control.advance(3)

    second, _ = on_sale.poll(cursor)

    assert [order.reference for order in first] == [early]
    assert [order.reference for order in second] == [late]


def test_more_orders_than_a_page_in_one_second_are_all_told_once(on_sale: Shop) -> None:
    numbers = _bought_in_one_second(on_sale, 130)

    found, cursor = on_sale.poll()

    assert sorted(order.reference for order in found) == sorted(numbers)
    assert on_sale.poll(cursor)[0] == []


def test_an_order_that_changes_between_two_pages_hides_no_other(on_sale: Shop) -> None:
    for _ in range(110):
        on_sale.buy("BNB-100", pay=False)
        on_sale.control.advance(2)
    found, cursor = [], None
    while len(found) < 100:
        page = on_sale.adapter.orders(cursor, since=LONG_AGO)
        found, cursor = [*found, *page.orders], page.cursor
    # Everything behind these moves up in the list by as many places.
    for order in found[:20]:
        on_sale.act(order.reference, "pay")

    rest, _ = on_sale.poll(cursor, since=LONG_AGO)

    assert {order.reference for order in [*found, *rest]} == _numbers(on_sale)
    assert sum(order.state is OrderState.PAID for order in rest) == 20


def test_a_step_stays_short_and_goes_on_where_it_stopped(on_sale: Shop) -> None:
    _bought_in_one_second(on_sale, 60)
    seen = len(on_sale.control.journal())

    page = on_sale.adapter.orders(None, since=LONG_AGO)

    assert (len(page.orders), page.has_more) == (25, True)
    assert len(on_sale.calls(seen)) == 26
    rest, _ = on_sale.poll(page.cursor)
    assert len({order.reference for order in [*page.orders, *rest]}) == len([*page.orders, *rest]) == 60


def test_the_same_cursor_gives_the_same_orders_again(on_sale: Shop) -> None:
    on_sale.buy("BNB-100")
    _, cursor = on_sale.poll()
    on_sale.control.advance(60)
    on_sale.buy("BNB-250")

    first = on_sale.adapter.orders(cursor, since=LONG_AGO)
    again = on_sale.adapter.orders(cursor, since=LONG_AGO)

    assert first == again
    assert [order.lines[0].sku for order in first.orders] == ["BNB-250"]


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (Html502(), Transient),
        (TruncatedJson(), Transient),
        (Error(status=200, body={"ok": True}), Transient),
        (Error(status=404, code="NOT_FOUND"), Transient),
        (Throttle(seconds=5), Throttled),
        (ExpireToken(), AuthExpired),
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["order.list", "order.get"])
def test_a_read_that_fails_loses_no_order(
    on_sale: Shop, operation: str, effect: object, error: type[Exception]
) -> None:
    number = on_sale.buy("BNB-100")
    on_sale.control.fail(effect, operation=operation)

    with pytest.raises(error):
        on_sale.adapter.orders(None, since=LONG_AGO)
    on_sale.control.clear_faults()

    assert [order.reference for order in on_sale.poll()[0]] == [number]


def test_what_was_read_before_a_failure_is_kept(on_sale: Shop) -> None:
    numbers = [on_sale.buy("BNB-100") for _ in range(3)]
    on_sale.control.fail(Html502(), operation="order.get", nth=3)

    page = on_sale.adapter.orders(None, since=LONG_AGO)
    rest, _ = on_sale.poll(page.cursor)

    assert page.has_more
    assert [order.reference for order in [*page.orders, *rest]] == numbers


def test_nothing_of_the_buyer_is_kept(on_sale: Shop) -> None:
    on_sale.buy("BNB-100")

    page = on_sale.adapter.orders(None, since=LONG_AGO)

    said = on_sale.control.run(
        lambda sandbox: [word for order in sandbox.line.orders.values() for word in buyer_words(order)]
    )
    assert len(said) > 8
    assert not [word for word in said if word in f"{page!r}"]


def _numbers(shop: Shop) -> set[str]:
    return shop.control.run(lambda sandbox: set(sandbox.line.orders))


def _bought_in_one_second(shop: Shop, count: int) -> list[str]:
    def act(sandbox: object) -> None:
        for order in sandbox.line.orders.values():  # type: ignore[attr-defined]
            order.updated = 1_800_000_000.0

    numbers = [shop.buy("BNB-100") for _ in range(count)]
    shop.control.run(act)
    return numbers
