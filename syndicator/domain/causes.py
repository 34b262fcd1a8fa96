"""What a dead letter died of: one fingerprint for the same trouble of many listings, and the cause in people's words. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.listing import fingerprint
from syndicator.domain.listing import MARKER

DUPLICATE_FOUND = "DuplicateFound"
"""Cause of a notice: buyers see more than one listing of a product on one account."""
WORKER_LOST = "WorkerLost"
"""Cause of a listing whose worker ended in the middle, again and again."""

_STATUS = re.compile(r"(?i)\b(HTTP|status)[ :/]+([1-5][0-9]{2})\b")
_TRACE = re.compile(
    r"\b(?i:(?:fbtrace|trace)(?:[ _-]?id)?|request[ _-]?id)[ :=\"']+(?=[A-Za-z0-9_/+-]*[A-Z0-9])[A-Za-z0-9_/+-]+"
)
"""The channel's id of one call, which may by chance have no digit in it."""
_WORD = r"[A-Za-z0-9_./:@+~%&?=-]"
_WITH_DIGIT = re.compile(rf"(?<!{_WORD})(?:[A-Za-z_./:@+~%&?=-]*[0-9๐-๙]{_WORD}*)")
_SEVERAL = re.compile(r"#(?:[\s,;]*#)+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a letter is grouped by.

    Attributes:
        where: The step of a listing, or the actor of a message.
        error: Name of the error's class.
        channel: Kind of channel; "" for a message.
        vendor_code: The channel's own code, "" where it gave none.
        message: What was said, with everything that names one listing still in it.
    """

    where: str
    error: str
    channel: str = ""
    vendor_code: str = ""
    message: str = ""

    def fingerprint(self, names: Iterable[str] = ()) -> str:
        """Return the hash that equal troubles share; it begins with a letter, so it is never taken for a number.

        Args:
            names: Codes and ids of the listing that the message may quote.
        """
        said = normalised(self.message, names)
        return "c" + fingerprint([self.where, self.error, self.channel, self.vendor_code, said])[:9]


def normalised(message: str, names: Iterable[str] = ()) -> str:
    """Blank out of a message what differs from listing to listing: the names given, markers, ids, numbers, addresses.

    Every word with a digit in it goes, for ids are numbers, hashes and codes; only an HTTP status stays, for it tells
    one trouble from another. Several blanks in a row count as one, so a list of three ids reads like one of two.
    """
    text = unicodedata.normalize("NFC", message)
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", "#", text)
    text = _TRACE.sub("#", MARKER.sub("#", text))
    text = _STATUS.sub(lambda found: f"HTTP {_spelled(found[2])}", text)
    text = _WITH_DIGIT.sub("#", text)
    return _SPACE.sub(" ", _SEVERAL.sub("#", text)).strip()


def _spelled(status: str) -> str:
    """Write a status in letters, so that it survives the blanking of numbers."""
    return "".join(chr(ord("a") + int(digit)) for digit in status)


_WORDS = {
    "Transient": (
        "ช่องทางตอบว่ายังทำให้ไม่ได้ ลองหลายครั้งแล้ว",
        "the channel kept answering that it cannot do it now",
    ),
    "Throttled": (
        "ช่องทางขอให้ช้าลงจนเลยเวลาที่รอได้",
        "the channel asked to slow down for longer than a wish waits",
    ),
    "Locked": (
        "ช่องทางล็อกประกาศไว้นานเกินไป (โปรโมชันหรือรอตรวจ)",
        "the channel kept the listing locked for too long (promotion, review)",
    ),
    "OutcomeUnknown": (
        "ส่งแล้วไม่ได้รับคำตอบหลายครั้ง และตรวจไม่พบประกาศ",
        "the answer was lost again and again, and no listing was found",
    ),
    "Unsupported": (
        "ระบบสั่งสิ่งที่ช่องทางทำไม่ได้ เป็นข้อผิดพลาดของโปรแกรม",
        "the program asked for something the channel cannot do: a fault of the program",
    ),
    WORKER_LOST: (
        "ตัวทำงานดับทุกครั้งที่ทำรายการนี้",
        "its worker ended every time it worked on this",
    ),
    DUPLICATE_FOUND: (
        "ผู้ซื้อเห็นประกาศของสินค้าเดียวกันมากกว่าหนึ่งประกาศ",
        "buyers see more than one listing of the same product",
    ),
    "MalformedMessage": (
        "ข้อความในคิวอ่านไม่ได้",
        "a message in the queue cannot be read",
    ),
    "ActorNotFound": (
        "ข้อความในคิวสั่งงานที่ไม่มีอยู่",
        "a message in the queue asks for work that does not exist",
    ),
}


def in_words(error: str) -> tuple[str, str]:
    """Return a cause for people, in Thai and in English; whatever is not known is a fault of the program."""
    known = _WORDS.get(error)
    return known or (f"โปรแกรมขัดข้อง ({error})", f"a fault of the program ({error})")
