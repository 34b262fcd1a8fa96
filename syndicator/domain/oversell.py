"""What people read about an oversell: which order, how much, how late the channel knew, and what to do now."""

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.ids import Sku
from schemas.problem import Problem

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversold:
    """Units that an order sold and that were not there.

    Attributes:
        stock_changed_at: When the units went that this order sold again; None where there were never enough.
        told_at: When the account last took a figure of them before the order was placed; None where it never did.
    """

    account: str
    order: str
    sku: Sku
    units: int
    placed_at: datetime
    stock_changed_at: datetime | None
    told_at: datetime | None

    @property
    def delay(self) -> timedelta | None:
        """How long the channel went on selling units that were gone; None where that is not why they are missing."""
        if self.stock_changed_at is None or self.was_told or self.stock_changed_at > self.placed_at:
            return None
        return self.placed_at - self.stock_changed_at

    @property
    def was_told(self) -> bool:
        """Whether the channel knew that they were gone and took the order all the same."""
        return (
            self.stock_changed_at is not None
            and self.told_at is not None
            and self.told_at >= self.stock_changed_at
        )


def sentence(one: Oversold) -> Problem:
    """Say what was oversold, why, and what to do."""
    why_th, why_en = _why(one)
    mend = f"syndicator stock adjust {shlex.quote(f'{one.sku}=+{one.units}')}"
    return Problem(
        path=one.sku,
        code="oversold",
        th=f"ออร์เดอร์ {one.order} จาก {one.account} ขาย {one.sku} เกินไป {one.units:,} ชิ้น {why_th} "
        f"ถ้ามีของเข้ามา ให้ส่งจากของใหม่และบันทึกด้วย: {mend} "
        f"ถ้าไม่มี ให้ติดต่อผู้ซื้อหรือยกเลิกออร์เดอร์นี้ที่ {one.account}",
        en=f"order {one.order} of {one.account} sold {one.units:,} more of {one.sku} than there were; {why_en}. "
        f"If new stock comes in, ship from it and record it with: {mend} . "
        f"If not, contact the buyer or cancel the order at {one.account}",
    )


def _why(one: Oversold) -> tuple[str, str]:
    if one.stock_changed_at is None:
        return "เพราะตอนสั่งซื้อมีของไม่พออยู่แล้ว", "there were not enough when it was placed"
    if one.was_told:
        return (
            f"ทั้งที่แจ้งช่องทางแล้วเมื่อ {_clock(one.told_at)} (สั่งซื้อ {_clock(one.placed_at)})",
            f"the channel had been told at {_clock(one.told_at)} and took the order at {_clock(one.placed_at)} all the same",
        )
    delay = one.delay
    if delay is None:
        return (
            "เพราะถูกขายที่อื่นในเวลาแทบพร้อมกัน ไม่มีช่องทางใดรู้ทัน",
            "they were sold elsewhere at nearly the same time, before any channel could know",
        )
    th, en = _span(delay)
    told_th, told_en = _last_told(one)
    return (
        f"เพราะของหมดไปก่อนแล้ว {th} แต่ช่องทางยังไม่ได้รับแจ้ง ({told_th})",
        f"they had been gone for {en} and the channel had not been told ({told_en})",
    )


def _last_told(one: Oversold) -> tuple[str, str]:
    if one.told_at is None:
        return "ยังไม่เคยแจ้งจำนวน", "it never took a figure"
    return f"แจ้งล่าสุด {_clock(one.told_at)}", f"it last took a figure at {_clock(one.told_at)}"


def _clock(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def _span(span: timedelta) -> tuple[str, str]:
    """Return a time as people say it, in the largest unit that fits."""
    for size, th, en in ((_DAY, "วัน", "days"), (_HOUR, "ชั่วโมง", "hours"), (_MINUTE, "นาที", "minutes")):
        if span >= size:
            return f"{span / size:.1f} {th}", f"{span / size:.1f} {en}"
    return f"{span.total_seconds():.1f} วินาที", f"{span.total_seconds():.1f} seconds"
