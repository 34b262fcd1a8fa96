"""Refresh the credentials of accounts ahead of their expiry, or as soon as a channel refused one.

One account at a time and by one refresher: its row is taken with SKIP LOCKED and kept by a time that nobody else shares.
That a refresh is sent is committed before, what it gave right after. No transaction is open while the channel is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
import structlog
import tenacity

from adapters.base import ChannelAdapter
from adapters.errors import AccountRefused, ChannelError, OutcomeUnknown, Throttled
from adapters.http import call_deadline, redact
from adapters.refreshing import Refreshed, RefreshingAdapter, Renewal
from schemas.channel import AccountTrouble
from schemas.problem import Problem
from schemas.recovery import Recovery
from syndicator.domain import sentences
from syndicator.domain.policy import RetryPolicy
from syndicator.ports import Adapters, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.refreshes import Turn

log = structlog.get_logger()

CALL_TIME: Final = timedelta(seconds=20)
"""What asking the channel may take."""
SAVE_TIME: Final = timedelta(seconds=20)
"""How long saving is tried while the database does not answer: what is lost here, a person must replace."""
TURN_TIME: Final = timedelta(seconds=60)
"""After this long a refresher is taken for dead. Longer than a call and a save together."""
MOST_TRIES: Final = 60
"""Failed tries after which a person is asked, if the credential has expired: about a day at the longest wait."""
_AGAIN: Final = frozenset({Recovery.RETRY, Recovery.WAIT, Recovery.VERIFY})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A refresh whose beginning is committed."""

    turn: Turn
    adapter: RefreshingAdapter
    renewal: Renewal
    begun_at: datetime


class Refresher:
    """Refreshes what is due. Several may run at once, in one process or in many."""

    def __init__(self, *, database: Database, adapters: Adapters, policy: RetryPolicy, clock: Clock) -> None:
        self._database = database
        self._adapters = adapters
        self._policy = policy
        self._clock = clock

    def refresh_next(self) -> bool:
        """Refresh the account that has been due longest; return False when none is due.

        Effects: new credentials and a higher version; or a later time; or the account parked, with a notice.
        """
        now = self._clock.now()
        with self._database.begin() as uow:
            turn = uow.refreshes.take(now=now, until=now + TURN_TIME)
            begun = None if turn is None else self._begin(uow, turn, now)
        if begun is not None:
            self._carry_out(begun)
        return turn is not None

    def _begin(self, uow: UnitOfWork, turn: Turn, now: datetime) -> _Begun | None:
        """Record the beginning; None where nothing is to be sent."""
        stored = turn.stored
        try:
            adapter = self._adapters.open(stored.account, stored.credentials)
        except (KeyError, ValueError) as exc:
            log.warning("refresh.account_unusable", account=stored.account.id, error=type(exc).__name__)
            uow.refreshes.postpone(turn, until=now + self._backoff(turn), begun_at=turn.begun_at)
            return None
        renewal = renewal_of(adapter)
        if renewal is None or not isinstance(adapter, RefreshingAdapter):
            uow.refreshes.end(turn)
            return None
        if turn.begun_at is not None and _is_spent(renewal, turn.begun_at, now):
            self._park_spent(uow, turn, turn.begun_at)
            return None
        begun_at = turn.begun_at if turn.begun_at is not None and renewal.single_use else now
        uow.refreshes.begin(turn, begun_at=begun_at)
        return _Begun(turn=turn, adapter=adapter, renewal=renewal, begun_at=begun_at)

    def _carry_out(self, begun: _Begun) -> None:
        try:
            with call_deadline(CALL_TIME):
                refreshed = begun.adapter.refresh()
        except Exception as exc:  # noqa: BLE001 - whatever it was, what follows from it is recorded
            error = _as_channel_error(exc)
            self._insist(lambda: self._record_failure(begun, error))
            return
        self._insist(lambda: self._save(begun, refreshed))

    def _save(self, begun: _Begun, refreshed: Refreshed) -> None:
        now, account = self._clock.now(), begun.turn.stored.account
        with self._database.begin() as uow:
            had_stopped = uow.refreshes.save(
                begun.turn,
                refreshed.credentials,
                now=now,
                expires_at=refreshed.expires_at,
                next_at=begun.renewal.next_at(now, refreshed.expires_at),
            )
            if had_stopped:
                uow.listings.wake_account(account.id, now=now)
                uow.notify_due()
        if had_stopped is None:
            log.warning("refresh.overtaken", account=account.id)
        else:
            log.info("refresh.done", account=account.id, expires_at=refreshed.expires_at.isoformat())

    def _record_failure(self, begun: _Begun, error: ChannelError) -> None:
        turn, now = begun.turn, self._clock.now()
        is_lost = begun.renewal.single_use and isinstance(error, OutcomeUnknown)
        log.warning(
            "refresh.failed",
            account=turn.stored.account.id,
            error=type(error).__name__,
            code=error.vendor_code,
            message=redact(error.message),
            attempts=turn.attempts + 1,
        )
        with self._database.begin() as uow:
            again_at = now + self._wait(turn, error)
            if error.recovery not in _AGAIN:
                self._park_refused(uow, turn, error)
            elif is_lost and _is_spent(begun.renewal, begun.begun_at, again_at):
                self._park_spent(uow, turn, begun.begun_at)
            elif turn.attempts + 1 >= MOST_TRIES and _has_stopped(turn.stored, now):
                self._park(uow, turn, sentences.refresh_failed(self._label(turn), turn.stored.account.name))
            else:
                uow.refreshes.postpone(turn, until=again_at, begun_at=begun.begun_at if is_lost else None)

    def _park_refused(self, uow: UnitOfWork, turn: Turn, error: ChannelError) -> None:
        trouble = error.trouble if isinstance(error, AccountRefused) else AccountTrouble.EXPIRED
        problem = error.problem or sentences.refresh_failed(self._label(turn), turn.stored.account.name)
        self._park(uow, turn, problem, trouble=trouble)

    def _park_spent(self, uow: UnitOfWork, turn: Turn, begun_at: datetime) -> None:
        problem = sentences.refresh_lost(self._label(turn), turn.stored.account.name)
        self._park(uow, turn, problem, begun_at=begun_at)

    def _park(
        self,
        uow: UnitOfWork,
        turn: Turn,
        problem: Problem,
        *,
        trouble: AccountTrouble = AccountTrouble.EXPIRED,
        begun_at: datetime | None = None,
    ) -> None:
        stored = turn.stored
        if not uow.refreshes.end(turn, begun_at=begun_at):
            log.warning("refresh.overtaken", account=stored.account.id)
            return
        if uow.accounts.park(
            stored.account.id,
            credential_version=stored.credential_version,
            trouble=trouble,
            problem=problem,
        ):
            log.warning("account.needs_reauth", account=stored.account.id, problem=problem.en)

    def _wait(self, turn: Turn, error: ChannelError) -> timedelta:
        told = error.retry_after if isinstance(error, Throttled) else None
        return max(self._backoff(turn), told or timedelta(0))

    def _backoff(self, turn: Turn) -> timedelta:
        return self._policy.backoff(turn.attempts + 1)

    def _label(self, turn: Turn) -> str:
        return self._adapters.label(turn.stored.account)

    def _insist(self, record: Callable[[], None]) -> None:
        """Record what came of it, through a restart of the database."""
        tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(sa.exc.DBAPIError),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
            stop=tenacity.stop_after_delay(SAVE_TIME),
            reraise=True,
        )(record)


