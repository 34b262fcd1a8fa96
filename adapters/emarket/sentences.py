"""What a seller reads when a market refuses something: what happened and what to do, Thai and English.

``{channel}`` stands for the market's name and ``{said}`` for its own words. A rule of a market file names one of
``SAYINGS`` where its code says more than its kind does.
"""

from collections.abc import Mapping
from typing import Final

from adapters.answers import Sentence

SERVICE: Final = Sentence(
    "market_service",
    "{channel}ขัดข้องชั่วคราว ระบบจะตรวจสอบก่อนแล้วลองใหม่ให้เอง คุณไม่ต้องทำอะไร",
    "{channel} has a temporary fault; it is looked at first and then tried again by itself. Nothing to do.",
)
PACE: Final = Sentence(
    "market_pace",
    "{channel}ขอให้ส่งช้าลง ระบบจะส่งต่อให้เองเมื่อครบเวลาที่ต้องรอ",
    "{channel} asks for a slower pace; the rest goes out by itself when the wait is over.",
)
QUOTA: Final = Sentence(
    "market_quota",
    "วันนี้ส่งข้อมูลไป{channel}ครบโควตาแล้ว ระบบจะส่งที่เหลือให้เองเมื่อโควตาเริ่มใหม่",
    "{channel}'s quota for the day is used up; the rest goes out by itself when it begins anew.",
)
STOCK_HELD: Final = Sentence(
    "market_stock_held",
    "{channel}กันสินค้าไว้ให้คำสั่งซื้ออยู่ จึงลดสต็อกต่ำกว่านั้นไม่ได้ ระบบจะอ่านจำนวนใหม่แล้วปรับให้เอง",
    "{channel} holds units for orders, so the stock cannot go below them; it is read anew and set by itself.",
)
GONE: Final = Sentence(
    "market_gone",
    "ประกาศนี้ถูกลบออกจาก{channel}แล้ว ถ้าต้องการขายต่อให้สั่งลงประกาศใหม่",
    "The listing was removed from {channel}; publish it again if it is still for sale.",
)
LOCKED: Final = Sentence(
    "market_locked",
    "{channel}ยังไม่ให้แก้สินค้านี้ตอนนี้ (แจ้งว่า “{said}”) ระบบจะลองใหม่ให้เอง",
    "{channel} does not allow changing this listing now ('{said}'); it is tried again by itself.",
)
REVIEW: Final = Sentence(
    "market_review",
    "{channel}กำลังตรวจประกาศนี้อยู่ ระบบจะลองใหม่ให้เองเมื่อผ่านไปสักพัก",
    "{channel} is reviewing this listing; it is tried again by itself after a while.",
)
RECONNECT: Final = Sentence(
    "market_reconnect",
    "บัญชี{channel}ใช้งานไม่ได้แล้ว กรุณาเชื่อมต่อบัญชีใหม่ งานที่ค้างจะส่งต่อเองหลังเชื่อมต่อ",
    "The account on {channel} no longer works; connect it again, and what waits is sent by itself.",
)
RESTRICTED: Final = Sentence(
    "market_restricted",
    "{channel}จำกัดร้านนี้ไว้ กรุณาเปิดหน้าผู้ขายของตลาดและทำตามที่แจ้ง แล้วกลับมาเชื่อมต่อบัญชีใหม่",
    "{channel} has restricted this shop; open its seller centre, follow what it asks, then connect the account again.",
)
APP: Final = Sentence(
    "market_app",
    "{channel}ไม่รับแอปของระบบนี้ ร้านของคุณไม่ผิดอะไร กรุณาแจ้งผู้ดูแลระบบให้ตรวจคีย์และสิทธิ์ของแอปที่ตลาด แล้วจึงเชื่อมต่อบัญชีใหม่",
    "{channel} does not accept this system's app; your shop is not at fault. Ask the administrator to check the app's keys "
    "and rights there, then connect the account again.",
)
OURS: Final = Sentence(
    "market_our_request",
    "{channel}ไม่รับคำขอที่ระบบส่งไป ข้อมูลสินค้าของคุณไม่ผิดอะไร กรุณาแจ้งผู้ดูแลระบบ",
    "{channel} did not take the request as this system sent it; your product's data is not at fault. Tell the administrator.",
)
DUPLICATE: Final = Sentence(
    "code_taken",
    "{channel}มีสินค้าที่ใช้รหัสนี้อยู่แล้ว กรุณาลบสินค้าเดิมในตลาดหรือเปลี่ยนรหัสสินค้า",
    "{channel} already has a listing with this code; delete that one there or change the code.",
)
REFUSED: Final = Sentence(
    "market_refused",
    "{channel}ไม่รับสินค้านี้ โดยแจ้งว่า “{said}” กรุณาแก้ข้อมูล แล้วระบบจะส่งให้ใหม่",
    "{channel} refused this product, saying '{said}'; correct it and it is sent again.",
)
DONE: Final = Sentence(
    "market_already_done",
    "{channel}แจ้งว่าประกาศนี้เป็นอย่างที่ต้องการอยู่แล้ว คุณไม่ต้องทำอะไร",
    "{channel} says that the listing is already as it should be. Nothing to do.",
)

