"""What is kept of a channel's answer: its code, its words without secrets, and the sentence for a code nobody listed.

Shared by the error tables of all channels. Nothing here says what an answer means.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from adapters.http import redact
from schemas.problem import Problem

MAX_CODE: Final = 64
"""Characters of a vendor's code that are kept; the longest in a sheet has 32."""
MAX_SAID: Final = 300
"""Characters of a vendor's own words that are kept in an error."""
SHORTEST_SECRET: Final = 6
"""Secrets shorter than this are not looked for in texts: they would be found everywhere."""
_MOST_DIGITS: Final = 6
"""Digits of a wait that are believed: eleven days; a wish is not waited for longer."""
UNLISTED: Final = "unlisted_answer"
"""Code of the problem that an unlisted answer is shown as."""
_NOT_IN_A_CODE: Final = re.compile(r"[\s\x00-\x1f\x7f<>\"'`{}|]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a seller reads; ``{channel}`` stands for the name of the channel."""

    code: str
    th: str
    en: str

    def problem(self, *, path: str = "", **words: str) -> Problem:
        """Write the sentence with its words filled in."""
        return Problem(path=path, code=self.code, th=self.th.format(**words), en=self.en.format(**words))


_UNLISTED: Final = Sentence(
    UNLISTED,
    "{channel} ตอบกลับด้วยรหัส {code} ซึ่งระบบยังไม่รู้จัก ระบบจดรหัสนี้ไว้ให้ผู้ดูแลแล้ว และจะตรวจที่ช่องทางก่อนส่งซ้ำเสมอ "
    "กรุณาอย่าลงประกาศซ้ำเอง หากสถานะเป็น “ต้องแก้ไข” ให้แจ้งรหัสนี้กับผู้ดูแลระบบ",
    "{channel} answered with the code {code}, which this system does not know yet. It is noted for the administrator, and "
    "the channel is looked at before anything is sent again. Do not post again yourself; if the listing needs you, "
    "tell the administrator this code.",
)
_REFUSED: Final = Sentence(
    UNLISTED,
    "{channel} ไม่รับสินค้านี้ โดยตอบด้วยรหัส {code} ซึ่งระบบยังไม่รู้จัก กรุณาตรวจข้อมูลสินค้า หากถูกต้องแล้วให้แจ้งรหัสนี้กับผู้ดูแลระบบ",
    "{channel} refused this product with the code {code}, which this system does not know yet. Check the product's data; "
    "if it is right, tell the administrator this code.",
)


def unlisted_problem(channel: str, channel_en: str, code: str, *, is_refused: bool = False) -> Problem:
    """Tell a seller of an answer that no table lists: its code, never the vendor's words.

    ``is_refused`` says that the status alone proved that nothing was done.
    """
    sentence = _REFUSED if is_refused else _UNLISTED
    thai, english = (
        sentence.problem(channel=channel, code=code),
        sentence.problem(channel=channel_en, code=code),
    )
    return Problem(path="", code=UNLISTED, th=thai.th, en=english.en)


def code_of(value: Any) -> str | None:
    """Read a code as it came, a number or a text; anything else is no code.

    It is kept short and free of secrets, because it is shown and counted.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return _NOT_IN_A_CODE.sub("_", redact(str(value)).strip())[:MAX_CODE].strip("_") or None


def id_of(value: Any) -> str | None:
    """Read the channel's id of a call, kept short; None where it is none."""
    return redact(str(value))[:MAX_SAID] if isinstance(value, str | int) and value != "" else None


def said(value: Any, secrets: Iterable[str] = ()) -> str:
    """Return a vendor's words, capped, with everything taken out that looks like a secret or is one of ``secrets``."""
    if not isinstance(value, str):
        return ""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            value = value.replace(secret, "***")
    return redact(value)[:MAX_SAID]


def wait_of(response: httpx.Response) -> timedelta | None:
    """Read ``Retry-After`` in seconds; None where there is none, or it is no sensible number of them."""
    value = response.headers.get("retry-after", "").strip()
    is_sensible = value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
    return timedelta(seconds=int(value)) if is_sensible else None


def json_of(response: httpx.Response) -> Any:
    """Return the JSON of an answer; None when it holds none, and for one nested too deeply to be an answer."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
