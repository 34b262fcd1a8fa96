"""What people read of endpoints that do not take what they are told. Pure."""

from schemas.problem import Problem
from syndicator.domain.events import Failure, PausedReason

_PAUSED = {
    PausedReason.PERSON: (
        "หยุดส่งไว้ตามคำสั่ง เหตุการณ์ใหม่ยังเก็บรอไว้ สั่งส่งต่อได้ทุกเมื่อ",
        "it was paused by a person; new events are kept for it until it is resumed",
    ),
    PausedReason.FAILING: (
        "หยุดส่งเพราะปลายทางไม่รับข้อความต่อเนื่องนานเกินไป แก้ปลายทางแล้วสั่งส่งต่อ จากนั้นส่งซ้ำสิ่งที่พลาดไปได้",
        "it was paused because the endpoint took nothing for too long; mend it, resume it, and replay what it missed",
    ),
    PausedReason.GONE: (
        "หยุดส่งและไม่เก็บเหตุการณ์แล้ว เพราะปลายทางตอบว่าเลิกใช้ (410) หากยังต้องการ ให้สั่งส่งต่อ หรือลบทิ้ง",
        "it was paused and nothing is kept for it, because the endpoint answered that it is gone (410); resume or remove it",
    ),
}
_FAILED = {
    Failure.STATUS: (
        "ปลายทางตอบรหัส {status} ต้องตอบ 2xx เมื่อรับข้อความแล้ว",
        "the endpoint answered {status}; it must answer 2xx once it has the message",
    ),
    Failure.TIMEOUT: (
        "ปลายทางไม่ตอบภายในเวลา ให้รับไว้และตอบทันทีก่อน แล้วค่อยทำงานต่อ",
        "the endpoint did not answer in time; it should answer first and do its work after",
    ),
    Failure.UNREACHABLE: (
        "ติดต่อปลายทางไม่ได้ กรุณาตรวจชื่อ ใบรับรอง และว่าเปิดให้บริการอยู่",
        "the endpoint cannot be reached; check its name, its certificate, and that it is up",
    ),
    Failure.ADDRESS: (
        "ปลายทางชี้ไปยังเครือข่ายภายใน จึงไม่ส่งให้ กรุณาแก้ที่อยู่",
        "the endpoint leads into a private network, so nothing is sent; mend its address",
    ),
    Failure.SECRET: (
        "เปิดรหัสลับสำหรับลงลายเซ็นไม่ได้ ผู้ดูแลระบบต้องใส่กุญแจเดิมใน SYNDICATOR_SECRET_KEYS หรือเปลี่ยนรหัสลับใหม่",
        "the signing secret cannot be opened; put the key it was made with in SYNDICATOR_SECRET_KEYS, or rotate the secret",
    ),
}


def paused(reason: PausedReason) -> Problem:
    """Say why nothing is sent to an endpoint."""
    th, en = _PAUSED[reason]
    return Problem(path="", code=f"webhook_paused_{reason.value}", th=th, en=en)


def not_taken(failure: Failure, status: int | None) -> Problem:
    """Say why the last try did not count as taken."""
    th, en = (text.format(status=status) for text in _FAILED[failure])
    return Problem(path="", code=f"webhook_{failure.value}", th=th, en=en)


def unknown(public_id: str) -> Problem:
    """Say that there is no subscription of that id, or none within reach."""
    return Problem(
        path="webhook",
        code="webhook_not_found",
        th=f"ไม่พบปลายทางรับเหตุการณ์ {public_id} กรุณาตรวจรหัส",
        en=f"there is no webhook {public_id} within reach; check the id",
    )


def unknown_message(message_id: str) -> Problem:
    """Say that no such message was ever for the subscription, or that it was forgotten."""
    return Problem(
        path="message",
        code="webhook_message_not_found",
        th=f"ไม่พบข้อความ {message_id} ของปลายทางนี้ หรือเก่าจนลบไปแล้ว",
        en=f"there is no message {message_id} for this webhook, or it is so old that it was forgotten",
    )
