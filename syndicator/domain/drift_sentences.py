"""What a seller is asked about drift, in Thai and English, with the command to answer."""

import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.problem import Problem
from syndicator.domain.drift import DriftKind, Found
from syndicator.domain.listing import BANGKOK

CODE: Final = "listing.drift."
"""Beginning of the codes of these problems; the kind follows."""
_THINGS_TH: Final = {
    DriftKind.TEXT_EDITED: "ข้อความ",
    DriftKind.PRICE_EDITED: "ราคา",
    DriftKind.STOCK_EDITED: "จำนวนสินค้า",
    DriftKind.PICTURES_EDITED: "รูปภาพ",
    DriftKind.DETAILS_EDITED: "รายละเอียดสินค้า",
}
_THINGS_EN: Final = {
    DriftKind.TEXT_EDITED: "text",
    DriftKind.PRICE_EDITED: "price",
    DriftKind.STOCK_EDITED: "stock",
    DriftKind.PICTURES_EDITED: "pictures",
    DriftKind.DETAILS_EDITED: "details",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where drift was seen and how it is answered: the product, the account, the channel's name for people."""

    sku: str
    account: str
    channel: str

    def command(self, answer: str) -> str:
        """Return the command to type."""
        return f"syndicator drift {shlex.quote(self.sku)} --channel {self.account} --{answer}"


def is_about_drift(problem: Problem) -> bool:
    """Say whether a problem of a listing asks about drift."""
    return problem.code.startswith(CODE)


def drift_asked(found: Found, place: Place, seen_at: datetime, *, can_send_again: bool) -> Problem:
    """Somebody changed a listing on its channel, and only the seller can say whose word holds."""
    match found.kind:
        case DriftKind.HIDDEN:
            return _hidden(place, seen_at, can_send_again=can_send_again)
        case DriftKind.DELETED:
            return _deleted(place, seen_at)
        case _:
            return _edited(found, place, seen_at, can_send_again=can_send_again)


def _edited(found: Found, place: Place, seen_at: datetime, *, can_send_again: bool) -> Problem:
    thing_th, thing_en = _THINGS_TH[found.kind], _THINGS_EN[found.kind]
    ours, theirs = place.command("ours"), place.command("theirs")
    back_th = (
        f"ถ้าต้องการของเดิมสั่ง: {ours}"
        if can_send_again
        else f"ถ้าต้องการของเดิม กรุณาแก้ในแอปของ {place.channel} เอง"
    )
    back_en = (
        f"To put yours back: {ours} ."
        if can_send_again
        else "To have yours back, change it in the channel's app."
    )
    return Problem(
        path=found.kind.part.value if found.kind.part else "",
        code=f"{CODE}{found.kind.value}",
        th=f"{thing_th}ที่ {place.channel} ถูกแก้ไข ไม่ใช่โดยระบบ: เมื่อ {_when(seen_at)} เห็นเป็น “{found.seen}” "
        f"ที่ตั้งไว้คือ “{found.wanted}” {back_th} ถ้าจะใช้ตามที่ช่องทางแสดงสั่ง: {theirs}",
        en=f"The {thing_en} on {place.channel} was changed, not by this system: seen on {_when(seen_at)} as "
        f"“{found.seen}”, wanted is “{found.wanted}”. {back_en} To keep what the channel shows: {theirs}",
    )


def _hidden(place: Place, seen_at: datetime, *, can_send_again: bool) -> Problem:
    ours, theirs = place.command("ours"), place.command("theirs")
    back_th = f"ถ้าจะขายต่อสั่ง: {ours}" if can_send_again else f"ถ้าจะขายต่อ กรุณาเปิดในแอปของ {place.channel} เอง"
    back_en = (
        f"To sell it on: {ours} ." if can_send_again else "To sell it on, show it again in the channel's app."
    )
    return Problem(
        path="",
        code=f"{CODE}{DriftKind.HIDDEN.value}",
        th=f"ประกาศนี้ถูกซ่อนที่ {place.channel} ไม่ใช่โดยระบบ (เห็นเมื่อ {_when(seen_at)}) ผู้ซื้อไม่เห็นแล้ว {back_th} "
        f"ถ้าตั้งใจซ่อนสั่ง: {theirs}",
        en=f"The listing was hidden on {place.channel}, not by this system (seen on {_when(seen_at)}); buyers do not see it. "
        f"{back_en} If it was meant: {theirs}",
    )


def _deleted(place: Place, seen_at: datetime) -> Problem:
    ours, theirs = place.command("ours"), place.command("theirs")
    return Problem(
        path="",
        code=f"{CODE}{DriftKind.DELETED.value}",
        th=f"ประกาศนี้ไม่มีที่ {place.channel} แล้ว ไม่ใช่โดยระบบ (ถามช่องทางเมื่อ {_when(seen_at)}) ถ้าจะลงใหม่สั่ง: {ours} "
        f"ถ้าตั้งใจลบสั่ง: {theirs}",
        en=f"The listing is no longer on {place.channel}, and this system did not remove it (asked on {_when(seen_at)}). "
        f"To publish it again: {ours} . If it was meant: {theirs}",
    )


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(BANGKOK):%Y-%m-%d %H:%M}"
