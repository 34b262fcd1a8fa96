"""Problems the core itself reports to a seller, in Thai and English. Channels bring their own."""

import shlex
from dataclasses import dataclass

from schemas.channel import Part
from schemas.problem import Problem

_PARTS_TH = {
    Part.TEXT: "ข้อความ",
    Part.PRICE: "ราคา",
    Part.STOCK: "จำนวนสินค้า",
    Part.PICTURES: "รูปภาพ",
    Part.DETAILS: "รายละเอียดสินค้า",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How a person answers a question about a listing: the command with what it names."""

    sku: str
    account: str

    def command(self, answer: str) -> str:
        """Return the command to type."""
        return f"syndicator confirm {shlex.quote(self.sku)} --channel {self.account} {answer}"


def unconfirmed(channel: str, token: str, answering: Answering) -> Problem:
    """The channel cannot be asked whether a publish took effect."""
    live, absent = answering.command("--live CODE"), answering.command("--absent")
    return Problem(
        path="",
        code="listing.unconfirmed",
        th=f"ยังไม่แน่ใจว่าประกาศขึ้นที่ {channel} แล้วหรือไม่ กรุณาเปิดดูที่ร้านว่ามีรหัส {token} หรือไม่ "
        f"ถ้ามีให้สั่ง: {live} (CODE คือรหัสหรือลิงก์ของประกาศนั้น) ถ้าไม่มีให้สั่ง: {absent} "
        "ระบบจะไม่ส่งซ้ำจนกว่าจะได้รับคำตอบ",
        en=f"It is not known whether the listing appeared on {channel}. Look for {token} there. If it is there: "
        f"{live} (CODE is its code or address). If it is not: {absent} . Nothing is sent again until then.",
    )


def edit_by_hand(channel: str, parts: frozenset[Part], answering: Answering) -> Problem:
    """The channel cannot change these parts of a live listing."""
    named_th = " ".join(_PARTS_TH[part] for part in sorted(parts))
    named_en = ", ".join(sorted(part.value for part in parts))
    done = answering.command("--done")
    return Problem(
        path=",".join(sorted(part.value for part in parts)),
        code="listing.edit_by_hand",
        th=f"{channel} ไม่อนุญาตให้ระบบแก้{named_th}ของประกาศที่ลงแล้ว กรุณาแก้ในแอปของ {channel} เอง "
        f"แก้เสร็จแล้วให้สั่ง: {done} หรือถอนประกาศแล้วลงใหม่",
        en=f"{channel} does not let the system change the {named_en} of a live listing. Change it in the channel's own "
        f"app, then: {done} . Or withdraw the listing and publish it anew.",
    )


def withdraw_by_hand(channel: str, answering: Answering) -> Problem:
    """The channel does not let the system take a listing off sale."""
    done = answering.command("--done")
    return Problem(
        path="",
        code="listing.withdraw_by_hand",
        th=f"{channel} ไม่อนุญาตให้ระบบถอนประกาศ กรุณาลบประกาศในแอปของ {channel} เอง ลบเสร็จแล้วให้สั่ง: {done}",
        en=f"{channel} does not let the system withdraw a listing. Remove it by hand in the channel's own app, then: {done}",
    )


def publish_by_hand(channel: str, answering: Answering) -> Problem:
    """The channel does not let the system make a listing."""
    live = answering.command("--live CODE")
    return Problem(
        path="",
        code="listing.publish_by_hand",
        th=f"{channel} ไม่อนุญาตให้ระบบลงประกาศใหม่ กรุณาลงประกาศในแอปของ {channel} เอง ลงเสร็จแล้วให้สั่ง: {live}",
        en=f"{channel} does not let the system publish. List the product by hand in the channel's own app, then: {live}",
    )


def vanished(channel: str) -> Problem:
    """The listing was removed on the channel by somebody else."""
    return Problem(
        path="",
        code="listing.vanished",
        th=f"ประกาศนี้ถูกลบออกจาก {channel} แล้ว (ไม่ใช่โดยระบบ) ถ้าต้องการขายต่อให้สั่งลงประกาศใหม่",
        en=f"The listing was removed on {channel}, not by this system. Publish it again if it is still for sale.",
    )


def gave_up(channel: str, why: str) -> Problem:
    """Patience is over; the admin has a dead letter."""
    return Problem(
        path="",
        code="listing.gave_up",
        th=f"ลองส่งไปที่ {channel} หลายครั้งแล้วยังไม่สำเร็จ ระบบเก็บงานนี้ไว้ให้เจ้าหน้าที่ตรวจสอบ สินค้าของคุณยังอยู่ครบ",
        en=f"Sending to {channel} failed too often ({why}). The job is kept for an operator; nothing is lost.",
    )


def refresh_lost(channel: str, account: str) -> Problem:
    """A refresh was sent and its answer is lost: what it was made with works once only."""
    return Problem(
        path="",
        code="account.refresh_lost",
        th=f"ระบบขอต่ออายุสิทธิ์ของบัญชี {account} ที่ {channel} แล้วแต่ไม่ได้รับคำตอบ และช่องทางนี้ให้ขอซ้ำไม่ได้ "
        f"กรุณาเชื่อมบัญชีใหม่: syndicator channels connect … --name {account} สินค้าของคุณยังอยู่ครบ",
        en=f"{channel} was asked to renew the credential of the account {account} and its answer was lost; it cannot be "
        f"asked twice. Connect the account again: syndicator channels connect … --name {account}. Nothing is lost.",
    )


def refresh_failed(channel: str, account: str) -> Problem:
    """The channel renews the credential no more, or has not answered for a day."""
    return Problem(
        path="",
        code="account.refresh_failed",
        th=f"ต่ออายุสิทธิ์ของบัญชี {account} ที่ {channel} ไม่สำเร็จ "
        f"กรุณาเชื่อมบัญชีใหม่: syndicator channels connect … --name {account} สินค้าของคุณยังอยู่ครบ",
        en=f"The credential of the account {account} on {channel} could not be renewed. "
        f"Connect the account again: syndicator channels connect … --name {account}. Nothing is lost.",
    )


def account_not_opened(account: str, why: str) -> Problem:
    """The operator's keys or settings do not open an account; its seller has nothing to mend."""
    return Problem(
        path="",
        code="account.not_opened",
        th=f"ระบบเปิดบัญชี {account} ไม่ได้ เพราะกุญแจเข้ารหัสหรือไฟล์ตั้งค่าของระบบไม่ถูกต้อง ผู้ดูแลระบบต้องแก้ไข "
        f"ผู้ขายไม่ต้องทำอะไร สินค้ายังอยู่ครบและจะส่งต่อเองเมื่อแก้แล้ว (รายละเอียด: {why})",
        en=f"The account {account} cannot be opened, because a key or a file of settings of this system is wrong ({why}). "
        "An operator must mend it; the seller need do nothing, and work goes on by itself afterwards.",
    )


def broken_picture(source: str, problem: Problem) -> Problem:
    """A picture could not be prepared; says which one."""
    return Problem(
        path="image_files",
        code=problem.code,
        th=f"รูป {source}: {problem.th}",
        en=f"Picture {source}: {problem.en}",
    )


def our_fault(detail: str) -> Problem:
    """A fault of the program itself."""
    return Problem(
        path="",
        code="listing.internal",
        th="ระบบขัดข้องขณะเตรียมประกาศนี้ เจ้าหน้าที่ได้รับแจ้งแล้ว สินค้าของคุณยังอยู่ครบ",
        en=f"A fault of the program stopped this listing ({detail}). It is kept for an operator.",
    )


def feed_shrank(channel: str, account: str, *, before: int, now: int) -> Problem:
    """The file a channel reads would lose far more rows than one day's changes explain."""
    return Problem(
        path="",
        code="feed.shrank",
        th=f"ไฟล์สินค้าที่{channel}อ่านจะลดจาก {before:,} แถวเหลือ {now:,} แถว ระบบจึงเก็บไฟล์เดิมไว้ก่อน กรุณาตรวจว่าตั้งใจนำสินค้าออกจริง "
        f"ถ้าใช่ ให้ผู้ดูแลระบบสั่ง: syndicator feeds --let-shrink {account}",
        en=f"The file that {channel} reads would fall from {before:,} to {now:,} rows, so the old one was kept. Check that "
        f"the goods are really to go; if so, an operator runs: syndicator feeds --let-shrink {account}",
    )
