"""Ask an account for its orders now because a person wants it, whether or not workers are running."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from adapters.orders import OrderingAdapter
from schemas.channel import AccountState
from schemas.ids import AccountId
from syndicator.ports import Adapters, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import Database
from syndicator.usecases.account_calls import open_account
from syndicator.usecases.poll_orders import Polling

PAUSE_S: Final = 0.25
"""Between two looks at what somebody else reads."""


class PollEnd(StrEnum):
    """How a read that a person asked for ended."""

    DONE = "done"
    UNREAD = "unread"
    """The channel refused or did not answer; it is tried again by itself."""
    UNFINISHED = "unfinished"
    """The time was over; it goes on by itself."""
    NO_ORDERS = "no_orders"
    """The channel has no orders to give."""
    NOT_ACTIVE = "not_active"
    """The account is paused, or waits for a person, or cannot be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingNow:
    """Polls accounts out of turn.

    Attributes:
        lease_time: As ``Polling`` has it.
        within: How long a person waits.
        progress: Told after every turn how many pages were read.
        sleep: Waits some seconds.
    """

    polling: Polling
    database: Database
    adapters: Adapters
    clock: Clock
    lease_time: timedelta
    within: timedelta
    progress: Callable[[int], None]
    sleep: Callable[[float], None] = time.sleep

    def poll(self, stored: StoredAccount) -> PollEnd:
        """Read the account's orders to their end. Workers that run share in it between two turns of this one."""
        opened = open_account(self.adapters, stored)
        if stored.account.state is not AccountState.ACTIVE or opened is None:
            return PollEnd.NOT_ACTIVE
        if not isinstance(opened.adapter, OrderingAdapter):
            return PollEnd.NO_ORDERS
        asked_at, pages = self.clock.now(), 0
        while True:
            read, was_ours = self._turn(stored.account.id)
            pages += read
            self.progress(pages)
            now = self.clock.now()
            if self._is_read(stored.account.id, asked_at):
                return PollEnd.DONE
            if was_ours and not read:
                return PollEnd.UNREAD
            if now >= asked_at + self.within:
                return PollEnd.UNFINISHED

    def _turn(self, account_id: AccountId) -> tuple[int, bool]:
        """Read for one turn, or wait a little for whoever does; return the pages read and whether the turn was ours."""
        now = self.clock.now()
        with self.database.begin() as uow:
            lease = uow.orders_work.take(account_id, now=now, until=now + self.lease_time)
            if lease is None and uow.orders_work.due_at(account_id) is None:
                # It was never due, for its adapter had no orders to give then.
                uow.orders_work.set_due(account_id, now)
        if lease is None:
            self.sleep(PAUSE_S)
            return 0, False
        return self.polling.poll(lease), True

    def _is_read(self, account_id: AccountId, asked_at: datetime) -> bool:
        with self.database.begin() as uow:
            read_at = uow.order_reports.read_at(account_id)
        return read_at is not None and read_at >= asked_at
