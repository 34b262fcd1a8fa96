"""A channel that reports orders: told once and again the same, in counters that only grow, with nothing of the buyer."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

import pytest

from adapters.errors import ChannelError
from adapters.orders import OrderingAdapter, OrderPage
from adapters.testing.kit.channel import OrderingChannel
from adapters.testing.kit.desk import Desk
from adapters.testing.kit.recovery import TROUBLES
from adapters.testing.sandbox.deeds import OrderAct
from schemas.ids import ExternalId, Sku
from schemas.orders import ChannelOrder, OrderLine

MANY: Final = 12
"""Orders enough to see that each is told; a channel with smaller pages shows more than one."""
_MOST_PAGES: Final = 50
_MOST_CALLS: Final = 60
_SINCE: Final = timedelta(hours=1)

Cursor = Mapping[str, Any] | None


class OrderingPromises:
    """``orders``: pages behind a cursor, as ``adapters.orders`` says."""

    def test_polls_keep_a_distance(self, channel: OrderingChannel) -> None:
        assert _ordering(channel).order_interval > timedelta(0)

    def test_an_order_is_told_with_what_stock_needs(self, channel: OrderingChannel) -> None:
        listing, sku = _on_sale(channel)
        placed = channel.clock.now()
        number = channel.buy(sku, 3)

        (order,) = told(channel)[0]

        assert order.reference == number
        assert placed - timedelta(seconds=2) <= order.placed_at <= order.updated_at
        assert order.updated_at <= channel.clock.now()
        (line,) = order.lines
        assert (line.sku, line.ordered, line.cancelled, line.shipped, line.returned) == (sku, 3, 0, 0, 0)
        assert line.external_id in {listing, None}

    def test_orders_of_both_variants_name_the_right_one(self, channel: OrderingChannel) -> None:
        _on_sale(channel)
        bought = {
            channel.buy(sku, number): (sku, number) for number, sku in enumerate(_skus(channel), start=1)
        }

        orders, _ = told(channel)

        assert {order.reference: (order.lines[0].sku, order.lines[0].ordered) for order in orders} == bought

    def test_the_counters_only_grow_whatever_happens_to_an_order(self, channel: OrderingChannel) -> None:
        for way in channel.order_ways:
            channel.reset()
            _, sku = _on_sale(channel)
            number = channel.buy(sku, 4, pay=False)
            orders, cursor = told(channel)
            line = _line_of(orders, number)
            for act in way:
                channel.advance(timedelta(seconds=2))
                channel.act(number, act)
                orders, cursor = told(channel, cursor)
                later = _line_of(orders, number)
                assert _counters(later) >= _counters(line), f"a counter fell at {act} of {way}"
                assert later.reference == line.reference, "a line changed its name"
                line = later
            assert _end(line) == _end_of(way), f"at the end of {way}"

    def test_each_of_many_orders_is_told(self, channel: OrderingChannel) -> None:
        _, sku = _on_sale(channel, units=MANY)
        numbers = {channel.buy(sku, 1) for _ in range(MANY)}

        orders, _ = told(channel)

        assert {order.reference for order in orders} == numbers

    def test_reading_again_gives_the_same_orders_again(self, channel: OrderingChannel) -> None:
        _, sku = _on_sale(channel)
        channel.buy(sku, 1)
        _, cursor = told(channel)
        channel.advance(timedelta(minutes=5))
        number = channel.buy(sku, 2)

        first, second = told(channel, cursor), told(channel, cursor)

        assert first == second
        assert number in {order.reference for order in first[0]}

    def test_what_changes_after_a_poll_is_told_by_the_next(self, channel: OrderingChannel) -> None:
        _, sku = _on_sale(channel)
        old = channel.buy(sku, 1, pay=False)
        _, cursor = told(channel)

        channel.act(old, OrderAct.PAY)
        new = channel.buy(sku, 1)
        orders, cursor = told(channel, cursor)

        assert {old, new} <= {order.reference for order in orders}
        channel.advance(timedelta(minutes=5))
        assert {order.reference for order in told(channel, cursor)[0]} <= {old, new}

    def test_a_shop_without_orders_tells_none(self, channel: OrderingChannel) -> None:
        _on_sale(channel)

        orders, cursor = told(channel)

        assert orders == []
        assert told(channel, cursor)[0] == []

    def test_nothing_of_the_buyer_comes_out(self, channel: OrderingChannel) -> None:
        _, sku = _on_sale(channel)
        channel.buy(sku, 1)
        words = channel.buyer_words()
        assert words, "the stand-in tells nothing of its buyers, so nothing could come out"

        written = f"{_poll(channel, None)!r} {channel.records!r}"

        assert [word for word in words if word in written] == []

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_trouble_at_any_call_of_a_poll_loses_no_order(
        self, channel: OrderingChannel, trouble: str
    ) -> None:
        numbers, calls = _a_few_orders(channel)
        for nth in range(1, calls + 1):
            channel.order(TROUBLES[trouble], nth=nth)

            orders = _told_in_spite_of_trouble(channel)

            assert {order.reference for order in orders} >= numbers, f"after trouble at call {nth}"
            channel.calm()


def told(channel: OrderingChannel, cursor: Cursor = None) -> tuple[list[ChannelOrder], Cursor]:
    """Ask until no page waits, as the core does; return the orders and where the next poll begins."""
    orders: list[ChannelOrder] = []
    for _ in range(_MOST_PAGES):
        page = _poll(channel, cursor)
        orders += page.orders
        cursor = page.cursor
        if not page.has_more:
            return orders, cursor
    raise AssertionError(f"a poll of few orders did not end after {_MOST_PAGES} pages")


def _poll(channel: OrderingChannel, cursor: Cursor) -> OrderPage:
    """Ask for a page with a new adapter, as another process would, and a cursor that was stored as JSON."""
    page = _ordering(channel).orders(cursor, since=_since(channel))
    stored = json.loads(json.dumps(page.cursor))
    assert stored == page.cursor, "the cursor is not JSON"
    return OrderPage(orders=page.orders, cursor=stored, has_more=page.has_more)


def _since(channel: OrderingChannel) -> datetime:
    return channel.clock.now() - _SINCE


def _ordering(channel: OrderingChannel) -> OrderingAdapter:
    return cast("OrderingAdapter", channel.connect())


def _on_sale(channel: OrderingChannel, units: int = 10) -> tuple[ExternalId, Sku]:
    """Publish the example; return the listing's id and the SKU of its first variant."""
    desk = Desk(channel)
    ref = desk.listed(desk.rendition(available=units))
    return ref.external_id, _skus(channel)[0]


