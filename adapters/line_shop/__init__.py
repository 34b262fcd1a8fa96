"""LINE MyShop (LINE SHOPPING Thailand): catalogue, stock and orders of one shop through its API key."""

from typing import Final

from adapters.base import ChannelType
from adapters.line_shop.adapter import LineShopAdapter
from adapters.line_shop.budgets import budgets
from adapters.line_shop.mapping import KIND
from adapters.line_shop.webhooks import SECRET, LineShopWebhooks

LINE_SHOP: Final = ChannelType(
    kind=KIND,
    label_th="ร้าน LINE (LINE SHOPPING)",
    label_en="LINE MyShop",
    credential_names=("api_key",),
    settings_key="line",
    budgets_for=budgets,
    make=LineShopAdapter,
    optional_credential_names=(SECRET,),
    webhooks=LineShopWebhooks(),
    fallbacks_th=(
        "ตัวเลือกสินค้าเกิน 2 ชั้นลงไม่ได้ ระบบจะแจ้งให้รวมตัวเลือกหรือแยกสินค้า",
        "สต็อกที่เกิน 99,999 ชิ้นจะแสดงเป็น 99,999 ชิ้น",
        "ถ้าแต่ละตัวเลือกลดราคาไม่เท่ากัน จะแสดงเฉพาะราคาขาย ไม่แสดงราคาก่อนลด",
        "ตัวเลือกที่คุณเลิกขายจะแสดงเป็นสินค้าหมด เพราะ LINE ลบตัวเลือกเดี่ยวไม่ได้",
    ),
)

__all__ = ["LINE_SHOP", "LineShopAdapter"]
