"""How the market lists its orders. Source: emarkets.md §4.2 (window, offset, ceiling), §14, §15 items 13 and 15."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.market.envelope import refused, success
from adapters.testing.sandbox.market.order_state import MarketOrder, OrderRow

PAGE_SIZE: Final = 100
MAX_WINDOW_S: Final = 1_296_000
"""15 days."""
_THAILAND: Final = timezone(timedelta(hours=7))
_BUYER: Final = {
    "name": "ผู้ซื้อสมมติ",
    "phone": "0000000000",
    "address": "ที่อยู่สมมติ ไม่มีอยู่จริง 00000",
}
"""Stands where a real market tells who bought; nobody may keep it."""


def buyer_words() -> list[str]:
    """Return every word that the market tells of a buyer; they are the same for all of them."""
    return list(_BUYER.values())


async def list_orders(call: Call) -> Answer:
    """List the shop's orders that changed in a window, whole seconds, both ends included.

    ``update_after`` and ``update_before`` are ISO 8601; ``limit`` is at most 100, ``offset`` has a ceiling. Without
    ``sort_direction=ASC`` the last change comes first. An order that changes meanwhile is listed anew where it then belongs.
    """
    after, before = _window(call)
    limit, offset = _number(call, "limit", PAGE_SIZE), _number(call, "offset", 0)
    if not 1 <= limit <= PAGE_SIZE:
        raise refused("4100", f"limit takes 1 to {PAGE_SIZE}")
    if offset > call.sandbox.options.market_max_offset:
        raise refused("4100", f"offset takes up to {call.sandbox.options.market_max_offset}; move the time")
    own = call.sandbox.market.orders_of.get(call.account, {}).values()
    found = [order for order in own if after <= int(order.updated) <= before]
    is_ascending = call.request.first("sort_direction") == "ASC"
    found.sort(key=lambda order: (order.updated, int(order.order_id)), reverse=not is_ascending)
    shown = [_order_body(order) for order in found[offset : offset + limit]]
    return success({"count": len(shown), "count_total": len(found), "orders": shown})


def _window(call: Call) -> tuple[float, float]:
    after = _moment(call, "update_after")
    if after is None:
        raise refused("4100", "update_after is required")
    before = _moment(call, "update_before")
    before = call.now if before is None else before
    if before - after > MAX_WINDOW_S:
        raise refused("4100", "update_after and update_before are at most 15 days apart")
    return after, before


def _moment(call: Call, name: str) -> float | None:
    text = call.request.first(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refused("4100", f"{name} is not a time in ISO 8601") from None
    if moment.tzinfo is None:
        raise refused("4100", f"{name} needs a time zone")
    return moment.timestamp()


def _number(call: Call, name: str, default: int) -> int:
    text = call.request.first(name) or str(default)
    if not text.isdecimal():
        raise refused("4100", f"{name} takes a number")
    return int(text)


def _order_body(order: MarketOrder) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "created_at": _written(order.created),
        "updated_at": _written(order.updated),
        "statuses": sorted({row.status for row in order.rows}),
        "buyer": _BUYER,
        "items": [_row_body(row) for row in order.rows],
    }


def _row_body(row: OrderRow) -> dict[str, str]:
    return {
        "order_item_id": row.row_id,
        "item_id": row.item_id,
        "sku": row.sku,
        "paid_price": row.price,
        "status": row.status,
        "updated_at": _written(row.changed),
    }


def _written(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).astimezone(_THAILAND).isoformat()
