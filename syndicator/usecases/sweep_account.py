"""Read the listings of one account back, page by page, and compare each page with what was sent.

A page is two things: a call to the channel outside of any transaction, and one transaction that compares what it held and
keeps where to go on. A worker that dies in between costs one page. What could be read again is never kept in memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from adapters.errors import ChannelError
from adapters.http import call_deadline
from adapters.observing import ListingPage, ObservedAdapter
from adapters.pace import next_step, paying
from schemas.ids import LeaseToken
from syndicator.store.account_work import Turn
from syndicator.store.engine import UnitOfWork
from syndicator.store.sweeps import SweepReport
from syndicator.usecases.account_calls import (
    AccountWorker,
    Opened,
    as_read_error,
    details,
    modest,
    wait_after,
)
from syndicator.usecases.comparing import MOST_UNKNOWN_IDS, Compared, Comparing
from syndicator.usecases.reconcile_listing import LEASE_MARGIN

log = structlog.get_logger()

TURN_TIME: Final = timedelta(seconds=10)
"""After this long the account goes back behind the others, so that a large one holds no thread for hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPace:
    """How often accounts are read back, and how modestly.

    Attributes:
        every: From the end of one sweep to the beginning of the next, more or less by a tenth.
        share: The part of each budget of calls from which on a sweep waits; the rest is left to what changes something.
        jitter: Returns a number in [0, 1), so that accounts do not march in step.
    """

    every: timedelta
    share: float
    jitter: Callable[[], float]

    def next_at(self, now: datetime) -> datetime:
        """Return when an account that was read to its end at ``now`` is read again."""
        return now + self.every * (0.9 + 0.2 * self.jitter())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeping(AccountWorker):
    """Sweeps accounts."""

    pace: SweepPace

    def sweep(self, lease: LeaseToken) -> int:
        """Read pages of the account under ``lease`` for one turn; return how many.

        A lease that somebody else took over reads nothing: the message was delivered twice, or too late.

        Effects: drift recorded and mended; where to go on; at the end, which listings no page held.
        """
        began = self._begin(lease)
        if began is None:
            return 0
        turn, opened, report = began
        with (
            call_deadline(self.lease_time - LEASE_MARGIN),
            paying(modest(opened.payer, self.pace.share)),
        ):
            return self._read(turn, opened, report)

    def _begin(self, lease: LeaseToken) -> tuple[Turn, Opened, SweepReport] | None:
        now = self.clock.now()
        with self.database.begin() as uow:
            taken = self.take_over(uow.sweep_work, lease, ObservedAdapter, now)
            if taken is None:
                return None
            turn, opened = taken
            report = uow.sweeps.report(turn.stored.account.id)
            if report is None or report.ended_at is not None:
                report = SweepReport(began_at=now)
                turn = replace(turn, cursor=None)
                uow.sweeps.save_report(turn.stored.account.id, report)
                uow.sweep_work.keep(turn, None)
        return turn, opened, report

    def _read(self, turn: Turn, opened: Opened, report: SweepReport) -> int:
        cursor, pages = turn.cursor, 0
        until = self.clock.now() + min(TURN_TIME, (self.lease_time - LEASE_MARGIN) / 2)
        while True:
            next_step()
            read_at = self.clock.now()
            try:
                page = _browse(opened, cursor)
            except Exception as exc:  # noqa: BLE001 - whatever it was, what follows from it is recorded
                self._record_failure(turn, opened, replace(report), cursor, as_read_error(exc))
                return pages
            is_last_turn = self.clock.now() >= until
            went_on = self._record_page(
                turn, opened, report, cursor, page, read_at=read_at, is_last_turn=is_last_turn
            )
            pages += 1
            if went_on is None:
                return pages
            report, cursor = went_on, page.cursor

    def _record_page(
        self,
        turn: Turn,
        opened: Opened,
        report: SweepReport,
        cursor: Mapping[str, Any] | None,
        page: ListingPage,
        *,
        read_at: datetime,
        is_last_turn: bool,
    ) -> SweepReport | None:
        """Compare a page and keep where to go on; None where this turn is over."""
        account_id, now = turn.stored.account.id, self.clock.now()
        with self.database.begin() as uow:
            if not uow.sweep_work.keep(turn, page.cursor):
                log.warning("sweep.lease_lost", account=account_id)
                return None
            comparing = Comparing(uow, opened.stored, opened.adapter, label=opened.label, now=now)
            compared = comparing.page(page.listings, read_at=read_at)
            report = _with_page(report, compared)
            if opened.stored.brake_reason is not None:
                uow.accounts.release(account_id, now=now)
            uow.breakers.note(self.watch.due_counts(), now=now)
            if page.cursor is None:
                self._end(uow, turn, report, now)
                return None
            if page.cursor == cursor:
                self._end_early(uow, turn, report, "the channel gave the same page twice", now)
                return None
            uow.sweeps.save_report(account_id, report)
            if is_last_turn:
                uow.sweep_work.give_back(turn, page.cursor, due_at=now)
                uow.notify_due()
                return None
        return report

    def _end(self, uow: UnitOfWork, turn: Turn, report: SweepReport, now: datetime) -> None:
        account_id = turn.stored.account.id
        missing = uow.sweeps.mark_missing(account_id, began_at=report.began_at, now=now)
        report = replace(report, missing=missing, ended_at=now, error=None)
        uow.sweeps.save_report(account_id, report)
        uow.sweep_work.finish(turn, done_at=now, due_at=self.pace.next_at(now))
        log.info(
            "sweep.done",
            account=account_id,
            pages=report.pages,
            listings=report.listings,
            drift=sum(report.drift.values()),
            missing=missing,
        )

    def _end_early(self, uow: UnitOfWork, turn: Turn, report: SweepReport, why: str, now: datetime) -> None:
        """Give this sweep up; what it did not read was not missed, and the next one begins anew at its time."""
        uow.sweeps.save_report(turn.stored.account.id, replace(report, ended_at=now, error=why))
        uow.sweep_work.give_back(turn, None, due_at=self.pace.next_at(now))
        log.warning("sweep.gave_up", account=turn.stored.account.id, error=why)

    def _record_failure(
        self,
        turn: Turn,
        opened: Opened,
        report: SweepReport,
        cursor: Mapping[str, Any] | None,
        error: ChannelError,
    ) -> None:
        account_id, now = turn.stored.account.id, self.clock.now()
        report = replace(report, failures=report.failures + 1, error=details(error)["error"])
        with self.database.begin() as uow:
            wait = wait_after(uow, opened, error, failures=report.failures, policy=self.policy, now=now)
            uow.breakers.note(self.watch.due_counts(), now=now)
            if wait is not None:
                uow.sweeps.save_report(account_id, report)
                uow.sweep_work.give_back(turn, cursor, due_at=now + wait)
            elif cursor is not None and report.restarts == 0:
                # Perhaps it is only the cursor that the channel no longer takes.
                uow.sweeps.save_report(account_id, replace(report, restarts=1, failures=0))
                uow.sweep_work.give_back(turn, None, due_at=now + self.policy.backoff(1))
            else:
                self._end_early(uow, turn, report, str(report.error), now)


def _browse(opened: Opened, cursor: Mapping[str, Any] | None) -> ListingPage:
    if not isinstance(opened.adapter, ObservedAdapter):
        raise TypeError(f"{opened.adapter.kind} cannot be observed")
    return opened.adapter.browse(cursor)


def _with_page(report: SweepReport, compared: Compared) -> SweepReport:
    return replace(
        report,
        pages=report.pages + 1,
        listings=report.listings + compared.read,
        known=report.known + compared.known,
        compared=report.compared + compared.rendered,
        drift=_sum(report.drift, compared.drift),
        actions=_sum(report.actions, compared.actions),
        unknown=report.unknown + compared.unknown,
        unknown_ids=(*report.unknown_ids, *compared.unknown_ids)[:MOST_UNKNOWN_IDS],
        failures=0,
        error=None,
    )


def _sum(before: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: before.get(name, 0) + more.get(name, 0) for name in sorted({*before, *more})}
