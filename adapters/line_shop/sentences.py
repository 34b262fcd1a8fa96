"""What a seller reads when MyShop refuses something: what happened and what to do, Thai and English.

``{said}`` stands for LINE's own words: lengths and picture rules are published nowhere, so a refusal of content is
shown with the reason that LINE gives (docs/channels/line.md section 4).
"""

from typing import Final

from adapters.answers import Sentence

SERVICE: Final = Sentence(
    "line_service",
    "ร้าน LINE ขัดข้องชั่วคราว ระบบจะตรวจสอบก่อนแล้วลองใหม่ให้เอง คุณไม่ต้องทำอะไร",
    "The LINE shop has a temporary fault; it is looked at first and then tried again by itself. Nothing to do.",
)
PACE: Final = Sentence(
    "line_pace",
    "LINE ขอให้ส่งช้าลง ระบบจะส่งต่อให้เองเมื่อครบเวลาที่ต้องรอ",
    "LINE asks for a slower pace; the rest goes out by itself when the wait is over.",
)
KEY_REFUSED: Final = Sentence(
    "line_key_refused",
    "LINE ไม่รับ API key ของร้านนี้ กรุณาสร้างคีย์ใหม่ใน OA Plus (ตั้งค่า → API keys) แล้วเชื่อมต่อร้านอีกครั้ง",
    "LINE does not accept this shop's API key; make a new one in OA Plus (Settings, API keys) and reconnect.",
)
NOT_ALLOWED: Final = Sentence(
    "line_not_allowed",
    "LINE ไม่อนุญาตให้ร้านนี้ใช้งานส่วนนี้ กรุณาให้ผู้ดูแล OA ตรวจสิทธิ์ของร้านใน OA Plus แล้วเชื่อมต่อใหม่",
    "LINE does not allow this shop to do that; let an OA admin check its rights in OA Plus, then reconnect.",
)
CODE_TAKEN: Final = Sentence(
    "code_taken",
    "ร้าน LINE มีสินค้าที่ใช้รหัสนี้อยู่แล้ว กรุณาลบสินค้าเดิมในร้าน LINE หรือเปลี่ยนรหัสสินค้า",
    "The LINE shop already has a product with this code; delete that one in the shop or change the code.",
)
REFUSED: Final = Sentence(
    "line_refused",
    "LINE ไม่รับสินค้านี้ โดยแจ้งว่า “{said}” กรุณาแก้ข้อมูลสินค้า แล้วระบบจะส่งให้ใหม่",
    "LINE refused this product, saying '{said}'; correct the product and it is sent again.",
)
UNKNOWN_VALUE: Final = Sentence(
    "line_unknown_value",
    "LINE ไม่รู้จักค่าบางอย่างของสินค้านี้ มักเป็นเลขหมวดหมู่ กรุณาตรวจหมวดหมู่ของสินค้ากับตารางหมวดหมู่ของบัญชี (LINE แจ้งว่า “{said}”)",
    "LINE does not know a value of this product, most likely its category number; check it against the account's table "
    "of categories (LINE says '{said}').",
)
LOCKED: Final = Sentence(
    "line_locked",
    "LINE ยังไม่ให้แก้สินค้านี้ตอนนี้ อาจเพราะกำลังจัดโปรโมชัน ระบบจะลองใหม่ให้เอง (LINE แจ้งว่า “{said}”)",
    "LINE does not allow changing this product now, perhaps because a promotion runs; it is tried again by itself "
    "(LINE says '{said}').",
)
STOCK_MOVED: Final = Sentence(
    "line_stock_moved",
    "มีคำสั่งซื้อเข้ามาระหว่างปรับสต็อกในร้าน LINE ระบบจะอ่านจำนวนใหม่แล้วปรับให้เอง คุณไม่ต้องทำอะไร",
    "An order came in while the stock was set in the LINE shop; the figure is read anew and set by itself. Nothing to do.",
)
GONE: Final = Sentence(
    "line_gone",
    "สินค้านี้ถูกลบออกจากร้าน LINE แล้ว ถ้าต้องการขายต่อให้สั่งลงประกาศใหม่",
    "This product was deleted in the LINE shop; publish it again if it is still for sale.",
)
