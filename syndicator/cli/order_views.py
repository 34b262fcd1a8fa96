"""Orders and oversells as tables and sentences for people, and as JSON for programs."""

from collections.abc import Sequence
from typing import Any

from schemas.orders import OrderState
from syndicator.cli.output import Output
from syndicator.domain.oversell import sentence
from syndicator.store.order_reports import OrderLineReport, OrderReport, OrdersRead
from syndicator.store.oversells import OversellReport

STATES_TH = {
    OrderState.UNPAID: "รอจ่ายเงิน",
    OrderState.PAID: "จ่ายแล้ว รอส่ง",
    OrderState.SHIPPED: "ส่งแล้ว",
    OrderState.COMPLETED: "เสร็จสิ้น",
    OrderState.CANCELLED: "ยกเลิก",
    OrderState.EXPIRED: "หมดอายุ",
    OrderState.RETURNED: "คืนของ",
    OrderState.UNKNOWN: "ไม่ทราบ",
}


def order_json(order: OrderReport) -> dict[str, Any]:
    """Return an order for programs."""
    return {
        "account": order.account,
        "order": order.reference,
        "state": order.state.value,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
        "first_seen_at": order.first_seen_at,
        "lines": [
            {
                "sku": line.sku,
                "ordered": line.counters.ordered,
                "cancelled": line.counters.cancelled,
                "shipped": line.counters.shipped,
                "returned": line.counters.returned,
                "open": line.counters.open,
                "known": line.is_known,
                "oversold": line.oversold,
            }
            for line in order.lines
        ],
    }


def read_json(read: OrdersRead) -> dict[str, Any]:
    """Return how the reading of an account's orders stands, for programs."""
    return {"account": read.account, "read_at": read.read_at, "due_at": read.due_at}


def oversell_json(one: OversellReport) -> dict[str, Any]:
    """Return an oversell for programs; ``delay_s`` is how long the channel went on selling what was gone."""
    oversold = one.oversold
    problem = sentence(oversold)
    return {
        "seller": one.seller,
        "account": one.account,
        "order": oversold.order,
        "sku": oversold.sku,
        "units": oversold.units,
        "placed_at": oversold.placed_at,
        "stock_changed_at": oversold.stock_changed_at,
        "told_at": oversold.told_at,
        "delay_s": None if oversold.delay is None else oversold.delay.total_seconds(),
        "found_at": one.found_at,
        "closed_at": one.closed_at,
        "th": problem.th,
        "en": problem.en,
    }


def show_orders(out: Output, orders: Sequence[OrderReport]) -> None:
    """Print each order with what was ordered; a narrow terminal wraps it and cuts nothing off."""
    if not orders:
        out.say("ไม่มีออร์เดอร์ตามที่ขอ", "There are no such orders.")
    for order in orders:
        state = out.pick(STATES_TH[order.state], order.state.value)
        title = f"{order.placed_at.astimezone():%Y-%m-%d %H:%M} {order.account} {order.reference}: {state}"
        out.block(title, [_line(out, line) for line in order.lines])


def show_read(out: Output, reads: Sequence[OrdersRead]) -> None:
    """Print when each account's orders were last read."""
    if not reads:
        out.say("ไม่มีบัญชีที่ระบบอ่านออร์เดอร์ได้", "There is no account whose orders can be read.")
        return
    never = out.pick("ยังไม่เคยอ่าน", "never yet")
    out.block(
        out.pick("อ่านออร์เดอร์ครบล่าสุด:", "Orders last read to their end:"),
        [
            f"{one.account}: {never if one.read_at is None else f'{one.read_at.astimezone():%Y-%m-%d %H:%M:%S}'}"
            for one in reads
        ],
    )


def show_oversold(out: Output, found: Sequence[OversellReport]) -> None:
    """Print each oversell with what to do."""
    if not found:
        out.say("ไม่มีออร์เดอร์ที่ขายเกินจำนวนที่มี", "Nothing was oversold.")
        return
    for one in found:
        closed = "" if one.closed_at is None else out.pick(" (จบแล้ว)", " (settled)")
        title = f"{one.seller} / {one.account} {one.found_at.astimezone():%Y-%m-%d %H:%M}{closed}:"
        out.block(title, [out.problem(sentence(one.oversold))])


def _line(out: Output, line: OrderLineReport) -> str:
    counters = line.counters
    told = [
        out.pick(f"{th} {units:,}", f"{units:,} {en}")
        for units, th, en in (
            (counters.shipped, "ส่งแล้ว", "shipped"),
            (counters.cancelled, "ยกเลิก", "cancelled"),
            (counters.returned, "คืน", "returned"),
            (line.oversold, "ขายเกิน", "oversold"),
        )
        if units
    ]
    if not line.is_known:
        told.append(out.pick("ระบบไม่รู้จักรหัสนี้", "no stored product has this code"))
    return f"{line.sku or '–'} × {counters.ordered:,}" + (f" ({', '.join(told)})" if told else "")
