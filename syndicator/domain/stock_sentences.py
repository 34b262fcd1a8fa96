"""What people read about stock, in Thai and English: what is wrong with which figure, and what to do."""

from datetime import datetime

from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.domain.stock import MOST_UNITS, Level


def unknown_sku(sku: Sku) -> Problem:
    """Nobody stored this code."""
    return Problem(
        path=sku,
        code="sku_unknown",
        th=f"ไม่พบสินค้ารหัส {sku} ตรวจตัวสะกด หรือส่งไฟล์สินค้าก่อนด้วย: syndicator publish",
        en=f"there is no product {sku}; check the spelling, or send the file first with: syndicator publish",
    )


def absurd_units(sku: Sku, units: int) -> Problem:
    """A count below nothing, or above all reason."""
    return Problem(
        path=sku,
        code="units_absurd",
        th=f"จำนวนของ {sku} คือ {units:,} ชิ้น ซึ่งเป็นไปไม่ได้ ใส่จำนวนตั้งแต่ 0 ถึง {MOST_UNITS:,} ชิ้น",
        en=f"{units:,} units of {sku} cannot be; give 0 to {MOST_UNITS:,}",
    )


def absurd_change(sku: Sku, by: int) -> Problem:
    """A change of nothing, or above all reason."""
    return Problem(
        path=sku,
        code="change_absurd",
        th=f"เปลี่ยนจำนวนของ {sku} เป็น {by:+,} ชิ้นไม่ได้ ใส่เช่น +5 หรือ -2 (ไม่เกิน {MOST_UNITS:,} ชิ้น)",
        en=f"{sku} cannot change by {by:+,} units; give, say, +5 or -2 (at most {MOST_UNITS:,})",
    )


def not_enough(sku: Sku, by: int, level: Level) -> Problem:
    """More is taken off than is on the shelf."""
    return Problem(
        path=sku,
        code="stock_not_enough",
        th=f"ลดจำนวน {sku} ลง {-by:,} ชิ้นไม่ได้ เพราะมีอยู่ {level.on_hand:,} ชิ้น "
        f"ถ้านับแล้วได้จำนวนอื่น ใช้: syndicator stock count {sku}=จำนวนที่นับได้",
        en=f"{-by:,} units of {sku} cannot be taken off, there are {level.on_hand:,}; "
        f"if you counted something else, use: syndicator stock count {sku}=UNITS",
    )


def counted_ahead(moment: datetime) -> Problem:
    """A count that began in the future."""
    shown = f"{moment.astimezone():%Y-%m-%d %H:%M}"
    return Problem(
        path="--began",
        code="count_ahead",
        th=f"เวลาเริ่มนับ {shown} ยังมาไม่ถึง ใส่เวลาที่เริ่มนับจริง",
        en=f"the count cannot begin at {shown}, which lies ahead; give when you began to count",
    )
