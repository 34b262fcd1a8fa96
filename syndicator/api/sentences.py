"""What the HTTP API says about a request that it does not carry out, in Thai and in English."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from schemas.problem import Problem
from syndicator.domain.access import Role

_STATUS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("bad_request", "คำขอไม่ถูกต้อง กรุณาตรวจรูปแบบข้อมูล", "the request cannot be read; check its form"),
    401: (
        "key_invalid",
        "ต้องแนบคีย์ที่ใช้ได้ในหัวข้อ Authorization: Bearer <คีย์>",
        "a valid key is needed: Authorization: Bearer <key>",
    ),
    403: ("not_allowed", "คีย์นี้ไม่มีสิทธิ์ทำรายการนี้", "this key may not do that"),
    404: ("not_found", "ไม่พบสิ่งที่ขอ", "there is nothing here under that name"),
    405: ("method_not_allowed", "ที่อยู่นี้ใช้วิธีเรียกแบบนี้ไม่ได้", "this address does not take that method"),
    406: ("not_acceptable", "ไม่มีรูปแบบข้อมูลที่ขอ", "the answer cannot be given in the form asked for"),
    408: ("body_too_slow", "ข้อมูลส่งมาช้าเกินไป กรุณาส่งใหม่", "the body did not come in time; send it again"),
    409: ("conflict", "รายการนี้ขัดกับสถานะปัจจุบัน", "the request does not fit the present state"),
    413: ("body_too_large", "ข้อมูลที่ส่งมาใหญ่เกินไป", "the body is too large"),
    415: (
        "content_type",
        "ชนิดข้อมูล (Content-Type) ไม่ถูกต้อง",
        "the Content-Type is not one that this address takes",
    ),
    422: ("invalid", "ข้อมูลไม่ถูกต้อง", "the request is not valid"),
    500: (
        "our_fault",
        "ระบบขัดข้องเอง ไม่ใช่ความผิดของผู้ส่ง กรุณาลองใหม่ หรือแจ้งผู้ดูแลพร้อมหมายเลขคำขอ",
        "our fault, not yours; try again, or tell the operator with the request id",
    ),
    503: (
        "not_ready",
        "ระบบยังไม่พร้อมชั่วคราว กรุณาลองใหม่อีกสักครู่ ไม่มีอะไรถูกบันทึก",
        "not ready for a moment; try again shortly, nothing was stored",
    ),
}

_ROLES: Final = {Role.SELLER: "ผู้ขาย", Role.CENTRE: "ศูนย์", Role.ADMIN: "ผู้ดูแลระบบ"}


def metrics_closed() -> Problem:
    """Say that the figures are not for everybody."""
    return Problem(
        path="Authorization",
        code="metrics_closed",
        th="ตัวเลขของระบบอ่านได้จากเครื่องนี้ หรือด้วยรหัสใน SYNDICATOR_API__METRICS_TOKEN",
        en="the figures are for this machine, or for the token in SYNDICATOR_API__METRICS_TOKEN",
    )


def of_status(status: HTTPStatus) -> Problem:
    """Return what is said where nothing more is known than the status."""
    code, th, en = _STATUS.get(status, _STATUS[400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500])
    return Problem(path="", code=code, th=th, en=en)


def seller_unknown(code: str) -> Problem:
    """Say that there is no such seller, or none that the key reaches."""
    return Problem(
        path="seller",
        code="seller_not_found",
        th=f"ไม่พบผู้ขายรหัส {code} ในขอบเขตของคีย์นี้",
        en=f"there is no seller {code} within the reach of this key",
    )


def centre_unknown(code: str) -> Problem:
    """Say that there is no such centre, or none that the key reaches."""
    return Problem(
        path="centre",
        code="centre_not_found",
        th=f"ไม่พบศูนย์รหัส {code} ในขอบเขตของคีย์นี้",
        en=f"there is no centre {code} within the reach of this key",
    )


def read_only() -> Problem:
    """Say that the key may only read."""
    return Problem(
        path="",
        code="key_read_only",
        th="คีย์นี้อ่านได้อย่างเดียว ใช้คีย์ที่มีสิทธิ์เขียน",
        en="this key may only read; use one with the right to write",
    )


def role_needed(*roles: Role) -> Problem:
    """Say which keys may do it."""
    return Problem(
        path="",
        code="role_needed",
        th=f"รายการนี้ใช้ได้เฉพาะคีย์ของ{' หรือ'.join(_ROLES[role] for role in roles)}",
        en=f"only a key of the role {' or '.join(role.value for role in roles)} may do this",
    )


def too_many_requests(limit: int, wait_s: int) -> Problem:
    """Say how many requests a key may make, and when to go on."""
    return Problem(
        path="",
        code="too_many_requests",
        th=f"เรียกเกิน {limit} ครั้งต่อนาที รอ {wait_s} วินาทีแล้วทำต่อ",
        en=f"more than {limit} requests a minute; go on in {wait_s} s",
    )


def name_taken() -> Problem:
    """Say that an Idempotency-Key was used for another request."""
    return Problem(
        path="Idempotency-Key",
        code="idempotency_key_used",
        th="Idempotency-Key นี้เคยใช้กับคำขออื่นแล้ว คำขอใหม่ต้องใช้ค่าใหม่",
        en="this Idempotency-Key was used for another request; a new request needs a new one",
    )


def still_running() -> Problem:
    """Say that the same request is being worked on."""
    return Problem(
        path="Idempotency-Key",
        code="idempotency_key_running",
        th="คำขอเดียวกันกำลังทำอยู่ รอสักครู่แล้วถามใหม่ด้วย Idempotency-Key เดิม",
        en="the same request is being worked on; ask again shortly under the same Idempotency-Key",
    )


def key_name_invalid() -> Problem:
    """Say what an Idempotency-Key may look like."""
    return Problem(
        path="Idempotency-Key",
        code="idempotency_key_invalid",
        th="Idempotency-Key ต้องเป็นอักษรอังกฤษ ตัวเลข หรือ . _ : - ยาว 1 ถึง 200 ตัว",
        en="an Idempotency-Key is 1 to 200 letters, digits or . _ : -",
    )


def content_type(wanted: str) -> Problem:
    """Say which type of content an address takes."""
    return Problem(
        path="Content-Type",
        code="content_type",
        th=f"ต้องส่งเป็น {wanted}",
        en=f"send it as {wanted}",
    )


def channel_refused() -> Problem:
    """Say that a channel did not take what was asked of it now."""
    return Problem(
        path="",
        code="channel_refused",
        th="ช่องทางขายไม่ตอบรับในขณะนี้ กรุณาลองใหม่ภายหลัง",
        en="the channel does not take it now; try again later",
    )
