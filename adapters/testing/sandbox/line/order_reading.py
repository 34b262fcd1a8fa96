"""MyShop's order calls: the list without lines, and one order with them. Source: line.md §1.11, §5 item 9."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.line.errors import bad_request, not_found
from adapters.testing.sandbox.line.order_show import order_body, row_body
from adapters.testing.sandbox.line.reading import DEFAULT_PER_PAGE, MAX_PER_PAGE, query_number
from adapters.testing.sandbox.line.state import Order

_SORTS: Final[dict[str, Callable[[Order], Any]]] = {
    "ORDER_NO": lambda order: order.number,
    "CREATED_AT": lambda order: order.placed,
    "CHECKED_OUT_AT": lambda order: order.placed,
    "UPDATED_AT": lambda order: int(order.updated),
}
_FILTERS: Final[dict[str, Callable[[Order], str]]] = {
    "orderStatus": lambda order: order.status,
    "paymentStatus": lambda order: order.payment,
    "shipmentStatus": lambda order: order.shipment,
}


async def list_orders(call: Call) -> Answer:
    """List orders by the window of their last change, both ends included, to the second."""
    per_page = query_number(call, "perPage", DEFAULT_PER_PAGE, MAX_PER_PAGE)
    page = query_number(call, "page", 1, 1_000_000)
    found = _sorted(call, _asked(call))
    body = {
        "currentPage": page,
        "perPage": per_page,
        "totalPage": math.ceil(len(found) / per_page),
        "totalRow": len(found),
        "data": [row_body(order) for order in found[(page - 1) * per_page : page * per_page]],
    }
    return Answer(200, body)


def _asked(call: Call) -> list[Order]:
    start, end = _moment(call, "startAt"), _moment(call, "endAt")
    search = call.request.first("search") or ""
    kept = {name: set(call.request.every(name)) for name in _FILTERS}
    return [
        order
        for order in call.sandbox.line.orders_of(call.account, since=start or 0.0)
        if order.listed_at <= call.now
        and (end is None or int(order.updated) <= end)
        and search in order.number
        and all(not kept[name] or value(order) in kept[name] for name, value in _FILTERS.items())
    ]


def _sorted(call: Call, found: list[Order]) -> list[Order]:
    by, way = call.request.first("sortBy") or "UPDATED_AT", call.request.first("orderBy") or "DESC"
    if by not in _SORTS or way not in {"ASC", "DESC"}:
        raise bad_request("sortBy or orderBy is not known", field="sortBy")
    return sorted(found, key=_SORTS[by], reverse=way == "DESC")


def _moment(call: Call, name: str) -> float | None:
    text = call.request.first(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"{name} must look like 2022-01-01T09:30:00Z", field=name) from None
    if not text.endswith("Z"):
        raise bad_request(f"{name} must be in UTC", field=name)
    return moment.astimezone(UTC).timestamp()


async def read_order(call: Call) -> Answer:
    """Answer one order with its lines."""
    order = call.sandbox.line.orders.get(call.params["id"])
    if order is None or order.shop != call.account:
        raise not_found("order")
    return Answer(200, order_body(order))
