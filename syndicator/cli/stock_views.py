"""Stock as tables for people and as JSON for programs."""

from collections.abc import Sequence
from typing import Any

from syndicator.cli.output import Output
from syndicator.domain.stock import Level, MovementKind
from syndicator.domain.stock_rule import Shown
from syndicator.store.pushes import EDGES_S, Delays, Push
from syndicator.store.stock_reports import MovementReport, StockReport
from syndicator.usecases.stock import Changed

KINDS_TH = {
    MovementKind.COUNT: "นับ",
    MovementKind.SALE: "ขายหน้าร้าน",
    MovementKind.ORDER: "สั่งซื้อ",
    MovementKind.CANCEL: "ยกเลิก",
    MovementKind.SHIP: "ส่งของ",
    MovementKind.RETURN: "คืนของ",
    MovementKind.ADJUST: "ปรับ",
    MovementKind.DIFFERENCE: "ผลต่าง",
}
_SOURCES = {"import": ("ไฟล์สินค้า", "product file"), "hand": ("บันทึกเอง", "by hand")}
_REASONS = {
    "found": ("เจอเพิ่ม", "found"),
    "broken": ("เสียหาย", "broken"),
    "gift": ("แจกหรือให้", "given away"),
    "other": ("อื่น ๆ", "other"),
}
_RULES = {
    "last_units": ("ชิ้นท้าย ๆ ขายที่เดียว", "last units on one account"),
    "buffer": ("กันไว้", "buffer"),
    "share": ("แบ่งส่วน", "share"),
    "cap": ("ไม่เกินที่กำหนด", "cap"),
}


def level_json(level: Level) -> dict[str, Any]:
    """Return a level for programs."""
    return {
        "on_hand": level.on_hand,
        "held": level.held,
        "owed": level.owed,
        "available": level.available,
        "counted_at": level.counted_at,
    }


def changed_json(changed: Changed) -> dict[str, Any]:
    """Return a change for programs."""
    return {
        "sku": changed.sku,
        "before": level_json(changed.before),
        "after": level_json(changed.after),
        "was_known": changed.was_known,
    }


def stock_json(report: StockReport) -> dict[str, Any]:
    """Return a variant's stock for programs."""
    return {
        "sku": report.sku,
        "name": report.name,
        "changed_at": report.changed_at,
        **level_json(report.level),
    }


def show_changed(out: Output, changed: Sequence[Changed]) -> None:
    """Print what was and what is."""
    if not changed:
        out.say(
            "จำนวนเท่าเดิมทุกรายการ ไม่ต้องแจ้งช่องทางใด",
            "Every figure is as it was; no channel needs to hear of it.",
        )
        return
    heads = (
        "SKU",
        out.pick("บนชั้นเดิม", "shelf before"),
        out.pick("บนชั้นตอนนี้", "shelf now"),
        out.pick("ขายได้", "free"),
        out.pick("ค้างส่งเกิน", "owed"),
    )
    out.table(
        heads,
        [
            (one.sku, one.before.on_hand, one.after.on_hand, one.after.available, one.after.owed or None)
            for one in changed
        ],
    )
    if any(one.was_known for one in changed):
        out.say("รายการนี้บันทึกไว้ก่อนแล้ว จึงไม่เปลี่ยนซ้ำ", "This entry was known already and changed nothing again.")


def show_stock(out: Output, reports: Sequence[StockReport]) -> None:
    """Print one row for each variant."""
    heads = (
        "SKU",
        out.pick("สินค้า", "product"),
        out.pick("บนชั้น", "on shelf"),
        out.pick("จองแล้ว", "held"),
        out.pick("ค้างส่งเกิน", "owed"),
        out.pick("ขายได้", "free"),
        out.pick("เปลี่ยนล่าสุด", "changed"),
    )
    out.table(
        heads,
        [
            (
                one.sku,
                one.name,
                one.level.on_hand,
                one.level.held,
                one.level.owed or None,
                one.level.available,
                one.changed_at,
            )
            for one in reports
        ],
        flexible=1,
    )


