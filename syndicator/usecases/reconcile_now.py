"""Read an account back now because a person asks for it, whether or not workers are running."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from adapters.observing import ObservedAdapter
from schemas.channel import AccountState
from schemas.ids import AccountId
from syndicator.ports import Adapters, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import Database
from syndicator.store.sweeps import SweepReport
from syndicator.usecases.account_calls import open_account
from syndicator.usecases.sweep_account import Sweeping

PAUSE_S: Final = 0.25
"""Between two looks at what somebody else reads."""


class SweepEnd(StrEnum):
    """How a sweep that a person asked for stands."""

    DONE = "done"
    FAILED = "failed"
    """It ended early; the report says why."""
    UNFINISHED = "unfinished"
    """It goes on by itself: the time was over, or the channel must be left in peace for a while."""
    NOT_OBSERVED = "not_observed"
    """The channel cannot be read back."""
    NOT_ACTIVE = "not_active"
    """The account is paused, or waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptNow:
    """What came of it; ``report`` is None where nothing was read."""

    end: SweepEnd
    report: SweepReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilingNow:
    """Sweeps accounts out of turn.

    Attributes:
        lease_time: As ``Sweeping`` has it.
        within: How long a person waits.
        progress: Told of every turn: pages and listings read so far.
        sleep: Waits some seconds.
    """

    sweeping: Sweeping
    database: Database
    adapters: Adapters
    clock: Clock
    lease_time: timedelta
    within: timedelta
    progress: Callable[[SweepReport], None]
    sleep: Callable[[float], None] = time.sleep

    def sweep(self, stored: StoredAccount) -> SweptNow:
        """Read the account from its beginning to its end; what a worker had begun is begun anew.

        Workers that run share in it: between two turns of this one, one of them may take the account.
        """
        opened = open_account(self.adapters, stored)
        if stored.account.state is not AccountState.ACTIVE or opened is None:
            return SweptNow(end=SweepEnd.NOT_ACTIVE)
        if not isinstance(opened.adapter, ObservedAdapter):
            return SweptNow(end=SweepEnd.NOT_OBSERVED)
        account_id, until = stored.account.id, self.clock.now() + self.within
        asked_at: datetime | None = None
        while True:
            asked_at = self._turn(account_id, asked_at)
            report = self._report(account_id)
            if asked_at is not None and report is not None:
                self.progress(report)
                if report.ended_at is not None:
                    end = SweepEnd.DONE if report.error is None else SweepEnd.FAILED
                    return SweptNow(end=end, report=report)
            if self.clock.now() >= until or self._rests_beyond(account_id, until):
                return SweptNow(end=SweepEnd.UNFINISHED, report=report if asked_at else None)

    def _turn(self, account_id: AccountId, asked_at: datetime | None) -> datetime | None:
        """Do one turn, or wait a little for whoever has it; return since when this sweep counts."""
        now = self.clock.now()
        with self.database.begin() as uow:
            due_at = uow.sweep_work.due_at(account_id)
            may_go = asked_at is None or due_at is None or due_at <= now
            lease = uow.sweep_work.take(account_id, now=now, until=now + self.lease_time) if may_go else None
            if lease is not None and asked_at is None:
                uow.sweeps.begin_anew(account_id)
            elif due_at is None:
                # It was never due, for its adapter could not be observed then.
                uow.sweep_work.set_due(account_id, now)
        if lease is None:
            self.sleep(PAUSE_S)
            return asked_at
        self.sweeping.sweep(lease)
        return asked_at or now

    def _report(self, account_id: AccountId) -> SweepReport | None:
        with self.database.begin() as uow:
            return uow.sweeps.report(account_id)

    def _rests_beyond(self, account_id: AccountId, until: datetime) -> bool:
        with self.database.begin() as uow:
            due_at = uow.sweep_work.due_at(account_id)
        return due_at is not None and due_at > until
