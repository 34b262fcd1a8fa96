"""MyShop's order -> what stock needs of it. Pure."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from adapters.line_shop.order_wire import OrderRow, RemoteOrder, RemoteOrderItem
from schemas.ids import ExternalId, Sku
from schemas.orders import ChannelOrder, OrderLine, OrderState

_ENDED: Final = {"CANCELED": OrderState.CANCELLED, "EXPIRED": OrderState.EXPIRED}
_LEFT_THE_SHELF: Final = frozenset({"SHIPPED_ALL", "ON_DELIVERY"})
_UNPAID: Final = frozenset({"NO_PAYMENT", "PENDING"})


def order_of(order: RemoteOrder, *, placed: datetime, updated: datetime) -> ChannelOrder:
    """Return the order with one line for each variant; lines of the same variant are one.

    Units: pieces. Source of the words and what they do to stock: docs/channels/line.md section 1.11.
    """
    return ChannelOrder(
        reference=order.number,
        state=state_of(order),
        placed_at=placed,
        updated_at=updated,
        lines=_lines(order, order.items or ()),
    )


def state_of(order: OrderRow) -> OrderState:
    """Say how far an order is, for people."""
    if order.status in _ENDED:
        return _ENDED[order.status]
    if order.status == "COMPLETED":
        return OrderState.COMPLETED
    if order.status != "FINALIZED":
        return OrderState.UNKNOWN
    if order.shipment in _LEFT_THE_SHELF:
        return OrderState.SHIPPED
    if order.payment == "PAID" or order.shipment == "SHIPMENT_READY":
        # An order that is paid on delivery is ready to ship at once.
        return OrderState.PAID
    return OrderState.UNPAID if order.payment in _UNPAID else OrderState.UNKNOWN


def _lines(order: RemoteOrder, items: Sequence[RemoteOrderItem]) -> tuple[OrderLine, ...]:
    lines: dict[str, OrderLine] = {}
    for item in items:
        line = _line(order, item)
        before = lines.get(line.reference)
        lines[line.reference] = line if before is None else _together(before, line)
    return tuple(lines.values())


def _line(order: RemoteOrder, item: RemoteOrderItem) -> OrderLine:
    units = math.ceil(item.quantity)
    has_left = order.shipment in _LEFT_THE_SHELF or order.status == "COMPLETED"
    return OrderLine(
        reference=_reference(item),
        sku=Sku(item.sku or ""),
        external_id=None if item.product_id is None else ExternalId(str(item.product_id)),
        ordered=units,
        shipped=units if has_left else 0,
        # What has left the shelf does not come back by being cancelled.
        cancelled=units if order.status in _ENDED and not has_left else 0,
    )


def _reference(item: RemoteOrderItem) -> str:
    """Name a line: LINE gives none of its own, and product and variant never change in an order."""
    if item.product_id is None and item.variant_id is None:
        return f"sku:{item.sku or ''}"
    return f"{item.product_id or ''}/{item.variant_id or ''}"


def _together(one: OrderLine, other: OrderLine) -> OrderLine:
    return replace(
        one,
        ordered=one.ordered + other.ordered,
        shipped=one.shipped + other.shipped,
        cancelled=one.cancelled + other.cancelled,
    )