def show_channels(out: Output, rows: Sequence[tuple[str, str, Shown, Push | None]]) -> None:
    """Print what every account shows of every variant: account, SKU, figure, and when it was sent and seen there."""
    heads = (
        out.pick("บัญชี", "account"),
        "SKU",
        out.pick("แสดง", "shows"),
        out.pick("เพราะ", "because of"),
        out.pick("ส่งเมื่อ", "sent"),
        out.pick("เห็นบนช่องทางเมื่อ", "seen there"),
    )
    out.table(
        heads,
        [
            (
                account,
                sku,
                figure.units,
                ", ".join(rule_name(out, name) for name in figure.because) or None,
                push and push.sent_at,
                push and push.seen_at,
            )
            for account, sku, figure, push in rows
        ],
    )


def rule_name(out: Output, name: str) -> str:
    """Return a rule's plain name."""
    return out.pick(*_RULES[name])


def show_history(out: Output, movements: Sequence[MovementReport]) -> None:
    """Print the newest movements of a variant, newest first."""
    heads = (
        out.pick("เมื่อ", "when"),
        out.pick("เหตุ", "kind"),
        out.pick("บนชั้น", "shelf"),
        out.pick("จอง", "promised"),
        out.pick("เหลือบนชั้น", "shelf after"),
        out.pick("บัญชี", "account"),
        out.pick("หมายเหตุ", "note"),
    )
    out.table(
        heads,
        [
            (
                one.happened_at,
                out.pick(KINDS_TH[one.kind], one.kind.value),
                f"{one.on_hand_change:+}" if one.on_hand_change else None,
                f"{one.promised_change:+}" if one.promised_change else None,
                one.on_hand_after,
                one.account,
                _said_of(out, one),
            )
            for one in movements
        ],
        flexible=6,
    )


def _said_of(out: Output, movement: MovementReport) -> str:
    """Return where a movement comes from: the order it belongs to, or what the person wrote who entered it."""
    if movement.account is not None:
        return movement.reference
    if movement.note in _REASONS:
        return out.pick(*_REASONS[movement.note])
    return movement.note or out.pick(*_SOURCES.get(movement.source, (movement.source, movement.source)))


def show_delays(out: Output, delays: Sequence[tuple[str, Delays]]) -> None:
    """Print how fast each account followed stock changes, and how often it took how long to be seen there."""
    heads = (
        out.pick("บัญชี", "account"),
        out.pick("ครั้ง", "changes"),
        out.pick("ส่งออก ครึ่งหนึ่งใน", "sent, half within"),
        out.pick("95% ใน", "95% within"),
        out.pick("เห็นจริง ครึ่งหนึ่งใน", "seen, half within"),
        out.pick("95% ใน", "95% within"),
    )
    out.table(
        heads,
        [
            (
                account,
                one.pushes,
                _seconds(one.sent_half_s),
                _seconds(one.sent_most_s),
                _seconds(one.seen_half_s),
                _seconds(one.seen_most_s),
            )
            for account, one in delays
        ],
    )
    for account, one in delays:
        if one.seen:
            out.block(
                out.pick(f"{account}: กี่ครั้งที่เห็นบนช่องทางภายใน", f"{account}: how many were seen within"),
                [
                    f"{label:>8}  {'█' * round(30 * count / one.seen)} {count}"
                    for label, count in _buckets(one)
                ],
            )


def delays_json(account: str, delays: Delays) -> dict[str, Any]:
    """Return an account's delays for programs; the histogram counts changes seen within so many seconds."""
    return {
        "account": account,
        "changes": delays.pushes,
        "seen": delays.seen,
        "sent_s": {"p50": delays.sent_half_s, "p95": delays.sent_most_s},
        "seen_s": {"p50": delays.seen_half_s, "p95": delays.seen_most_s},
        "last_at": delays.last_at,
        "seen_within": [{"seconds": label, "changes": count} for label, count in _buckets(delays)],
    }


def _buckets(delays: Delays) -> list[tuple[str, int]]:
    labels = [f"{edge:g} s" for edge in EDGES_S] + [f"> {EDGES_S[-1]:g} s"]
    return list(zip(labels, delays.histogram, strict=True))


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f} s"
