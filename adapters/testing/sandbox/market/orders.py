"""Orders of the market: buyers buy, pay, get their goods, change their minds. Source: emarkets.md §4.2, §15 items 8 and 15.

A unit that is bought leaves ``sellable``: unpaid it is ``withheld``, paid it is ``occupied``, shipped it is gone. Cancelled or
not paid in time it is for sale again; one that is sent back is for the seller to count.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.testing.sandbox.deeds import NotPossible
from adapters.testing.sandbox.market import events
from adapters.testing.sandbox.market.order_state import MarketOrder, OrderRow, RowStatus
from adapters.testing.sandbox.market.state import MarketItem, MarketVariant
from adapters.testing.sandbox.sandbox import Sandbox

_Move = Callable[[MarketVariant], None]


def place(sandbox: Sandbox, shop: str, wanted: Mapping[str, int], *, is_paid: bool) -> MarketOrder:
    """Let a buyer order units of variants, by SKU.

    Raises:
        NotPossible: One of them is not on sale, or there are too few.
    """
    release_unpaid(sandbox)
    state, now = sandbox.market, sandbox.clock.now()
    chosen = [(*_on_sale(sandbox, shop, sku, units), units) for sku, units in wanted.items()]
    order = MarketOrder(order_id=str(state.next()), shop=shop, created=now, updated=now)
    for item, variant, units in chosen:
        variant.sellable -= units
        variant.withheld += units
        order.rows += [
            OrderRow(str(state.next()), item.item_id, variant.sku, variant.price, "unpaid", now)
            for _ in range(units)
        ]
    state.add_order(order)
    _announce(sandbox, order, order.rows)
    if is_paid:
        _change(sandbox, order, order.rows, "paid")
    sandbox.changed()
    return order


def _on_sale(sandbox: Sandbox, shop: str, sku: str, units: int) -> tuple[MarketItem, MarketVariant]:
    found = sandbox.market.by_variant.get((shop, sku))
    if units < 1:
        raise ValueError("quantity takes 1 or more")
    if found is None or found[0].status != "active":
        raise NotPossible(f"{sku} is not on sale in {shop}")
    if found[1].sellable < units:
        raise NotPossible(f"{sku} has {found[1].sellable} units for sale, {units} were asked for")
    return found


@dataclass(frozen=True, slots=True)
class _Act:
    """What can be done with units: from which statuses, and what becomes of them."""

    takes: frozenset[RowStatus]
    gives: RowStatus


_ACTS: Final[Mapping[str, _Act]] = {
    "pay": _Act(frozenset({"unpaid"}), "paid"),
    "ship": _Act(frozenset({"paid"}), "shipped"),
    "deliver": _Act(frozenset({"shipped"}), "delivered"),
    "cancel": _Act(frozenset({"unpaid", "paid"}), "canceled"),
    "expire": _Act(frozenset({"unpaid"}), "expired"),
    "return": _Act(frozenset({"shipped", "delivered"}), "returned"),
}


def act(
    sandbox: Sandbox, order: MarketOrder, name: str, *, line: str | None = None, units: int | None = None
) -> int:
    """Do something with an order and return with how many units it was done.

    ``line`` (the id of a row, or a SKU) restricts it to one variant, ``units`` to so many of its units.

    Raises:
        ValueError: No such act.
        NotPossible: No unit, or not so many, are in a state for it.
    """
    if name not in _ACTS:
        raise ValueError(f"act is one of {', '.join(_ACTS)}, not {name}")
    release_unpaid(sandbox)
    wanted = _ACTS[name]
    rows = [row for row in _of_line(order, line) if row.status in wanted.takes]
    if not rows or (units is not None and len(rows) < units):
        raise NotPossible(f"order {order.order_id} has {len(rows)} units to {name}")
    _change(sandbox, order, rows if units is None else rows[:units], wanted.gives)
    sandbox.changed()
    return len(rows) if units is None else units


def _of_line(order: MarketOrder, line: str | None) -> Sequence[OrderRow]:
    if line is None:
        return order.rows
    skus = {row.sku for row in order.rows if line in {row.row_id, row.sku}}
    return [row for row in order.rows if row.sku in skus]


def release_unpaid(sandbox: Sandbox) -> None:
    """Give back what was not paid in time."""
    late = sandbox.clock.now() - sandbox.options.market_unpaid_s
    # They stand in the order in which they were placed, so a look at the first is mostly all it takes.
    while (order := next(iter(sandbox.market.unpaid.values()), None)) is not None and order.created <= late:
        _change(sandbox, order, [row for row in order.rows if row.status == "unpaid"], "expired")
        sandbox.changed()


def _change(sandbox: Sandbox, order: MarketOrder, rows: Sequence[OrderRow], status: RowStatus) -> None:
    now = sandbox.clock.now()
    for row in rows:
        found = sandbox.market.by_variant.get((order.shop, row.sku))
        move = _MOVES.get((row.status, status))
        if found is not None and move is not None:
            move(found[1])
        row.status, row.changed = status, now
    order.updated = now
    sandbox.market.note_payment(order)
    _announce(sandbox, order, rows)


def _pay(variant: MarketVariant) -> None:
    variant.withheld, variant.occupied = max(0, variant.withheld - 1), variant.occupied + 1


def _ship(variant: MarketVariant) -> None:
    variant.occupied = max(0, variant.occupied - 1)


def _release_withheld(variant: MarketVariant) -> None:
    variant.withheld, variant.sellable = max(0, variant.withheld - 1), variant.sellable + 1


def _release_occupied(variant: MarketVariant) -> None:
    variant.occupied, variant.sellable = max(0, variant.occupied - 1), variant.sellable + 1


_MOVES: Final[Mapping[tuple[RowStatus, RowStatus], _Move]] = {
    ("unpaid", "paid"): _pay,
    ("paid", "shipped"): _ship,
    ("unpaid", "canceled"): _release_withheld,
    ("unpaid", "expired"): _release_withheld,
    ("paid", "canceled"): _release_occupied,
}
"""What happens to the stock; everything else leaves it alone."""


def _announce(sandbox: Sandbox, order: MarketOrder, rows: Sequence[OrderRow]) -> None:
    for row in rows:
        events.order_changed(sandbox, order, row)