SAYINGS: Final[Mapping[str, Sentence]] = {
    "app": APP,
    "ours": OURS,
    "title_length": Sentence(
        "market_title_length",
        "ชื่อสินค้ายาวเกินที่{channel}รับได้ (ตัวอักษรไทยหนึ่งตัวอาจนับเป็นสาม) กรุณาย่อชื่อสินค้า",
        "The product's name is longer than {channel} takes (one Thai letter may count as three); shorten it.",
    ),
    "letters": Sentence(
        "market_letters",
        "ชื่อหรือรายละเอียดสินค้ามีตัวอักษรหรือสัญลักษณ์ที่{channel}ไม่รับ กรุณาเอาสัญลักษณ์ออก",
        "The name or description holds a character that {channel} does not take; remove symbols.",
    ),
    "hashtags": Sentence(
        "market_hashtags",
        "รายละเอียดสินค้ามีแฮชแท็กมากเกินที่{channel}รับได้ กรุณาลดจำนวนแฮชแท็ก",
        "The description has more hashtags than {channel} takes; use fewer.",
    ),
    "picture_missing": Sentence(
        "market_picture_missing",
        "สินค้านี้มีรูปน้อยกว่าที่{channel}ต้องการ กรุณาเพิ่มรูปสินค้า",
        "The product has fewer pictures than {channel} wants; add some.",
    ),
    "picture_count": Sentence(
        "market_picture_count",
        "สินค้านี้มีรูปมากกว่าที่{channel}รับได้ กรุณาลดจำนวนรูป",
        "The product has more pictures than {channel} takes; use fewer.",
    ),
    "picture_repeated": Sentence(
        "market_picture_repeated",
        "สินค้านี้ใช้รูปเดียวกันซ้ำ ซึ่ง{channel}ไม่รับ กรุณาเอารูปที่ซ้ำออก",
        "The product shows the same picture twice, which {channel} does not take; remove one.",
    ),
    "price": Sentence(
        "market_price",
        "{channel}ไม่รับราคานี้ กรุณาตรวจราคาสินค้า (ต้องมากกว่าศูนย์และอยู่ในช่วงที่ตลาดกำหนด)",
        "{channel} does not take this price; check it (above zero and within the market's range).",
    ),
    "parcel": Sentence(
        "market_parcel",
        "พัสดุของสินค้านี้หนักหรือใหญ่เกินที่{channel}รับได้ กรุณาตรวจน้ำหนักและขนาดกล่อง หรือแบ่งขายเป็นชุดเล็กลง",
        "The parcel is heavier or larger than {channel} takes; check weight and size, or sell it in smaller sets.",
    ),
    "capacity": Sentence(
        "market_capacity",
        "{channel}รับสินค้าหรือตัวเลือกจำนวนนี้ไม่ได้ กรุณาลดจำนวนตัวเลือกของสินค้า หรือลบสินค้าที่ไม่ขายแล้วออกจากตลาด",
        "{channel} has no room for so many products or variants; use fewer variants, or delete goods no longer sold there.",
    ),
}
"""What ``says`` in a rule may name."""
