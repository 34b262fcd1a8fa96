"""Instagram: one post per product through containers, single picture or carousel, on either login's host."""

from adapters.base import ChannelType
from adapters.instagram.adapter import InstagramAdapter
from adapters.instagram.mapping import KIND
from adapters.meta_graph.usage import usages

INSTAGRAM = ChannelType(
    kind=KIND,
    label_th="อินสตาแกรม",
    label_en="Instagram",
    credential_names=("access_token",),
    settings_key="meta",
    read_usage=usages,
    make=InstagramAdapter,
    fallbacks_th=(
        "แก้แคปชันหรือรูปในโพสต์เดิมไม่ได้ บัญชีที่เชื่อมผ่าน Facebook ระบบจะลบแล้วลงใหม่ให้ บัญชีที่เชื่อมผ่าน Instagram ระบบจะแจ้งให้คุณทำเอง",
        "เมื่อราคาเปลี่ยน ของหมด หรือกลับมามีของ ระบบจะแจ้งเป็นความคิดเห็นใต้โพสต์",
        "รูปทุกรูปถูกเติมขอบขาวให้เป็นสี่เหลี่ยมจัตุรัส โดยไม่ตัดตัวสินค้า",
    ),
)

__all__ = ["INSTAGRAM"]
