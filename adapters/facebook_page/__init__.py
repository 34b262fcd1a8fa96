"""Facebook Page: one post per product, pictures uploaded unseen, exactly one visible call."""

from adapters.base import ChannelType
from adapters.facebook_page.adapter import FacebookPageAdapter
from adapters.facebook_page.mapping import KIND
from adapters.facebook_page.webhooks import PageReader
from adapters.meta_graph.usage import usages

FACEBOOK_PAGE = ChannelType(
    kind=KIND,
    label_th="เพจเฟซบุ๊ก",
    label_en="Facebook Page",
    credential_names=("page_token",),
    settings_key="meta",
    read_usage=usages,
    make=FacebookPageAdapter,
    webhooks=PageReader(),
    fallbacks_th=(
        "เปลี่ยนรูปในโพสต์เดิมไม่ได้ ระบบจะลบโพสต์เดิมแล้วโพสต์ใหม่พร้อมรูปใหม่",
        "เพจไม่มีช่องจำนวนสินค้า เมื่อของหมดหรือกลับมามีของ ระบบจะแก้ข้อความในโพสต์ให้",
    ),
)

__all__ = ["FACEBOOK_PAGE"]
