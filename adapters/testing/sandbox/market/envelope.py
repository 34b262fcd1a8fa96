"""The market's envelope, the Lazada way: HTTP 200 and a code, "0" for success. Source: emarkets.md §4.3, §14."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from adapters.testing.sandbox.exchange import Answer, Refused

OK: Final = "0"
ITEM_NOT_FOUND: Final = "ITEM_NOT_FOUND"
LOCKED: Final = "4170"
"""A campaign runs on the item."""
RESERVED: Final = "RESERVED_STOCK"
"""A figure of stock below what orders hold."""
SUMMARY: Final = "501"
"""Summary code of a batch in which no row succeeded or some failed: read ``detail``."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing wrong with one row or field."""

    code: str
    message: str
    sku: str = ""
    field: str = ""

    def body(self) -> dict[str, str]:
        """Return it as ``detail`` shows it."""
        return {"sku": self.sku, "field": self.field, "code": self.code, "message": self.message}


def success(data: Any, failed: list[RowError] | None = None) -> Answer:
    """Answer with data; rows that failed stand in ``detail`` beside it."""
    body: dict[str, Any] = {"code": OK, "data": data, "request_id": uuid.uuid4().hex}
    if failed:
        body["detail"] = [row.body() for row in failed]
    return Answer(200, body, error=failed[0].code if failed else None)


def failure(code: str, message: str, detail: list[RowError] | None = None, status: int = 200) -> Answer:
    """Answer with an error inside the envelope."""
    body: dict[str, Any] = {
        "code": code,
        "type": "ISV",
        "message": message,
        "request_id": uuid.uuid4().hex,
        "detail": [row.body() for row in detail or []],
    }
    return Answer(status, body, error=code)


def refused(code: str, message: str) -> Refused:
    """Build the exception that refuses a call."""
    return Refused(failure(code, message))


def refused_rows(rows: list[RowError]) -> Refused:
    """Refuse content: the first problem gives the code, all of them stand in ``detail``."""
    return Refused(failure(rows[0].code, "; ".join(row.message for row in rows), rows))
