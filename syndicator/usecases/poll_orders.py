"""Ask one account for its orders, page by page, from where the last read stopped.

A page is a call to the channel outside of any transaction, and one transaction that stores its orders, what they do to the
stock, and where to go on. A worker that dies in between reads that page again, which changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
import structlog
import tenacity

from adapters.base import ChannelAdapter
from adapters.errors import ChannelError
from adapters.http import call_deadline
from adapters.orders import OrderingAdapter, OrderPage
from adapters.pace import next_step, paying
from schemas.ids import LeaseToken
from schemas.recovery import Recovery
from syndicator.domain import order_sentences
from syndicator.store.account_work import Turn
from syndicator.store.engine import UnitOfWork
from syndicator.usecases.account_calls import AccountWorker, Opened, as_read_error, wait_after
from syndicator.usecases.reconcile_listing import LEASE_MARGIN
from syndicator.usecases.record_orders import apply_unknown_lines_of, record_orders

log = structlog.get_logger()

TURN_TIME: Final = timedelta(seconds=10)
"""After this long the account goes back behind the others, so that one with many orders holds no thread for hours."""
HOPELESS: Final = timedelta(minutes=15)
"""Pause after an answer that asking again does not change; then it is read anew, without the cursor."""
OVERLAP: Final = timedelta(hours=1)
"""How far before its last read an account without a cursor is read again: clocks differ, and changes show up late."""
SAVE_TIME: Final = timedelta(seconds=10)
"""How long storing a page is tried while the database does not answer; after that the page is read again."""
LATE: Final = timedelta(minutes=30)
"""An account whose orders were not read for this long, or never, and fail again, is told of."""
UNREAD: Final = "orders_unread"
"""Kind of the notice that an account's orders cannot be read; closed when they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPace:
    """How often accounts are asked for orders; a channel may want to be asked less often than ``every``.

    Attributes:
        first_back: How far back the first read of an account begins.
        jitter: Returns a number in [0, 1), so that accounts do not march in step.
    """

    every: timedelta
    first_back: timedelta
    jitter: Callable[[], float]

    def next_at(self, now: datetime, interval: timedelta) -> datetime:
        """Return when an account that was read to its end at ``now`` is asked again."""
        return now + max(self.every, interval) * (1 + 0.1 * self.jitter())


def first_poll(adapter: ChannelAdapter, now: datetime) -> datetime | None:
    """Return when an account connected now is asked for orders; None where its channel has none to give."""
    return now if isinstance(adapter, OrderingAdapter) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """An account under lease whose orders can be asked for now."""

    turn: Turn
    opened: Opened
    adapter: OrderingAdapter
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling(AccountWorker):
    """Polls accounts."""

    pace: PollPace

    def poll(self, lease: LeaseToken) -> int:
        """Read pages of the account under ``lease`` for one turn; return how many.

        A lease that somebody else took over reads nothing: the message was delivered twice, or too late.

        Effects: as ``record_orders``, and where to go on, in one transaction for each page.
        """
        asking = self._begin(lease)
        if asking is None:
            return 0
        with call_deadline(self.lease_time - LEASE_MARGIN), paying(asking.opened.payer):
            return self._read(asking)

    def _begin(self, lease: LeaseToken) -> _Asking | None:
        now = self.clock.now()
        with self.database.begin() as uow:
            taken = self.take_over(uow.orders_work, lease, OrderingAdapter, now)
        if taken is None:
            return None
        turn, opened = taken
        begins = now - self.pace.first_back if turn.done_at is None else turn.done_at - OVERLAP
        return _Asking(
            turn=turn, opened=opened, adapter=cast("OrderingAdapter", opened.adapter), since=begins
        )

    def _read(self, asking: _Asking) -> int:
        cursor, pages = asking.turn.cursor, 0
        until = self.clock.now() + min(TURN_TIME, (self.lease_time - LEASE_MARGIN) / 2)
        while True:
            next_step()
            read_at = self.clock.now()
            try:
                page = asking.adapter.orders(cursor, since=asking.since)
            except Exception as exc:  # noqa: BLE001 - whatever it was, what follows from it is recorded
                self._record_failure(asking, cursor, as_read_error(exc))
                return pages
            pages += 1
            # A channel that gives the same place again would be asked for ever.
            has_more = page.has_more and page.cursor != cursor
            is_over = not has_more or self.clock.now() >= until
            if not self._store(asking, page, read_at=read_at, has_more=has_more, is_over=is_over):
                log.warning("orders.lease_lost", account=asking.turn.stored.account.id)
                return pages
            if is_over:
                return pages
            cursor = page.cursor

    def _store(
        self, asking: _Asking, page: OrderPage, *, read_at: datetime, has_more: bool, is_over: bool
    ) -> bool:
        """Store a page and where to go on; return False when the lease was lost."""

        def attempt() -> bool:
            with self.database.begin() as uow:
                return self._store_in(uow, asking, page, read_at=read_at, has_more=has_more, is_over=is_over)

        return self._insist(attempt)

    def _store_in(
        self,
        uow: UnitOfWork,
        asking: _Asking,
        page: OrderPage,
        *,
        read_at: datetime,
        has_more: bool,
        is_over: bool,
    ) -> bool:
        stored, now = asking.turn.stored, self.clock.now()
        account = stored.account
        record_orders(uow, account, page.orders, now=now)
        if not has_more:
            apply_unknown_lines_of(uow, account, now)
            uow.notices.answer(account.id, kind=UNREAD)
        if stored.brake_reason is not None:
            uow.accounts.release(account.id, now=now)
        uow.breakers.note(self.watch.due_counts(), now=now)
        if not is_over:
            return uow.orders_work.keep(asking.turn, page.cursor)
        if has_more:
            uow.notify_due()
            return uow.orders_work.give_back(asking.turn, page.cursor, due_at=now)
        due_at = self.pace.next_at(now, asking.adapter.order_interval)
        return uow.orders_work.finish(asking.turn, done_at=read_at, due_at=due_at, cursor=page.cursor)

    def _record_failure(self, asking: _Asking, cursor: Mapping[str, Any] | None, error: ChannelError) -> None:
        turn, now = asking.turn, self.clock.now()
        account = turn.stored.account

        def attempt() -> bool:
            with self.database.begin() as uow:
                wait = wait_after(uow, asking.opened, error, failures=1, policy=self.policy, now=now)
                uow.breakers.note(self.watch.due_counts(), now=now)
                if wait is None or (_is_late(turn, now) and error.recovery is not Recovery.REAUTH):
                    problem = order_sentences.unread(account.name, asking.opened.label)
                    uow.notices.make(account.id, UNREAD, problem)
                if wait is None:
                    return uow.orders_work.give_back(turn, None, due_at=now + HOPELESS)
                soonest = self.pace.next_at(now, asking.adapter.order_interval)
                return uow.orders_work.give_back(turn, cursor, due_at=max(now + wait, soonest))

        self._insist(attempt)

    def _insist(self, store: Callable[[], bool]) -> bool:
        """Store through a restart of the database, or beside somebody who locks the same rows the other way round."""
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(sa.exc.OperationalError),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
            stop=tenacity.stop_after_delay(SAVE_TIME),
            reraise=True,
        )(store)


def _is_late(turn: Turn, now: datetime) -> bool:
    return turn.done_at is None or now - turn.done_at > LATE
