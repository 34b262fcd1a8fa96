"""The sentences sellers read when Meta refuses something: what happened and what to do, Thai and English."""

from typing import Final

from adapters.answers import Sentence

SERVICE: Final = Sentence(
    "meta_service",
    "{channel} ขัดข้องชั่วคราว ระบบจะตรวจสอบก่อนแล้วลองใหม่ให้เอง คุณไม่ต้องทำอะไร",
    "{channel} has a temporary fault; we check first and then try again by ourselves. Nothing to do.",
)
PACE: Final = Sentence(
    "meta_pace",
    "{channel} ขอให้ส่งช้าลง ระบบจะส่งต่อให้เองเมื่อครบเวลาที่ต้องรอ",
    "{channel} asks for a slower pace; we go on by ourselves when the wait is over.",
)
DAILY_QUOTA: Final = Sentence(
    "meta_daily_quota",
    "วันนี้ลง {channel} ครบจำนวนที่อนุญาตใน 24 ชั่วโมงแล้ว ระบบจะลงรายการที่เหลือให้เองเมื่อมีโควตา",
    "{channel}'s quota of posts in 24 hours is used up; the rest goes out by itself when there is room.",
)
RECONNECT: Final = Sentence(
    "meta_reconnect",
    "การเชื่อมต่อกับ {channel} หมดอายุหรือถูกยกเลิก กรุณาเชื่อมต่อบัญชีใหม่อีกครั้ง",
    "The connection to {channel} has expired or was revoked; please connect the account again.",
)
CHECKPOINT: Final = Sentence(
    "meta_checkpoint",
    "{channel} ขอให้ยืนยันตัวตน กรุณาเข้าสู่ระบบที่ facebook.com ให้ผ่านก่อน แล้วจึงเชื่อมต่อบัญชีใหม่",
    "{channel} wants a security check; log in at facebook.com first, then connect the account again.",
)
PAGE_ROLE: Final = Sentence(
    "meta_page_role",
    "บัญชีนี้ไม่มีสิทธิ์ดูแลเพจนี้แล้ว กรุณาให้เจ้าของเพจเพิ่มสิทธิ์ให้ก่อน การเชื่อมต่อใหม่อย่างเดียวไม่ช่วย",
    "This account may no longer manage the Page; ask the Page's owner for the role first. "
    "Reconnecting alone does not help.",
)
SCOPES: Final = Sentence(
    "meta_scopes",
    "{channel} ยังไม่อนุญาตให้ระบบทำรายการนี้ กรุณาเชื่อมต่อใหม่และติ๊กอนุญาตให้ครบทุกข้อ หรือขอสิทธิ์จากผู้ดูแลเพจ",
    "{channel} does not allow us this action; connect again with every permission ticked, "
    "or ask the Page's administrator for the right.",
)
RESTRICTED: Final = Sentence(
    "meta_restricted",
    "บัญชี {channel} ถูกจำกัดการใช้งาน กรุณาเปิดแอปและทำตามที่แอปแจ้ง แล้วกลับมากดเชื่อมต่อใหม่",
    "The {channel} account is restricted; open its app, follow what it asks, then connect again here.",
)
TOO_FAST: Final = Sentence(
    "meta_too_fast",
    "{channel} เห็นว่าโพสต์ถี่เกินไปจึงพักบัญชีไว้ชั่วคราว อาจนานหลายชั่วโมงถึงหลายวัน ระบบจะหยุดรอแล้วลองใหม่ให้เอง",
    "{channel} finds the account too busy and has paused it, for hours or days; we wait and try again.",
)
IDENTITY: Final = Sentence(
    "meta_identity",
    "{channel} ขอให้ยืนยันตัวตนในแอปมือถือ กรุณายืนยันให้เสร็จ แล้วกลับมากดเชื่อมต่อใหม่",
    "{channel} wants the owner's identity confirmed in the mobile app; do that, then connect again here.",
)
PAGE_AUTHORIZATION: Final = Sentence(
    "meta_page_authorization",
    "เพจนี้ต้องผ่านการอนุญาตเผยแพร่ของเพจก่อนจึงจะโพสต์ได้ กรุณาทำขั้นตอนนี้ที่หน้าเพจให้เสร็จ",
    "The Page needs Page Publishing Authorization before it can post; complete it on the Page.",
)
DUPLICATE: Final = Sentence(
    "meta_duplicate",
    "{channel} แจ้งว่าเคยมีโพสต์เนื้อหาเดียวกันนี้แล้ว ระบบกำลังค้นหาโพสต์เดิมก่อน คุณไม่ต้องโพสต์ซ้ำ",
    "{channel} says the same content was posted already; we look for that post first. Do not post again.",
)
BAD_PARAMETER: Final = Sentence(
    "meta_bad_parameter",
    "{channel} ไม่รับข้อมูลของประกาศนี้ กรุณาตรวจข้อความและรูปสินค้า หากถูกต้องแล้วโปรดแจ้งผู้ดูแลระบบ",
    "{channel} does not take this listing's data; check its text and pictures, "
    "and tell the administrator if they are right.",
)
PICTURE_UNREADABLE: Final = Sentence(
    "meta_picture_unreadable",
    "{channel} เปิดรูปสินค้าไม่ได้ กรุณาเปลี่ยนรูป หรือลองบันทึกรูปใหม่เป็นไฟล์ JPEG",
    "{channel} cannot read the picture; use another one, or save it anew as JPEG.",
)
PICTURE_BYTES: Final = Sentence(
    "meta_picture_bytes",
    "ไฟล์รูปใหญ่เกินที่ {channel} รับได้ กรุณาใช้รูปที่ไฟล์เล็กลง",
    "The picture file is larger than {channel} takes; use a smaller one.",
)
PICTURE_FORMAT: Final = Sentence(
    "meta_picture_format",
    "{channel} ไม่รับรูปชนิดนี้ กรุณาใช้รูป JPEG",
    "{channel} does not take this kind of picture; use a JPEG.",
)
PICTURE_RATIO: Final = Sentence(
    "meta_picture_ratio",
    "รูปกว้างหรือสูงเกินสัดส่วนที่ {channel} รับได้ กรุณาใช้รูปที่ใกล้สี่เหลี่ยมจัตุรัส",
    "The picture is wider or taller than {channel} takes; use one that is nearer to a square.",
)
CAPTION: Final = Sentence(
    "meta_caption",
    "ข้อความยาวเกินไป หรือมีแฮชแท็กหรือชื่อที่ขึ้นต้นด้วย @ มากเกินที่ {channel} รับได้ กรุณาลดลง",
    "The text is too long, or has more hashtags or @names than {channel} takes; please shorten it.",
)
CAROUSEL: Final = Sentence(
    "meta_carousel",
    "จำนวนรูปในโพสต์ไม่อยู่ในช่วงที่ {channel} รับได้ (2 ถึง 10 รูป) กรุณาปรับจำนวนรูป",
    "The number of pictures is outside what {channel} takes (2 to 10); please change it.",
)
MEDIA_TYPE: Final = Sentence(
    "meta_media_type",
    "{channel} ไม่รับสื่อชนิดนี้ กรุณาใช้รูปภาพ JPEG",
    "{channel} does not take this type of media; use JPEG pictures.",
)
TAGGING: Final = Sentence(
    "meta_tagging",
    "การแท็กในรูปไม่ถูกต้องหรือมากเกินที่ {channel} รับได้ กรุณาลดหรือเอาแท็กออก",
    "The tags on the picture are wrong or too many for {channel}; use fewer or none.",
)
VIDEO_FORMAT: Final = Sentence(
    "meta_video_format",
    "{channel} ไม่รับวิดีโอรูปแบบนี้ กรุณาใช้รูปภาพแทน",
    "{channel} does not take this video format; use pictures instead.",
)
POLICY: Final = Sentence(
    "meta_policy",
    "{channel} เห็นว่าเนื้อหานี้ขัดกับกติกาของชุมชน กรุณาแก้ข้อความหรือรูปสินค้า",
    "{channel} finds that the content breaks its rules; change the text or the pictures.",
)
LINK: Final = Sentence(
    "meta_link",
    "{channel} ไม่รับลิงก์ในข้อความ กรุณาตรวจว่าลิงก์เปิดได้ หรือเอาลิงก์ออก",
    "{channel} does not accept a link in the text; check that it opens, or take it out.",
)
NOT_READY: Final = Sentence(
    "meta_not_ready",
    "{channel} กำลังเตรียมรูปอยู่ ระบบจะลงประกาศให้เองเมื่อรูปพร้อม",
    "{channel} is still preparing the pictures; the listing goes out by itself when they are ready.",
)
MISSING: Final = Sentence(
    "meta_missing",
    "{channel} ไม่พบโพสต์หรือเพจนี้ หรือบัญชีนี้ไม่มีสิทธิ์เข้าถึง กรุณาตรวจว่าโพสต์ยังอยู่และสิทธิ์ของเพจยังครบ",
    "{channel} does not find the post or Page, or the account may not see it; "
    "check that it still exists and that the Page's permissions are complete.",
)
DELETE_BY_HAND: Final = Sentence(
    "meta_delete_by_hand",
    "{channel} ไม่ยอมให้ระบบลบโพสต์นี้ กรุณาลบโพสต์เองในแอป",
    "{channel} does not let us delete this post; please delete it by hand in the app.",
)
APP_SECRET: Final = Sentence(
    "meta_app_secret",
    "{channel} ไม่รับลายเซ็นของแอปในระบบนี้ กรุณาแจ้งผู้ดูแลระบบให้ตรวจรหัสลับของแอป แล้วจึงเชื่อมต่อบัญชีใหม่",
    "{channel} does not accept this system's app proof; ask the administrator to check the app's secret, "
    "then connect the account again.",
)
