"""Answer of a market -> what happens next, by the rules of its file; the first rule that matches wins.

No rule: nobody knows what the answer means, so it is ``OutcomeUnknown`` for a mutating call and ``Transient`` for a read,
and it is counted (``ChannelError.unlisted_in``). Only two answers need no rule to be explained: a fault of the server
without a code, and a body that cannot be read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from adapters.answers import Sentence, said, unlisted_problem
from adapters.emarket import sentences as say
from adapters.emarket.market import ErrorKind, ErrorRule, Market
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
from schemas.channel import AccountTrouble
from schemas.problem import Problem

MARKET_EN: Final = "The market"
_SERVER_ERROR: Final = 500
LOCKED_FOR: Final = timedelta(minutes=30)
"""How long a listing in a promotion or under review is left in peace; house rule, for these last hours to days."""
_BUILT_IN: Final[Mapping[int, ErrorKind]] = {429: ErrorKind.THROTTLED, 401: ErrorKind.AUTH_EXPIRED}
"""What the status alone says on every market, unless the file says otherwise."""


class DuplicateSku(Rejected):
    """The market already has a listing with our seller code: ours, if the code says so."""


class AlreadyDone(Rejected):
    """The wished state was there already: success for the verb that asked for it."""


class StockReserved(Transient):
    """The figure of stock is below what the market's orders hold; nothing was written."""


class ClockSkewed(Transient):
    """The market finds our timestamp too old or too new; refused before anything was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a market said.

    ``http`` is None for one row of a batch, ``code`` where no code stood in the envelope. ``is_readable`` is False where
    the body was no JSON at all.
    """

    http: int | None
    code: str | None
    message: str
    is_readable: bool = True
    retry_after: timedelta | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What an answer means: a kind, or None where nobody knows; the rule that says so, if one does; whether it is news."""

    kind: ErrorKind | None
    rule: ErrorRule | None
    is_new: bool


def classify(market: Market, refusal: Refusal, *, mutating: bool) -> ChannelError:
    """Turn a refusal into its error."""
    verdict = _judge(market, refusal)
    shown = refusal.code or (f"http_{refusal.http}" if refusal.http else None)
    words = said(refusal.message)
    details: dict[str, Any] = {
        "vendor_code": shown,
        "http_status": refusal.http,
        "request_id": refusal.request_id,
        "unlisted_in": f"{market.id}.yaml" if verdict.is_new else None,
    }
    text = (
        f"market {market.id} answered {refusal.http or 'row'} {refusal.code or ''}: {words or 'no message'}"
    )
    if verdict.kind is None or verdict.kind is ErrorKind.UNKNOWN_OUTCOME:
        problem = unlisted_problem(market.label_th, MARKET_EN, shown or "?") if verdict.is_new else None
        kind = OutcomeUnknown if mutating else Transient
        return kind(text, problem=problem or sentence_for(market, say.SERVICE), **details)
    problem = _problem(market, verdict, verdict.kind, words)
    return _error(verdict.kind, text, problem, refusal.retry_after, details)


def kind_of(market: Market, refusal: Refusal) -> ErrorKind | None:
    """Return the kind of a refusal; None when nobody can know whether the call was carried out."""
    return _judge(market, refusal).kind


def sentence_for(market: Market, sentence: Sentence, words: str = "", *, path: str = "") -> Problem:
    """Write a sentence about a market for its seller; ``words`` are the market's own, free of secrets."""
    thai = sentence.problem(path=path, channel=market.label_th, said=words or "ไม่ได้บอกเหตุผล")
    english = sentence.problem(channel=MARKET_EN, said=words or "nothing more")
    return thai.model_copy(update={"en": english.en})


def reconnect(market: Market) -> Problem:
    """Tell the seller to connect the account again."""
    return sentence_for(market, say.RECONNECT)


