"""Orders of the sandbox's market through the real adapter: whatever the pages, none is lost and units add up."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.emarket.market import OpName
from adapters.errors import ChannelError, Throttled, Transient
from adapters.orders import OrderingAdapter, OrderPage
from adapters.testing.sandbox.faults import DropAnswer, Error, Throttle
from adapters.testing.sandbox.market import orders as buyers
from adapters.testing.sandbox.market.order_state import MarketOrder
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import SandboxServer
from schemas.orders import ChannelOrder, OrderLine, OrderState
from tests.contract.emarket.stall import Stall
from tests.support.factories import make_product, make_variant
from tests.support.shops import sandbox_account

SHOP = "market1"
SKU = "UTT-BNB-100"
MOST_PAGES = 200


def since() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def buy(stall: Stall, units: int = 1, *, is_paid: bool = True, **more: int) -> MarketOrder:
    wanted = more or {SKU: units}
    return stall.control.run(lambda sandbox: buyers.place(sandbox, SHOP, wanted, is_paid=is_paid))


def act(stall: Stall, order: MarketOrder, name: str, **part: Any) -> None:
    def carry_on(sandbox: Any) -> None:
        buyers.act(sandbox, sandbox.market.orders[order.order_id], name, **part)

    stall.control.run(carry_on)


def poll(stall: Stall, cursor: Any = None, began: datetime | None = None) -> tuple[list[ChannelOrder], Any]:
    """Read until nothing more waits, as the core does; JSON alone goes from page to page."""
    found: list[ChannelOrder] = []
    for _ in range(MOST_PAGES):
        page: OrderPage = stall.adapter.orders(cursor, since=began or since())
        found += page.orders
        cursor = page.cursor
        if not page.has_more:
            return found, cursor
    raise AssertionError("the orders never ended")


def line(order: ChannelOrder) -> OrderLine:
    (only,) = order.lines
    return only


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """A market of its own for each test: these move its clock."""
    with SandboxServer() as running:
        yield running


@pytest.fixture
def selling(stall: Stall) -> Stall:
    stall.publish(stall.render(available=9_000))
    return stall


def test_the_market_is_one_whose_orders_can_be_asked_for(stall: Stall) -> None:
    assert isinstance(stall.adapter, OrderingAdapter)
    assert stall.adapter.order_interval == timedelta(seconds=60)


def test_units_of_one_variant_are_one_line(selling: Stall) -> None:
    order = buy(selling, 3)

    ((read,), _) = poll(selling)

    assert (read.reference, read.state) == (order.order_id, OrderState.PAID)
    assert line(read) == OrderLine(reference=SKU, sku=SKU, external_id=selling.item().item_id, ordered=3)
    assert read.placed_at.tzinfo is not None
    assert abs(read.updated_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_each_variant_of_an_order_is_a_line_of_its_own(stall: Stall) -> None:
    variants = tuple(make_variant(sku, options=(sku,)) for sku in ("B-2", "A-1"))
    stall.publish(stall.render(make_product("P", options=("แบบ",), variants=variants)))

    buy(stall, **{"B-2": 1, "A-1": 2})

    ((read,), _) = poll(stall)
    assert [(one.sku, one.ordered) for one in read.lines] == [("A-1", 2), ("B-2", 1)]


@pytest.mark.parametrize(
    ("acts", "state", "cancelled", "shipped", "returned"),
    [
        ([], OrderState.UNPAID, 0, 0, 0),
        (["pay"], OrderState.PAID, 0, 0, 0),
        (["pay", "ship"], OrderState.SHIPPED, 0, 3, 0),
        (["pay", "ship", "deliver"], OrderState.COMPLETED, 0, 3, 0),
        (["cancel"], OrderState.CANCELLED, 3, 0, 0),
        (["pay", "cancel"], OrderState.CANCELLED, 3, 0, 0),
        (["expire"], OrderState.EXPIRED, 3, 0, 0),
        (["pay", "ship", "return"], OrderState.RETURNED, 0, 3, 3),
    ],
)
def test_the_rows_tell_how_far_an_order_is(
    selling: Stall, acts: list[str], state: OrderState, cancelled: int, shipped: int, returned: int
) -> None:
    order = buy(selling, 3, is_paid=False)
    for name in acts:
        act(selling, order, name)

    ((read,), _) = poll(selling)

    assert read.state is state
    assert (line(read).cancelled, line(read).shipped, line(read).returned) == (cancelled, shipped, returned)


def test_part_of_an_order_may_be_cancelled_shipped_and_sent_back(selling: Stall) -> None:
    order = buy(selling, 5)
    act(selling, order, "cancel", units=1)
    act(selling, order, "ship", units=3)
    act(selling, order, "return", units=2)

    ((read,), _) = poll(selling)

    assert read.state is OrderState.PAID
    assert line(read) == OrderLine(
        reference=SKU,
        sku=SKU,
        external_id=selling.item().item_id,
        ordered=5,
        cancelled=1,
        shipped=3,
        returned=2,
    )


def test_a_line_keeps_its_name_in_every_report(selling: Stall) -> None:
    order = buy(selling, 2)
    ((before,), cursor) = poll(selling)
    act(selling, order, "cancel", units=1)

    (after, _) = poll(selling, cursor)

    assert [line(one).reference for one in (before, *after)] == [SKU, SKU]
    assert line(after[-1]).cancelled == 1


def test_nothing_of_the_buyer_is_read(selling: Stall) -> None:
    buy(selling)

    ((read,), _) = poll(selling)

    assert "0000000000" not in repr(read)
    assert "สมมติ" not in repr(read)


def test_the_next_poll_finds_what_changed_meanwhile(selling: Stall) -> None:
    selling.control.advance(-600)
    first = buy(selling)
    (_, cursor) = poll(selling)
    selling.control.advance(600)
    second = buy(selling)
    act(selling, first, "ship")

    (found, _) = poll(selling, cursor)

    assert {read.reference: read.state for read in found} == {
        first.order_id: OrderState.SHIPPED,
        second.order_id: OrderState.PAID,
    }


def test_a_quiet_shop_is_asked_once_a_poll(selling: Stall) -> None:
    (_, cursor) = poll(selling)
    before = len(selling.control.calls("order.list"))

    (found, _) = poll(selling, cursor)

    assert found == []
    assert len(selling.control.calls("order.list")) == before + 1


def test_a_long_silence_is_read_window_by_window(selling: Stall) -> None:
    order = buy(selling)

    (found, _) = poll(selling, began=datetime.now(UTC) - timedelta(days=40))

    assert {read.reference for read in found} == {order.order_id}
    assert {entry["error"] for entry in selling.control.calls("order.list")} == {None}
    assert len(selling.control.calls("order.list")) == 3


def spread_over(stall: Stall, number: int, *, seconds: float) -> set[str]:
    """Let buyers order, so many, one after another, the last of them now."""

    def order_all(sandbox: Any) -> set[str]:
        made = set()
        sandbox.clock.advance(-number * seconds)
        for _ in range(number):
            made.add(buyers.place(sandbox, SHOP, {SKU: 1}, is_paid=True).order_id)
            sandbox.clock.advance(seconds)
        return made

    return stall.control.run(order_all)


def test_many_orders_come_page_by_page(selling: Stall) -> None:
    made = spread_over(selling, 350, seconds=1)

    (found, _) = poll(selling)

    assert {read.reference for read in found} == made
    assert len(found) < len(made) + 20


def test_many_orders_of_one_second_come_by_offset(selling: Stall) -> None:
    made = spread_over(selling, 350, seconds=0)

    (found, _) = poll(selling)

    assert {read.reference for read in found} == made


def test_orders_that_change_between_two_pages_are_not_lost(selling: Stall) -> None:
    made = spread_over(selling, 250, seconds=1)
    first = selling.adapter.orders(None, since=since())

    def ship_the_first_fifty(sandbox: Any) -> None:
        for reference in sorted(made)[:50]:
            buyers.act(sandbox, sandbox.market.orders[reference], "ship")

    selling.control.run(ship_the_first_fifty)
    (rest, _) = poll(selling, first.cursor)

    states = {read.reference: read.state for read in (*first.orders, *rest)}
    assert set(states) == made
    assert sum(state is OrderState.SHIPPED for state in states.values()) == 50


@pytest.fixture
def low_ceiling(stall_at: Callable[[SandboxServer, Any], Stall]) -> Iterator[Stall]:
    """A market that lists the last change first and lets nobody skip more than 120 orders."""
    with SandboxServer(SandboxOptions(market_max_offset=120)) as server:
        stall = stall_at(server, sandbox_account("emarket"))
        market, fields = stall.adapter.market, stall.adapter._fields
        page = market.ops[OpName.ORDERS].page.model_copy(update={"max_offset": 120})
        ops = {**market.ops, OpName.ORDERS: market.ops[OpName.ORDERS].model_copy(update={"page": page})}
        query = fields.orders.query.model_copy(update={"fixed": {}, "oldest_first": False})
        orders = fields.orders.model_copy(update={"query": query})
        stall.adapter = with_files(
            stall.adapter,
            market.model_copy(update={"ops": ops}),
            fields.model_copy(update={"orders": orders}),
        )
        stall.publish(stall.render(available=9_000))
        yield stall


def with_files(adapter: Any, market: Any, fields: Any) -> Any:
    """Make the same adapter for another market file."""
    loaded = type(adapter._loaded)(
        market=market,
        fields=adapter._loaded.fields.model_copy(update={"api": fields}),
        categories=adapter._loaded.categories,
    )
    return type(adapter)(adapter._context, loaded, fields)


def test_a_window_with_more_orders_than_the_ceiling_is_split(low_ceiling: Stall) -> None:
    made = spread_over(low_ceiling, 450, seconds=20)

    (found, _) = poll(low_ceiling)

    assert {read.reference for read in found} == made
    assert {entry["error"] for entry in low_ceiling.control.calls("order.list")} == {None}


def test_more_orders_of_one_moment_than_the_ceiling_stop_the_poll_and_lose_nothing(
    low_ceiling: Stall,
) -> None:
    spread_over(low_ceiling, 450, seconds=0)

    with pytest.raises(Transient, match="more orders of one moment"):
        poll(low_ceiling)


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (DropAnswer(after_effect=True), Transient),
        (Throttle(seconds=5), Throttled),
        (Error(status=200, body={"code": "0", "data": {}}), Transient),
        (Error(status=200, body={"code": "0", "data": {"orders": [{"order_id": "1"}]}}), Transient),
        (Error(status=200, body={"code": "0", "data": {"orders": ["1"]}}), Transient),
    ],
    ids=str,
)
def test_a_poll_that_fails_gives_no_cursor_and_may_be_repeated(
    selling: Stall, effect: Any, error: type[ChannelError]
) -> None:
    order = buy(selling)
    selling.control.fail(effect, operation="order.list")

    with pytest.raises(error):
        poll(selling)
    selling.control.clear_faults()

    assert [read.reference for read in poll(selling)[0]] == [order.order_id]
