"""What the checks of readiness say, in Thai and in English: what is the matter, and what to do."""

from dataclasses import dataclass
from typing import Final

Sentence = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A check in words (Thai, English), when it is well and when it is not."""

    ok: Sentence
    failed: Sentence


UNKNOWN: Final[Sentence] = (
    "ยังไม่ทราบ เพราะอ่านจากฐานข้อมูลไม่ได้",
    "not known while the database cannot be read",
)
DATABASE: Final = Said(
    ("ฐานข้อมูลตอบ", "the database answers"),
    (
        "ฐานข้อมูลไม่ตอบภายใน 2 วินาที โปรดตรวจเซิร์ฟเวอร์",
        "the database does not answer within 2 s; look at the server",
    ),
)
REDIS: Final = Said(
    ("Redis ตอบ", "Redis answers"),
    ("Redis ไม่ตอบภายใน 2 วินาที โปรดตรวจเซิร์ฟเวอร์", "Redis does not answer within 2 s; look at the server"),
)
MIGRATIONS: Final = Said(
    ("ตารางในฐานข้อมูลตรงกับรุ่นนี้", "the tables are those of this release"),
    (
        "ตารางในฐานข้อมูลเก่ากว่ารุ่นนี้ ให้รัน: syndicator migrate",
        "the tables are older than this release; run: syndicator migrate",
    ),
)
SCHEDULER: Final = Said(
    ("ตัวจัดคิวงานทำงานอยู่", "a scheduler is at work"),
    (
        "ไม่มีตัวจัดคิวงาน จึงไม่มีงานใดถูกส่งออก ให้เปิด: syndicator scheduler",
        "no scheduler was heard of lately, so nothing is handed out; start: syndicator scheduler",
    ),
)
DUE: Final = Said(
    ("ไม่มีงานค้างนาน", "no due work is too old"),
    (
        "มีงานที่ถึงเวลาแล้วแต่ค้างนานเกินไป ให้ตรวจตัวทำงานด้วย: syndicator queues",
        "due work is too old; look at the workers: syndicator queues",
    ),
)