def _judge(market: Market, refusal: Refusal) -> _Verdict:
    rule = next((rule for rule in market.errors if _matches(rule, refusal)), None)
    if rule is not None:
        return _Verdict(rule.kind, rule, is_new=False)
    if refusal.http is not None and refusal.http in _BUILT_IN:
        return _Verdict(_BUILT_IN[refusal.http], None, is_new=refusal.code is not None)
    is_fault = refusal.code is None and (refusal.http or 0) >= _SERVER_ERROR
    is_garbled = not refusal.is_readable and refusal.http is not None and 200 <= refusal.http < 300  # noqa: PLR2004 - the successes
    return _Verdict(None, None, is_new=not (is_fault or is_garbled))


def _matches(rule: ErrorRule, refusal: Refusal) -> bool:
    is_status = rule.http in (None, refusal.http)
    return is_status and _found(rule.code, refusal.code) and _found(rule.message, refusal.message)


def _found(pattern: str | None, text: str | None) -> bool:
    return pattern is None or re.search(pattern, text or "") is not None


def _problem(market: Market, verdict: _Verdict, kind: ErrorKind, words: str) -> Problem:
    named = None if verdict.rule is None or verdict.rule.says is None else say.SAYINGS[verdict.rule.says]
    path = "sku" if kind is ErrorKind.DUPLICATE else ""
    return sentence_for(market, named or _SENTENCES[kind], words, path=path)


def _error(
    kind: ErrorKind, text: str, problem: Problem, retry_after: timedelta | None, details: dict[str, Any]
) -> ChannelError:
    if kind in _REFUSALS:
        return _REFUSALS[kind]([problem], **details)
    if kind in {ErrorKind.THROTTLED, ErrorKind.QUOTA}:
        return Throttled(text, retry_after=retry_after, problem=problem, **details)
    if kind is ErrorKind.AUTH_REVOKED:
        return AuthExpired(text, trouble=AccountTrouble.REVOKED, problem=problem, **details)
    if kind in _LOCKS:
        return Locked(text, retry_after=retry_after or LOCKED_FOR, problem=problem, **details)
    return _PLAIN[kind](text, problem=problem, **details)


_REFUSALS: Final[Mapping[ErrorKind, Callable[..., Rejected]]] = {
    ErrorKind.INVALID_CONTENT: Rejected,
    ErrorKind.PERMANENT: Rejected,
    ErrorKind.DUPLICATE: DuplicateSku,
    ErrorKind.ALREADY_DONE: AlreadyDone,
}
_LOCKS: Final = frozenset({ErrorKind.LOCKED, ErrorKind.MODERATION})
_PLAIN: Final[Mapping[ErrorKind, type[ChannelError]]] = {
    ErrorKind.TRANSIENT: Transient,
    ErrorKind.RESERVED_CONFLICT: StockReserved,
    ErrorKind.CLOCK: ClockSkewed,
    ErrorKind.NOT_FOUND: Gone,
    ErrorKind.AUTH_EXPIRED: AuthExpired,
    ErrorKind.RESTRICTED: AccountRestricted,
}
"""UNKNOWN_OUTCOME is missing on purpose: what it means depends on whether the call changes anything."""
_SENTENCES: Final[Mapping[ErrorKind, Sentence]] = {
    ErrorKind.THROTTLED: say.PACE,
    ErrorKind.QUOTA: say.QUOTA,
    ErrorKind.TRANSIENT: say.SERVICE,
    ErrorKind.UNKNOWN_OUTCOME: say.SERVICE,
    ErrorKind.CLOCK: say.SERVICE,
    ErrorKind.RESERVED_CONFLICT: say.STOCK_HELD,
    ErrorKind.NOT_FOUND: say.GONE,
    ErrorKind.LOCKED: say.LOCKED,
    ErrorKind.MODERATION: say.REVIEW,
    ErrorKind.AUTH_EXPIRED: say.RECONNECT,
    ErrorKind.AUTH_REVOKED: say.RECONNECT,
    ErrorKind.RESTRICTED: say.RESTRICTED,
    ErrorKind.DUPLICATE: say.DUPLICATE,
    ErrorKind.INVALID_CONTENT: say.REFUSED,
    ErrorKind.PERMANENT: say.REFUSED,
    ErrorKind.ALREADY_DONE: say.DONE,
}
