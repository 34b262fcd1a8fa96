"""Reading the orders of a shop: by the time of their last change, a call for each that is new or changed.

Pages are not counted through: an order that changes meanwhile moves to the end of the list and everything behind it moves up.
Instead each page begins at the moment the last one ended with. What is listed a second time is recognised by its time and
statuses, and costs no call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from adapters.errors import ChannelError
from adapters.line_shop.client import MyShopClient
from adapters.line_shop.order_mapping import order_of
from adapters.line_shop.order_wire import OrderListPage, OrderRow, moment, query_time
from adapters.orders import OrderPage
from schemas.orders import ChannelOrder

_OVERLAP: Final = timedelta(seconds=10)
"""What the next poll lists again: an order may be written down some moments after the time of change it carries."""
_MOST_DETAILS: Final = 25
"""Orders read in one step, so that a step stays short; the rest comes with the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """How far the list was read.

    Attributes:
        begin: Where the very first poll began; nothing older is ever listed.
        start: The list is asked for what changed then or later.
        page: Beyond 1 only where more orders than a page holds changed in the one second ``start`` names.
        read: What was read of the latest orders: their time and statuses by order number.
    """

    begin: datetime
    start: datetime
    page: int = 1
    read: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, cursor: Mapping[str, Any] | None, since: datetime) -> Self:
        """Take the place out of a cursor, or begin."""
        if cursor is None:
            return cls(begin=_second(since), start=_second(since))
        begin, start = (datetime.fromisoformat(cursor[name]) for name in ("begin", "start"))
        return cls(begin=begin, start=start, page=int(cursor["page"]), read=dict(cursor["read"]))

    def cursor(self) -> dict[str, Any]:
        """Return it as JSON."""
        times = {"begin": self.begin.isoformat(), "start": self.start.isoformat()}
        return times | {"page": self.page, "read": dict(self.read)}

    def moved(self, start: datetime, last: datetime) -> "_Place":
        """Return the first page from ``start`` on; what is too old to be listed again is forgotten."""
        kept = {number: told for number, told in self.read.items() if _time_in(told) >= last - _OVERLAP}
        return replace(self, start=max(self.begin, start), page=1, read=kept)


def read_orders(client: MyShopClient, cursor: Mapping[str, Any] | None, *, since: datetime) -> OrderPage:
    """Read the next orders that were placed or changed.

    Raises:
        ChannelError: The list, or the first order of this step, cannot be read.
    """
    place = _Place.at(cursor, since)
    found = client.orders(query_time(place.start), place.page)
    read = dict(place.read)
    orders: list[ChannelOrder] = []
    for row in found.data:
        told = _told(row, place.start)
        if read.get(row.number) == told:
            continue
        order = None if len(orders) == _MOST_DETAILS else _detail(client, row, place.start, orders)
        if order is None:
            return OrderPage(orders=orders, cursor=replace(place, read=read).cursor(), has_more=True)
        orders.append(order)
        read[row.number] = told
    further, has_more = _onwards(replace(place, read=read), found)
    return OrderPage(orders=orders, cursor=further.cursor(), has_more=has_more)


def _detail(
    client: MyShopClient, row: OrderRow, start: datetime, before: Sequence[ChannelOrder]
) -> ChannelOrder | None:
    """Read one order; None where that fails after others were read, which are kept."""
    try:
        order = client.order(row.number)
    except ChannelError:
        if not before:
            raise
        return None
    updated = order.updated or row.updated or start
    return order_of(order, placed=order.placed or row.placed or updated, updated=updated)


def _onwards(place: _Place, found: OrderListPage) -> tuple[_Place, bool]:
    """Say where the next step begins, and whether there is one now."""
    last = max((_second(row.updated) for row in found.data if row.updated), default=place.start)
    if not found.data or place.page >= found.total_page:
        return (place.moved(last - _OVERLAP, last) if found.data else replace(place, page=1)), False
    return (place.moved(last, last) if last > place.start else replace(place, page=place.page + 1)), True


def _told(row: OrderRow, start: datetime) -> str:
    """Write down what a row says; one without a readable time belongs to the beginning of the window."""
    return f"{(row.updated or start).isoformat()} {row.status} {row.payment} {row.shipment}"


def _time_in(told: str) -> datetime:
    return moment(told.split(" ", 1)[0]) or datetime.min.replace(tzinfo=UTC)


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
