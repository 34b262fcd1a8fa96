"""What can be wrong with a source picture, as a seller reads it."""

from enum import StrEnum
from typing import Final

from schemas.problem import Problem


class MediaCode(StrEnum):
    """Stable names of picture problems."""

    EMPTY = "picture_empty"
    NOT_A_PICTURE = "not_a_picture"
    UNSUPPORTED_FORMAT = "unsupported_format"
    CORRUPT = "corrupt"
    TRUNCATED = "truncated"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_SMALL = "too_small"
    OUT_OF_MEMORY = "out_of_memory"
    DECODE_TIME = "decode_time"
    KILLED = "killed"
    CANNOT_FIT = "cannot_fit"
    URL_INVALID = "url_invalid"
    URL_NOT_HTTPS = "url_not_https"
    URL_REFUSED = "url_refused"
    URL_REDIRECTS = "url_redirects"
    URL_STATUS = "url_status"
    URL_UNREACHABLE = "url_unreachable"
    URL_TIME = "url_time"


_TEXTS: Final[dict[MediaCode, tuple[str, str]]] = {
    MediaCode.EMPTY: (
        "ไฟล์รูปว่างเปล่า (0 ไบต์) กรุณาส่งรูปใหม่อีกครั้ง",
        "The picture file is empty (0 bytes); send the picture again.",
    ),
    MediaCode.NOT_A_PICTURE: (
        "ไฟล์นี้ไม่ใช่รูปภาพ แม้ชื่อไฟล์จะดูเหมือนรูป กรุณาส่งรูปถ่ายสินค้าเป็น JPEG, PNG, WebP, HEIC หรือ TIFF",
        "The file is not a picture, whatever its name says; send a JPEG, PNG, WebP, HEIC or TIFF photo.",
    ),
    MediaCode.UNSUPPORTED_FORMAT: (
        "ระบบยังไม่รองรับรูปชนิด {format} กรุณาบันทึกเป็น JPEG หรือ PNG แล้วส่งใหม่",
        "Pictures of the kind {format} are not supported; save it as JPEG or PNG and send it again.",
    ),
    MediaCode.CORRUPT: (
        "ไฟล์รูปเสีย เปิดไม่ได้ กรุณาส่งรูปต้นฉบับใหม่อีกครั้ง",
        "The picture file is damaged and cannot be opened; send the original again.",
    ),
    MediaCode.TRUNCATED: (
        "ไฟล์รูปไม่ครบ ส่วนท้ายขาดหายไป อาจส่งไม่สมบูรณ์ กรุณาส่งรูปใหม่อีกครั้ง",
        "The picture file is cut short, perhaps by an unfinished upload; send it again.",
    ),
    MediaCode.TOO_MANY_PIXELS: (
        "รูปมีความละเอียดสูงเกินไป (เกิน {limit} ล้านพิกเซล) กรุณาย่อรูปก่อนส่ง",
        "The picture has too many pixels (more than {limit} million); make it smaller and send it again.",
    ),
    MediaCode.TOO_MANY_BYTES: (
        "ไฟล์รูปใหญ่เกินไป (เกิน {limit} MB) กรุณาย่อรูปก่อนส่ง",
        "The picture file is too big (more than {limit} MB); make it smaller and send it again.",
    ),
    MediaCode.TOO_SMALL: (
        "รูปเล็กเกินไป ({width}x{height} พิกเซล) ด้านที่สั้นที่สุดต้องมีอย่างน้อย {limit} พิกเซล กรุณาใช้รูปต้นฉบับที่ใหญ่กว่านี้",
        "The picture is too small ({width}x{height} pixels; the shorter side needs {limit}); use a larger original.",
    ),
    MediaCode.OUT_OF_MEMORY: (
        "รูปนี้ต้องใช้หน่วยความจำมากเกินกว่าที่ระบบอนุญาต กรุณาย่อรูปหรือบันทึกเป็น JPEG ก่อนส่ง",
        "Opening the picture needs more memory than is allowed; make it smaller or save it as JPEG.",
    ),
    MediaCode.DECODE_TIME: (
        "เปิดรูปนี้ไม่สำเร็จภายในเวลาที่กำหนด ไฟล์อาจผิดปกติ กรุณาบันทึกเป็น JPEG ใหม่แล้วส่งอีกครั้ง",
        "The picture could not be opened in the time allowed; save it anew as JPEG and send it again.",
    ),
    MediaCode.KILLED: (
        "รูปนี้ทำให้โปรแกรมเปิดรูปหยุดทำงาน จึงถูกกักไว้ กรุณาบันทึกเป็น JPEG ใหม่แล้วส่งอีกครั้ง",
        "The picture made the picture opener stop and was set aside; save it anew as JPEG and send it again.",
    ),
    MediaCode.CANNOT_FIT: (
        "บีบอัดรูปนี้ให้เล็กตามที่ช่องทางขายกำหนด ({limit} KB) ไม่ได้ กรุณาใช้รูปอื่น",
        "The picture cannot be made small enough for the channel ({limit} KB); use another picture.",
    ),
    MediaCode.URL_INVALID: (
        "ที่อยู่รูปไม่ถูกต้อง กรุณาคัดลอกลิงก์รูปใหม่ให้ครบ โดยขึ้นต้นด้วย https://",
        "The picture address is not valid; copy the whole link again, starting with https://.",
    ),
    MediaCode.URL_NOT_HTTPS: (
        "ลิงก์รูปต้องขึ้นต้นด้วย https:// กรุณาแก้ลิงก์ หรือส่งไฟล์รูปแทน",
        "A picture link must start with https://; mend the link or send the file instead.",
    ),
    MediaCode.URL_REFUSED: (
        "ลิงก์รูปชี้ไปยังที่อยู่ภายในหรือที่อยู่ที่ไม่อนุญาต กรุณาใช้ลิงก์ที่เปิดได้จากอินเทอร์เน็ต หรือส่งไฟล์รูปแทน",
        "The picture link points to a private or forbidden address; use a public link or send the file instead.",
    ),
    MediaCode.URL_REDIRECTS: (
        "ลิงก์รูปส่งต่อหลายครั้งเกินไป กรุณาใช้ลิงก์ตรงของรูป หรือส่งไฟล์รูปแทน",
        "The picture link redirects too often; use the picture's own link or send the file instead.",
    ),
    MediaCode.URL_STATUS: (
        "เว็บไซต์เจ้าของรูปไม่ให้เปิดรูปนี้ (รหัส {status}) กรุณาตรวจลิงก์ หรือส่งไฟล์รูปแทน",
        "The site does not give out the picture (HTTP {status}); check the link or send the file instead.",
    ),
    MediaCode.URL_UNREACHABLE: (
        "ติดต่อเว็บไซต์เจ้าของรูปไม่ได้ ระบบจะลองใหม่ให้ หากยังไม่ได้ กรุณาส่งไฟล์รูปแทน",
        "The site of the picture cannot be reached; we try again, and if that fails send the file instead.",
    ),
    MediaCode.URL_TIME: (
        "เว็บไซต์เจ้าของรูปตอบช้าเกินไป ระบบจะลองใหม่ให้ หากยังไม่ได้ กรุณาส่งไฟล์รูปแทน",
        "The site of the picture is too slow; we try again, and if that fails send the file instead.",
    ),
}


def media_problem(code: MediaCode, **values: object) -> Problem:
    """Write the problem ``code`` in both languages; ``path`` is left for the caller, who knows the column."""
    th, en = _TEXTS[code]
    return Problem(path="", code=code, th=th.format(**values), en=en.format(**values))


class MediaProblemError(Exception):
    """The picture is refused for good; ``problem`` tells the seller what to do. Trying again cannot help."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.en}")
        self.problem = problem

    @classmethod
    def of(cls, code: MediaCode, **values: object) -> "MediaProblemError":
        """Refuse a picture for the reason ``code``."""
        return cls(media_problem(code, **values))
