"""Orders as a market answers them -> what stock needs. Pure; nothing about the buyer is read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from adapters.emarket.fields import at
from adapters.emarket.ordering import OrderDetail, OrderFields
from schemas.ids import ExternalId, Sku
from schemas.orders import ChannelOrder, OrderLine, OrderState

_CANCELLED: Final = frozenset({OrderState.CANCELLED, OrderState.EXPIRED})
_SHIPPED: Final = frozenset({OrderState.SHIPPED, OrderState.COMPLETED, OrderState.RETURNED})
_PROGRESS: Final = (OrderState.UNPAID, OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED)
"""How far an order is, least first."""
_MS: Final = 1_000


def read_order(order: Any, fields: OrderFields, rows_of: Mapping[str, Any] | None = None) -> ChannelOrder:
    """Read one order; its rows of one variant become one line.

    Args:
        order: As the list shows it.
        fields: Where things stand.
        rows_of: The rows by number of the order, where the list does not hold them.

    Raises:
        ValueError: It is not what the field file describes; the message holds nothing of it.
    """
    reads = fields.reads
    reference = _text(at(order, reads.reference), reads.reference)
    rows = at(order, reads.rows) if rows_of is None else rows_of.get(reference)
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise ValueError(f"an order has no list of rows at {reads.rows}")  # noqa: TRY004 - of the answer, not of a caller
    updated_at = read_time(at(order, reads.updated_at), fields)
    placed = at(order, reads.placed_at)
    return ChannelOrder(
        reference=reference,
        state=_state([fields.state_of(at(row, reads.row_status)) for row in rows]),
        placed_at=updated_at if placed is None else read_time(placed, fields),
        updated_at=updated_at,
        lines=_lines(rows, fields),
    )


def _lines(rows: Sequence[Any], fields: OrderFields) -> tuple[OrderLine, ...]:
    reads = fields.reads
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        sku, item = at(row, reads.row_sku), at(row, reads.row_item_id)
        # Units of one variant are one line, named by its code, for the rows come in no promised order.
        name = sku or (f"item {item}" if item else f"row {at(row, reads.row_id)}")
        grouped.setdefault(str(name), []).append(row)
    return tuple(_line(name, grouped[name], fields) for name in sorted(grouped))


def _line(name: str, rows: Sequence[Any], fields: OrderFields) -> OrderLine:
    reads = fields.reads
    sku, item = at(rows[0], reads.row_sku), at(rows[0], reads.row_item_id)
    units = [(_units(row, fields), fields.state_of(at(row, reads.row_status))) for row in rows]
    return OrderLine(
        reference=name,
        sku=Sku(str(sku or "")),
        external_id=ExternalId(str(item)) if item else None,
        ordered=sum(number for number, _ in units),
        cancelled=sum(number for number, state in units if state in _CANCELLED),
        shipped=sum(number for number, state in units if state in _SHIPPED),
        returned=sum(number for number, state in units if state is OrderState.RETURNED),
    )


def _units(row: Any, fields: OrderFields) -> int:
    if fields.reads.quantity is None:
        return 1
    value = at(row, fields.reads.quantity)
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValueError(f"a row has no number of units at {fields.reads.quantity}")
    return int(value)


def _state(states: Sequence[OrderState]) -> OrderState:
    """Return how far an order is: as far as the slowest of the units that are still wanted."""
    wanted = [state for state in states if state not in _CANCELLED]
    if not wanted:
        is_expired = bool(states) and all(state is OrderState.EXPIRED for state in states)
        return OrderState.EXPIRED if is_expired else OrderState.CANCELLED if states else OrderState.UNKNOWN
    if OrderState.UNKNOWN in wanted:
        return OrderState.UNKNOWN
    going = [state for state in wanted if state is not OrderState.RETURNED]
    return min(going, key=_PROGRESS.index) if going else OrderState.RETURNED


def read_time(value: Any, fields: OrderFields) -> datetime:
    """Read a moment as the field file says it is written.

    Raises:
        ValueError: It is none, or does not say its time zone.
    """
    if fields.query.time == "iso":
        moment = datetime.fromisoformat(str(value).strip().replace(" +", "+").replace(" -", "-"))
        if moment.tzinfo is None:
            raise ValueError("a time of an order does not say its time zone")
        return moment.astimezone(UTC)
    try:
        seconds = float(value) / (_MS if fields.query.time == "unix_ms" else 1)
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, OverflowError, OSError) as exc:
        raise ValueError("a time of an order cannot be read") from exc


def write_time(moment: datetime, fields: OrderFields) -> str:
    """Write a moment as the market reads it."""
    match fields.query.time:
        case "iso":
            return moment.astimezone(UTC).isoformat(timespec="seconds")
        case "unix_s":
            return str(int(moment.timestamp()))
        case "unix_ms":
            return str(int(moment.timestamp() * _MS))


def orders_of(
    body: Any, fields: OrderFields, ask_rows: Callable[[Sequence[str]], Mapping[str, Any]]
) -> list[ChannelOrder]:
    """Read the orders of an answer; ``ask_rows`` gives rows by number where the list does not hold them.

    Raises:
        ValueError: The answer has no list of orders, or one of them cannot be read.
    """
    found = at(body, fields.reads.orders)
    if not isinstance(found, list):
        raise ValueError(f"the answer has no list of orders at {fields.reads.orders}")  # noqa: TRY004 - as above
    if fields.detail is None or not found:
        return [read_order(order, fields) for order in found]
    path = fields.reads.reference
    rows_of = ask_rows([_text(at(order, path), path) for order in found])
    return [read_order(order, fields, rows_of) for order in found]


def rows_by_order(body: Any, detail: OrderDetail) -> dict[str, Any]:
    """Read an answer of ``order_detail``: rows by number of the order.

    Raises:
        ValueError: The answer has no list of orders.
    """
    found = at(body, detail.orders)
    if not isinstance(found, list):
        raise ValueError(f"the answer has no list of orders at {detail.orders}")  # noqa: TRY004 - as above
    return {_text(at(order, detail.reference), detail.reference): at(order, detail.rows) for order in found}


def _text(value: Any, path: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(f"an order has no number at {path}")
    return str(value)
