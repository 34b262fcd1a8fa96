"""Lease accounts for work done account by account, and wake the workers: those due longest first, few at a time.

It goes beside ``dispatch`` and after it: what changes something on a channel comes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from schemas.ids import LeaseToken
from syndicator.domain.breaker import Breaker, BreakerState
from syndicator.ports import Clock, WakeUp, WakeUps
from syndicator.store.account_work import AccountWork, AccountWorkRepository
from syndicator.store.engine import Database, UnitOfWork
from syndicator.usecases.look_at_listings import LOOKS_IN_SLICE, LookLease

ORDERS: Final = "account.orders"
"""Actor that reads pages of one account's orders."""
ORDERS_QUEUE: Final = "orders"
SWEEP: Final = "account.sweep"
"""Actor that reads pages of one account back."""
LOOK: Final = "listing.look"
"""Actor that looks at single listings of one account."""
SWEEP_QUEUE: Final = "sweep"
LEFT_OVER: Final = timedelta(seconds=5)
"""A probe of a stopped channel that no listing took for this long may be work of this kind: else none might ever go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDispatch:
    """How one kind of work is handed out; ``outstanding`` accounts are under lease at once at the most."""

    work: AccountWork
    actor: str
    queue: str
    lease: timedelta
    outstanding: int


@dataclass(slots=True)
class LooksOut:
    """The looks that are out, by their lease. Kept by the leading scheduler; losing it sends some twice, to no effect."""

    until: dict[str, datetime] = field(default_factory=dict)

    def forget(self, now: datetime) -> None:
        """Forget those whose lease is over."""
        self.until = {name: until for name, until in self.until.items() if until > now}


def dispatch_accounts(
    kinds: Sequence[AccountDispatch], *, database: Database, wake_ups: WakeUps, clock: Clock
) -> int:
    """Lease due accounts for each kind of work; send one wake-up for each. Return how many.

    Effects: the leases are committed before a message is sent. A message lost after that costs one lease time, no work.

    Raises:
        ConnectionError: The broker cannot be reached; the leases run out by themselves.
    """
    now = clock.now()
    messages: list[WakeUp] = []
    with database.begin() as uow:
        breakers = uow.breakers.all()
        for kind in kinds:
            messages += _lease(uow, kind, breakers, now)
    wake_ups.send(messages)
    return len(messages)


def dispatch_looks(
    out: LooksOut,
    *,
    lease: timedelta,
    outstanding: int,
    database: Database,
    wake_ups: WakeUps,
    clock: Clock,
) -> int:
    """Lease due looks at single listings, some of one account together; return how many wake-ups went out.

    Raises:
        ConnectionError: The broker cannot be reached; the leases run out by themselves.
    """
    now = clock.now()
    out.forget(now)
    room = outstanding - len(out.until)
    if room <= 0:
        return 0
    until = now + lease
    with database.begin() as uow:
        leased = uow.looks.lease_due(
            now=now,
            until=until,
            most=room,
            per_account=LOOKS_IN_SLICE,
            closed=_closed(uow.breakers.all(), now),
        )
    names = [str(LookLease(account_id=account_id, until=until)) for account_id in leased]
    out.until |= dict.fromkeys(names, until)
    wake_ups.send([WakeUp(actor=LOOK, queue=SWEEP_QUEUE, lease=LeaseToken(name)) for name in names])
    return len(names)


def _lease(
    uow: UnitOfWork, kind: AccountDispatch, breakers: Mapping[str, Breaker], now: datetime
) -> list[WakeUp]:
    repository = _repository(uow, kind.work)
    room = kind.outstanding - repository.in_flight(now=now, longest=kind.lease)
    if room <= 0:
        return []
    leased = repository.lease_due(now=now, until=now + kind.lease, most=room, closed=_closed(breakers, now))
    uow.breakers.probing({one.endpoint for one in leased}, now=now)
    return [WakeUp(actor=kind.actor, queue=kind.queue, lease=one.token) for one in leased]


def _repository(uow: UnitOfWork, work: AccountWork) -> AccountWorkRepository:
    return uow.sweep_work if work is AccountWork.SWEEP else uow.orders_work


def _closed(breakers: Mapping[str, Breaker], now: datetime) -> list[str]:
    """Return the endpoints that get nothing: all that are not well, but for a probe that nobody else takes."""
    return [name for name, one in breakers.items() if not (_is_well(one) or _is_left_over(one, now))]


def _is_well(breaker: Breaker) -> bool:
    return breaker.state is BreakerState.CLOSED


def _is_left_over(breaker: Breaker, now: datetime) -> bool:
    return (
        breaker.state is BreakerState.OPEN
        and breaker.probed_at is None
        and breaker.probe_at is not None
        and now >= breaker.probe_at + LEFT_OVER
    )