def _skus(channel: OrderingChannel) -> Sequence[Sku]:
    return channel.product().skus


def _line_of(orders: Sequence[ChannelOrder], number: str) -> OrderLine:
    """Return the line of the last report of that order."""
    reports = [order for order in orders if order.reference == number]
    assert reports, f"order {number} was not told"
    (line,) = reports[-1].lines
    return line


def _counters(line: OrderLine) -> tuple[int, ...]:
    return (line.ordered, line.cancelled, line.shipped, line.returned)


def _end(line: OrderLine) -> tuple[int, int]:
    return line.shipped, line.cancelled


def _end_of(way: Sequence[OrderAct]) -> tuple[int, int]:
    """Return how many of four units must have been shipped and cancelled at the end of a way."""
    is_shipped = OrderAct.SHIP in way
    is_undone = not is_shipped and {OrderAct.CANCEL, OrderAct.EXPIRE} & set(way)
    return (4 if is_shipped else 0, 4 if is_undone else 0)


def _a_few_orders(channel: OrderingChannel) -> tuple[set[str], int]:
    """Place three orders; return their numbers and how many calls it takes to read them."""
    _, sku = _on_sale(channel)
    numbers = {channel.buy(sku, 1) for _ in range(3)}
    before = len(channel.records)
    told(channel)
    return numbers, len(channel.records) - before


def _told_in_spite_of_trouble(channel: OrderingChannel) -> list[ChannelOrder]:
    """Poll as the core does: what fails is asked again with the same cursor."""
    orders: list[ChannelOrder] = []
    cursor: Cursor = None
    for _ in range(_MOST_CALLS):
        try:
            page = _poll(channel, cursor)
        except ChannelError:
            channel.advance(timedelta(minutes=1))
            continue
        orders += page.orders
        cursor = page.cursor
        if not page.has_more:
            return orders
    raise AssertionError(f"the poll did not end within {_MOST_CALLS} calls")