def renewal_of(adapter: ChannelAdapter) -> Renewal | None:
    """Return how the account's credential is renewed; None where it is not."""
    return adapter.renewal if isinstance(adapter, RefreshingAdapter) else None


def first_refresh(adapter: ChannelAdapter, now: datetime) -> datetime | None:
    """Return when credentials that a person gives now are refreshed first; None for those that are not."""
    renewal = renewal_of(adapter)
    return None if renewal is None else now + renewal.first_after


def stop_account(
    uow: UnitOfWork,
    stored: StoredAccount,
    adapter: ChannelAdapter,
    *,
    trouble: AccountTrouble,
    problem: Problem,
    now: datetime,
) -> None:
    """Let an account that the channel refused rest: for a refresh where one can help, else for a person, who is told."""
    account_id, version = stored.account.id, stored.credential_version
    is_renewable = trouble is AccountTrouble.EXPIRED and renewal_of(adapter) is not None
    if is_renewable and uow.refreshes.ask(account_id, credential_version=version, now=now):
        log.info("account.waits_for_refresh", account=account_id)
        return
    if uow.accounts.park(account_id, credential_version=version, trouble=trouble, problem=problem):
        log.warning("account.needs_reauth", account=account_id, problem=problem.en)


def _is_spent(renewal: Renewal, begun_at: datetime, at: datetime) -> bool:
    """Say whether what a refresh is made with can no longer be used at ``at``."""
    return renewal.single_use and at >= begun_at + renewal.grace


def _has_stopped(stored: StoredAccount, now: datetime) -> bool:
    return stored.is_renewing or (stored.expires_at is not None and stored.expires_at <= now)


def _as_channel_error(exc: Exception) -> ChannelError:
    if isinstance(exc, ChannelError):
        return exc
    log.error("refresh.crashed", exc_info=exc)
    return OutcomeUnknown(f"{type(exc).__name__}: {exc}")
