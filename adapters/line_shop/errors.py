"""Answer of MyShop -> what happens next. A table, matched on status and operation, first row wins.

The status decides and the body is optional: 401, 403 and 429 are not declared by the vendor and the gateway in
front answers without the envelope. Source of every row: docs/channels/line.md section 1.3 and 1.8.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import httpx

from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    Gone,
    Locked,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
)
from adapters.http import redact
from adapters.limits import Grade
from schemas.problem import Problem

CODE_TAKEN: Final = "code_taken"


class Operation(StrEnum):
    """What was asked of MyShop; the same status means different things for different operations."""

    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    PRICES = "prices"
    STOCK = "stock"
    DISPLAY = "display"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row: ``operation`` None means any."""

    status: int
    operation: Operation | None
    error: type[ChannelError]
    why: str
    grade: Grade


ERROR_TABLE: Final = (
    ErrorRow(429, None, Throttled, "rate limit of the gateway, body undeclared", Grade.DOCUMENTED),
    ErrorRow(401, None, AuthExpired, "UNAUTHORIZED: the key is missing, wrong or deleted", Grade.ASSUMED),
    ErrorRow(403, None, AccountRestricted, "PERMISSION_DENIED", Grade.ASSUMED),
    ErrorRow(
        404, Operation.CREATE, Rejected, "nothing exists yet, so a value is unknown (category)", Grade.ASSUMED
    ),
    ErrorRow(404, None, Gone, "NOT_FOUND: the product was deleted in the shop", Grade.DOCUMENTED),
    ErrorRow(409, Operation.CREATE, Rejected, "DATA_CONFLICT: code or SKU already used", Grade.ASSUMED),
    ErrorRow(409, None, Locked, "DATA_CONFLICT: a promotion or an order holds the product", Grade.ASSUMED),
    ErrorRow(400, Operation.PRICES, Locked, "prices are refused while a promotion runs", Grade.ASSUMED),
    ErrorRow(
        400, Operation.STOCK, Transient, "below reserved units: an order came in between", Grade.ASSUMED
    ),
    ErrorRow(400, None, Rejected, "BAD_REQUEST", Grade.DOCUMENTED),
)


def classify(operation: Operation, response: httpx.Response) -> ChannelError:
    """Turn a refusal into its error; an unlisted one of a mutating call is ``OutcomeUnknown``, of a read ``Transient``."""
    envelope = _envelope(response)
    said = redact(str(envelope.get("message") or ""))[:300]
    details: dict[str, Any] = {
        "vendor_code": str(envelope.get("code") or f"http_{response.status_code}"),
        "http_status": response.status_code,
        "request_id": response.headers.get("x-line-oap-request-id"),
    }
    message = f"MyShop answered {response.status_code} to {operation}: {said or 'no message'}"
    row = _row(response.status_code, operation)
    if row is None:
        unlisted = Transient if operation is Operation.READ else OutcomeUnknown
        return unlisted(message, **details)
    if row.error is Rejected:
        return Rejected([_refusal(response.status_code, said)], **details)
    if row.error is Throttled:
        return Throttled(message, retry_after=_retry_after(response), **details)
    return row.error(message, problem=_problem(row.error, said), **details)


def unreadable(operation: Operation, response: httpx.Response) -> ChannelError:
    """Say what a success status with a body that cannot be read means."""
    message = f"MyShop answered {response.status_code} to {operation} with a body that cannot be read"
    kind = Transient if operation is Operation.READ else OutcomeUnknown
    return kind(message, http_status=response.status_code, vendor_code="unreadable")


def _row(status: int, operation: Operation) -> ErrorRow | None:
    return next(
        (row for row in ERROR_TABLE if row.status == status and row.operation in (None, operation)), None
    )


def _envelope(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> timedelta | None:
    # LINE promises no Retry-After; a gateway may send one all the same.
    value = response.headers.get("retry-after", "")
    return timedelta(seconds=int(value)) if value.isascii() and value.isdigit() else None


def _refusal(status: int, said: str) -> Problem:
    if status == httpx.codes.CONFLICT:
        return Problem(
            path="sku",
            code=CODE_TAKEN,
            th="ร้าน LINE มีสินค้าที่ใช้รหัสนี้อยู่แล้ว กรุณาลบสินค้าเดิมในร้าน LINE หรือเปลี่ยนรหัสสินค้า",
            en="The LINE shop already has a product with this code; delete that one in the shop or change the code.",
        )
    return Problem(
        path="",
        code="line_refused",
        th=f"LINE ไม่รับสินค้านี้ โดยแจ้งว่า “{said or 'ไม่ได้บอกเหตุผล'}” กรุณาแก้ข้อมูลสินค้า แล้วระบบจะส่งให้ใหม่",
        en=f"LINE refused this product, saying {said or 'nothing more'!r}; correct the product and it is sent again.",
    )


def _problem(error: type[ChannelError], said: str) -> Problem | None:
    if error is AuthExpired:
        return key_refused()
    if error is AccountRestricted:
        return Problem(
            path="",
            code="line_not_allowed",
            th="LINE ไม่อนุญาตให้ร้านนี้ใช้งานส่วนนี้ กรุณาให้ผู้ดูแล OA ตรวจสิทธิ์ของร้านใน OA Plus แล้วเชื่อมต่อใหม่",
            en="LINE does not allow this shop to do that; let an OA admin check its rights in OA Plus, then reconnect.",
        )
    if error is Locked:
        return Problem(
            path="",
            code="line_locked",
            th=f"LINE ยังไม่ให้แก้สินค้านี้ตอนนี้ อาจเพราะกำลังจัดโปรโมชัน ระบบจะลองใหม่ให้เอง (LINE แจ้งว่า “{said or 'ไม่ได้บอกเหตุผล'}”)",
            en=f"LINE does not allow changing this product now, perhaps because a promotion runs; it is tried again "
            f"by itself (LINE says {said or 'nothing more'!r}).",
        )
    return None


def key_refused() -> Problem:
    """Tell the seller to make a new API key."""
    return Problem(
        path="",
        code="line_key_refused",
        th="LINE ไม่รับ API key ของร้านนี้ กรุณาสร้างคีย์ใหม่ใน OA Plus (ตั้งค่า → API keys) แล้วเชื่อมต่อร้านอีกครั้ง",
        en="LINE does not accept this shop's API key; make a new one in OA Plus (Settings, API keys) and reconnect.",
    )
