"""Answer of a market -> what happens next, by the rules of its file; the first rule that matches wins.

No rule: a refusal that can be read (an envelope, or one row of a batch) is shown to a person and not repeated
("permanent" in docs/channels/emarkets.md section 12); one that cannot be read, or a 5xx, is ``OutcomeUnknown`` for a
mutating call and ``Transient`` for a read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from adapters.emarket.market import ErrorKind, Market
from adapters.errors import (
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
from schemas.problem import Problem

_SERVER_ERROR: Final = 500
_BUILT_IN: Final[Mapping[int, ErrorKind]] = {429: ErrorKind.THROTTLED, 401: ErrorKind.AUTH_EXPIRED}
"""What the status alone says on every market, unless the file says otherwise."""


class DuplicateSku(Rejected):
    """The market already has a listing with our seller code: ours, if the code says so."""


class AlreadyDone(Rejected):
    """The wished state was there already: success for the verb that asked for it."""


class ClockSkewed(Transient):
    """The market finds our timestamp too old or too new; refused before anything was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a market said; ``http`` is None for one row of a batch, ``code`` None when no envelope could be read."""

    http: int | None
    code: str | None
    message: str
    retry_after: timedelta | None = None
    request_id: str | None = None


def classify(market: Market, refusal: Refusal, *, mutating: bool) -> ChannelError:
    """Turn a refusal into its error."""
    kind = kind_of(market, refusal)
    details: dict[str, Any] = {
        "vendor_code": refusal.code or (f"http_{refusal.http}" if refusal.http else None),
        "http_status": refusal.http,
        "request_id": refusal.request_id,
    }
    said = redact(refusal.message)[:300]
    text = f"market {market.id} answered {refusal.http or 'row'} {refusal.code or ''}: {said or 'no message'}"
    if kind is None or kind is ErrorKind.UNKNOWN_OUTCOME:
        return (OutcomeUnknown if mutating else Transient)(text, **details)
    return _MAKERS[kind](market, refusal, said, text, details)


def kind_of(market: Market, refusal: Refusal) -> ErrorKind | None:
    """Return the kind of a refusal; None when nobody can know whether the call was carried out."""
    for rule in market.errors:
        if (
            rule.http in (None, refusal.http)
            and _found(rule.code, refusal.code)
            and _found(rule.message, refusal.message)
        ):
            return rule.kind
    if refusal.http is not None and refusal.http in _BUILT_IN:
        return _BUILT_IN[refusal.http]
    is_readable = refusal.code is not None and (refusal.http or 0) < _SERVER_ERROR
    return ErrorKind.PERMANENT if is_readable else None


def _found(pattern: str | None, text: str | None) -> bool:
    return pattern is None or re.search(pattern, text or "") is not None


Maker = Callable[[Market, Refusal, str, str, dict[str, Any]], ChannelError]


def _throttled(
    _market: Market, refusal: Refusal, _said: str, text: str, details: dict[str, Any]
) -> ChannelError:
    return Throttled(text, retry_after=refusal.retry_after, **details)


def _of(error: type[ChannelError]) -> Maker:
    return lambda _market, _refusal, _said, text, details: error(text, **details)


def _locked(market: Market, _refusal: Refusal, said: str, text: str, details: dict[str, Any]) -> ChannelError:
    problem = Problem(
        path="",
        code="market_locked",
        th=f"{market.label_th}ยังไม่ให้แก้สินค้านี้ตอนนี้ (แจ้งว่า “{said or 'ไม่ได้บอกเหตุผล'}”) ระบบจะลองใหม่ให้เอง",
        en=f"The market does not allow changing this listing now ({said or 'no reason given'}); it is tried again by itself.",
    )
    return Locked(text, problem=problem, **details)


def _auth(market: Market, _refusal: Refusal, _said: str, text: str, details: dict[str, Any]) -> ChannelError:
    return AuthExpired(text, problem=reconnect(market), **details)


def _duplicate(
    _market: Market, _refusal: Refusal, _said: str, _text: str, details: dict[str, Any]
) -> ChannelError:
    problem = Problem(
        path="sku",
        code="code_taken",
        th="ตลาดนี้มีสินค้าที่ใช้รหัสนี้อยู่แล้ว กรุณาลบสินค้าเดิมในตลาดหรือเปลี่ยนรหัสสินค้า",
        en="The market already has a listing with this code; delete that one there or change the code.",
    )
    return DuplicateSku([problem], **details)


def _refused(
    market: Market, _refusal: Refusal, said: str, _text: str, details: dict[str, Any]
) -> ChannelError:
    return Rejected([_refusal_problem(market, said)], **details)


def _done(market: Market, _refusal: Refusal, said: str, _text: str, details: dict[str, Any]) -> ChannelError:
    return AlreadyDone([_refusal_problem(market, said)], **details)


def _refusal_problem(market: Market, said: str) -> Problem:
    return Problem(
        path="",
        code="market_refused",
        th=f"{market.label_th}ไม่รับสินค้านี้ โดยแจ้งว่า “{said or 'ไม่ได้บอกเหตุผล'}” กรุณาแก้ข้อมูล แล้วระบบจะส่งให้ใหม่",
        en=f"The market refused this product, saying {said or 'nothing more'!r}; correct it and it is sent again.",
    )


def reconnect(market: Market) -> Problem:
    """Tell the seller to connect the account again."""
    return Problem(
        path="",
        code="market_reconnect",
        th=f"บัญชี{market.label_th}ใช้งานไม่ได้แล้ว กรุณาเชื่อมต่อบัญชีใหม่ งานที่ค้างจะส่งต่อเองหลังเชื่อมต่อ",
        en="The market account no longer works; connect it again, and what waits is sent by itself.",
    )


_MAKERS: Final[Mapping[ErrorKind, Maker]] = {
    ErrorKind.THROTTLED: _throttled,
    ErrorKind.QUOTA: _throttled,
    ErrorKind.TRANSIENT: _of(Transient),
    ErrorKind.RESERVED_CONFLICT: _of(Transient),
    ErrorKind.CLOCK: _of(ClockSkewed),
    ErrorKind.NOT_FOUND: _of(Gone),
    ErrorKind.LOCKED: _locked,
    ErrorKind.MODERATION: _locked,
    ErrorKind.AUTH_EXPIRED: _auth,
    ErrorKind.AUTH_REVOKED: _auth,
    ErrorKind.DUPLICATE: _duplicate,
    ErrorKind.INVALID_CONTENT: _refused,
    ErrorKind.PERMANENT: _refused,
    ErrorKind.ALREADY_DONE: _done,
}
"""UNKNOWN_OUTCOME is missing on purpose: what it means depends on whether the call changes anything."""
