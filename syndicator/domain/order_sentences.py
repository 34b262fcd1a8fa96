"""What people read about orders that could not be taken in as they came, in Thai and English."""

from collections.abc import Iterable
from typing import Final

from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.domain.orders import MOST_OF_A_LINE

_MOST_NAMED: Final = 3


def unknown(account: str, skus: Iterable[Sku]) -> Problem:
    """The account sold something that no product of ours is."""
    names = list(dict.fromkeys(sku or "–" for sku in skus))
    named = ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
    return Problem(
        path=account,
        code="order_sku_unknown",
        th=f"{account} ขายสินค้าที่ระบบไม่รู้จัก (รหัส {named}) จำนวนในสต็อกจึงยังไม่ลดลง "
        "ส่งไฟล์สินค้าที่มีรหัสนี้ด้วย: syndicator publish แล้วระบบจะหักสต็อกให้เอง "
        "ดูทั้งหมดด้วย: syndicator orders --unknown",
        en=f"{account} sold what no stored product is (code {named}), so no stock was taken off for it. Send a file with "
        "that code: syndicator publish , and it is taken off by itself. See all: syndicator orders --unknown",
    )


def refused(account: str, order: str, sku: Sku, ordered: int) -> Problem:
    """A line of an order that cannot be."""
    return Problem(
        path=order,
        code="order_line_absurd",
        th=f"ออร์เดอร์ {order} จาก {account} สั่ง {sku} {ordered:,} ชิ้น ซึ่งเป็นไปไม่ได้ (รับไม่เกิน {MOST_OF_A_LINE:,} ชิ้น) "
        "ระบบจึงไม่หักสต็อกรายการนี้ กรุณาตรวจออร์เดอร์ที่ช่องทาง ถ้าเป็นจริงให้ปรับเองด้วย: syndicator stock adjust",
        en=f"order {order} of {account} asks for {ordered:,} units of {sku}, which cannot be (at most {MOST_OF_A_LINE:,}), "
        "so no stock was taken off for it. Look at the order on the channel; if it is real: syndicator stock adjust",
    )


def unread(account: str, label: str) -> Problem:
    """The channel answers, but its orders cannot be read."""
    return Problem(
        path=account,
        code="orders_unread",
        th=f"อ่านออร์เดอร์จาก {account} ({label}) ไม่ได้ สต็อกจึงยังไม่ลดตามที่ขายได้ที่นั่น ระบบจะลองใหม่เอง "
        f"ระหว่างนี้โปรดระวังขายเกิน ตรวจบัญชีด้วย: syndicator channels check {account}",
        en=f"the orders of {account} ({label}) cannot be read, so what it sells is not taken off the stock. It is tried "
        f"again by itself; beware of overselling meanwhile. Check the account: syndicator channels check {account}",
    )
