"""What all work done account by account has in common: opening an account for it, paying for its calls, heeding refusals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.base import ChannelAdapter
from adapters.errors import AccountRefused, ChannelError, Throttled, Transient
from adapters.http import redact
from adapters.pace import Payer
from schemas.channel import AccountTrouble
from schemas.ids import LeaseToken
from schemas.pace import BrakeReason, PaceScope
from schemas.recovery import Recovery
from syndicator.domain import sentences
from syndicator.domain.policy import RetryPolicy
from syndicator.ports import Adapters, ChannelWatch, Clock, NoWatch
from syndicator.store.account_work import AccountWorkRepository, Turn, is_callable
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import Database, UnitOfWork
from syndicator.usecases.refresh_credentials import stop_account

log = structlog.get_logger()

REST: Final = timedelta(minutes=1)
"""Pause of an account that cannot be opened, or whose channel holds its share of threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An account that can be called, who pays, and the channel's name for people."""

    stored: StoredAccount
    adapter: ChannelAdapter
    payer: Payer
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWorker:
    """Works on one leased account at a time. Several may run at once, in one process or in many.

    Attributes:
        lease_time: How long an account may be held; every call ends before that.
    """

    database: Database
    adapters: Adapters
    policy: RetryPolicy
    clock: Clock
    lease_time: timedelta
    watch: ChannelWatch = field(default_factory=NoWatch)

    def take_over(
        self, work: AccountWorkRepository, lease: LeaseToken, port: type, now: datetime
    ) -> tuple[Turn, Opened] | None:
        """Take a leased account over and open it; None where it cannot be worked on now, which is then written down.

        ``port`` is the protocol its adapter must have; an account without it is never handed out for this work again.
        """
        turn = work.claim(lease, until=now + self.lease_time)
        if turn is None:
            return None
        opened = open_account(self.adapters, turn.stored) if is_callable(turn.stored, now) else None
        if opened is None or self.watch.is_crowded(opened.payer.endpoint):
            work.give_back(turn, turn.cursor, due_at=max(now + REST, turn.stored.not_before or now))
            return None
        if not isinstance(opened.adapter, port):
            work.stop(turn)
            return None
        return turn, opened


def open_account(adapters: Adapters, stored: StoredAccount) -> Opened | None:
    """Open an account; None where an operator's keys or settings do not, which the work on its listings tells them."""
    try:
        return Opened(
            stored=stored,
            adapter=adapters.open(stored.account, stored.credentials),
            payer=adapters.payer(stored.account),
            label=adapters.label(stored.account),
        )
    except (KeyError, ValueError) as exc:
        log.warning("account.not_opened", account=stored.account.id, error=redact(str(exc)))
        return None


def modest(payer: Payer, share: float) -> Payer:
    """Return who pays for calls that can wait: they stop at a share of each budget, and the rest is left to the others.

    The counts are the same ones, so what others called counts too.
    """
    budgets = [replace(one, amount=max(1, math.floor(one.amount * share))) for one in payer.budgets]
    return replace(payer, budgets=budgets)


def as_read_error(exc: Exception) -> ChannelError:
    """Return the error of a reading call; a fault of our own is one that may be over at the next try."""
    if isinstance(exc, ChannelError):
        return exc
    log.error("account.read_crashed", exc_info=exc)
    return Transient(f"{type(exc).__name__}: {exc}")


def wait_after(
    uow: UnitOfWork,
    opened: Opened,
    error: ChannelError,
    *,
    failures: int,
    policy: RetryPolicy,
    now: datetime,
) -> timedelta | None:
    """Record what a refused reading call means for the account; return after what pause to try again.

    None says that trying the same again is of no use. ``failures`` counts failures in a row, this one included.
    """
    account_id = opened.stored.account.id
    log.warning(
        "account.read_failed",
        account=account_id,
        error=type(error).__name__,
        code=error.vendor_code,
        message=redact(error.message),
    )
    if isinstance(error, Throttled):
        return _rest(uow, opened, error, policy, now)
    if error.recovery is Recovery.REAUTH:
        stop_account(
            uow,
            opened.stored,
            opened.adapter,
            trouble=error.trouble if isinstance(error, AccountRefused) else AccountTrouble.RESTRICTED,
            problem=error.problem or sentences.gave_up(opened.label, error.message),
            now=now,
        )
        return timedelta(0)
    if error.recovery in {Recovery.RETRY, Recovery.VERIFY} and failures < policy.max_attempts:
        return policy.backoff(failures)
    return None


def _rest(uow: UnitOfWork, opened: Opened, error: Throttled, policy: RetryPolicy, now: datetime) -> timedelta:
    """Brake the account, or its whole app, where the channel said so; our own count holds back this work alone."""
    stored = opened.stored
    in_a_row = stored.brakes + 1
    told = error.retry_after
    wait = policy.backoff(in_a_row) if told is None else min(told, policy.longest_brake)
    if error.reason is BrakeReason.BUDGET:
        return wait
    uow.accounts.brake(stored.account.id, now=now, wait=wait, reason=error.reason, brakes=in_a_row)
    if error.scope is PaceScope.APP:
        uow.breakers.brake_app(opened.payer.app_endpoints, now=now, wait=wait)
    return wait


def details(error: ChannelError) -> Mapping[str, str | None]:
    """Return what is kept of an error for people, redacted."""
    return {"error": f"{type(error).__name__}: {redact(error.message)}", "code": error.vendor_code}
