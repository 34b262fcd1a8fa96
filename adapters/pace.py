"""The pace of calls, as adapters and the transport see it: budgets, what channels report, and the toll before a call.

Who keeps count stands behind the protocol ``Pace``; nothing here knows where. A call made outside of ``paying`` (a
person's ``channels check``) pays nothing and is not counted.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from adapters.limits import Grade
from schemas.pace import BrakeReason, PaceScope

FULL: Final = 100.0
"""Per cent of use at which a channel begins to refuse."""
BRAKE_AT: Final = 90.0
"""Per cent of a budget, counted or reported, from which no step begins any more.

House rule: the rest is for steps that are under way, so that none is cut in the middle.
"""
_TOO_MANY: Final = 429
_UNTOLD_S: Final = 2
"""Seconds for which a bare 429 holds the calls that are about to leave; what follows is the core's to say."""
_MOST_DIGITS: Final = 6
"""Digits of a number of seconds or calls that are believed; longer ones are dates, or nonsense."""


def _every_call(method: str, path: str) -> bool:
    del method, path
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many calls a channel allows in any stretch of ``window``.

    Attributes:
        name: Unique for the channel: ``minute``.
        amount: Calls; at least 1.
        counts: Whether a call of that method and path counts.
        source: Where the number was read; ``read`` says when, ``grade`` how sure it is.
    """

    name: str
    scope: PaceScope
    amount: int
    window: timedelta
    source: str
    read: str
    grade: Grade
    counts: Callable[[str, str], bool] = _every_call


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a channel reports of a budget: per cent used, and how long until it is free again, where it says so."""

    scope: PaceScope
    percent: float
    regain_after: timedelta | None = None


UsageReader = Callable[[Mapping[str, str]], Sequence[Usage]]
"""Reads what the headers of an answer report."""


def reports_nothing(headers: Mapping[str, str]) -> Sequence[Usage]:
    """Read the headers of a channel that is known to report nothing."""
    del headers
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """For whom a call is made.

    Attributes:
        endpoint: What fails together when the channel does: the kind, or one market.
        app: What shares the budgets of the scope "app", and ``app_endpoints`` all endpoints that do.
        account: The account at its channel, unique over all channels.
    """

    endpoint: str
    app: str
    account: str
    app_endpoints: Sequence[str] = ()
    budgets: Sequence[Budget] = ()
    read_usage: UsageReader = reports_nothing

    def key(self, scope: PaceScope) -> str:
        """Return under which name a budget of that scope is counted."""
        return self.app if scope is PaceScope.APP else self.account


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The call must not be made before ``wait`` is over."""

    wait: timedelta
    scope: PaceScope
    reason: BrakeReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """The call that is to be paid for.

    ``is_begun`` says that an earlier call of the same step was made: it may use what is left above the brake.
    """

    method: str
    host: str
    path: str
    is_begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """How a call ended: ``is_broken`` says that the channel itself failed, whatever was asked of it."""

    seconds: float
    is_broken: bool


class Pace(Protocol):
    """Keeps count for all workers. No method raises: a counter that cannot be reached never stops a delivery."""

    def pay(self, payer: Payer, toll: Toll) -> Refusal | None:
        """Take the call out of every budget, or say why it must not be made."""
        ...

    def told(self, payer: Payer, usages: Sequence[Usage]) -> None:
        """Hear what the channel reports."""
        ...

    def began(self, payer: Payer) -> object:
        """Hear that a call leaves; what is returned is handed to ``ended``."""
        ...

    def ended(self, payer: Payer, began: object, end: CallEnd) -> None:
        """Hear how it ended."""
        ...


class NoPace:
    """Counts nothing and refuses nothing; for programs that make single calls."""

    def pay(self, payer: Payer, toll: Toll) -> Refusal | None:
        """Let every call go."""
        del payer, toll
        return None

    def told(self, payer: Payer, usages: Sequence[Usage]) -> None:
        """Forget it."""
        del payer, usages

    def began(self, payer: Payer) -> object:
        """Forget it."""
        del payer
        return None

    def ended(self, payer: Payer, began: object, end: CallEnd) -> None:
        """Forget it."""
        del payer, began, end


@dataclass(slots=True)
class Step:
    """The step under way in this thread: who pays, and whether one of its calls was made."""

    payer: Payer
    is_begun: bool = field(default=False)


_step: ContextVar[Step | None] = ContextVar("paying_step", default=None)


@contextmanager
def paying(payer: Payer | None) -> Iterator[None]:
    """Let every call made inside be paid by ``payer``, as one step; None lets them go uncounted."""
    token = _step.set(None if payer is None else Step(payer))
    try:
        yield
    finally:
        _step.reset(token)


def step_under_way() -> Step | None:
    """Return the step whose calls this thread makes."""
    return _step.get()


def next_step() -> None:
    """Begin another step of the same payer: its first call is refused where the budget is nearly used up."""
    step = _step.get()
    if step is not None:
        step.is_begun = False


def gateway_usages(status: int, headers: Mapping[str, str]) -> list[Usage]:
    """Read what every gateway says alike: 429, ``Retry-After``, and the rate headers of Kong and the IETF draft.

    Units: seconds. ``X-RateLimit-Remaining-Minute`` names its window; ``RateLimit-Reset`` counts seconds, and where it
    is too large for that, nothing is read from it.
    Source: docs/channels/line.md section 1.4 (observed in clients, not promised); RFC 9110 for ``Retry-After``.
    """
    usages = [
        usage
        for limit, remaining, wait in _rate_headers(headers)
        if (usage := _rate_usage(limit, remaining, wait)) is not None
    ]
    if status == _TOO_MANY:
        wait = _number(headers.get("retry-after", ""))
        told = timedelta(seconds=_UNTOLD_S if wait is None else wait)
        usages.append(Usage(scope=PaceScope.ACCOUNT, percent=FULL, regain_after=told))
    return usages


_WINDOWS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def _rate_headers(headers: Mapping[str, str]) -> Iterator[tuple[str, str, int | None]]:
    for window, seconds in _WINDOWS.items():
        yield (
            headers.get(f"x-ratelimit-limit-{window}", ""),
            headers.get(f"x-ratelimit-remaining-{window}", ""),
            seconds,
        )
    for prefix in ("ratelimit", "x-ratelimit"):
        yield (
            headers.get(f"{prefix}-limit", ""),
            headers.get(f"{prefix}-remaining", ""),
            _number(headers.get(f"{prefix}-reset", "")),
        )


def _rate_usage(limit: str, remaining: str, wait: int | None) -> Usage | None:
    total, left = _number(limit), _number(remaining)
    if not total or left is None:
        return None
    percent = FULL * (1 - min(left, total) / total)
    told = None if wait is None else timedelta(seconds=wait)
    return Usage(scope=PaceScope.ACCOUNT, percent=percent, regain_after=told)


def _number(text: str) -> int | None:
    text = text.strip()
    is_sensible = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_sensible else None


def json_header(text: str) -> object:
    """Return the JSON of a header; None where it holds none, or is nested too deeply to be a report."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
