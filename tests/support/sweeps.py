"""Sweep an account of the core under test, as the dispatcher and a worker do."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from syndicator.store.account_work import AccountWork
from syndicator.store.sweeps import SweepReport
from syndicator.usecases.dispatch_accounts import (
    LOOK,
    SWEEP,
    SWEEP_QUEUE,
    AccountDispatch,
    LooksOut,
    dispatch_accounts,
    dispatch_looks,
)
from syndicator.usecases.look_at_listings import LookLease, look_at_listings
from syndicator.usecases.sweep_account import Sweeping, SweepPace
from tests.support.app import LEASE, CoreApp

EVERY = timedelta(hours=6)
SWEEPS = AccountDispatch(work=AccountWork.SWEEP, actor=SWEEP, queue=SWEEP_QUEUE, lease=LEASE, outstanding=2)
PACE = SweepPace(every=EVERY, share=0.5, jitter=lambda: 0.5)


def sweeping(app: CoreApp) -> Sweeping:
    return Sweeping(
        database=app.database,
        adapters=app.adapters,
        policy=app.policy,
        pace=PACE,
        clock=app.clock,
        lease_time=LEASE,
        watch=app.ledger,
    )


def lease_sweeps(app: CoreApp, dispatch: AccountDispatch = SWEEPS) -> list[str]:
    """Lease due accounts once; return the leases that went out."""
    before = len(app.wake_ups.sent)
    dispatch_accounts([dispatch], database=app.database, wake_ups=app.wake_ups, clock=app.clock)
    return [one.lease for one in app.wake_ups.sent[before:]]


def sweep_due(app: CoreApp) -> int:
    """Sweep what is due now, turn after turn; return how many pages were read."""
    pages = 0
    for _ in range(100):
        leases = lease_sweeps(app)
        if not leases:
            return pages
        for lease in leases:
            pages += sweeping(app).sweep(lease)  # type: ignore[arg-type]
    raise AssertionError("the sweeps do not come to an end")


def sweep(app: CoreApp, name: str = "page") -> SweepReport:
    """Sweep an account now, from beginning to end; return its report."""
    with app.database.begin() as uow:
        uow.sweep_work.ask([app.account_id(name)], now=app.clock.now())
    sweep_due(app)
    return report(app, name)


def report(app: CoreApp, name: str = "page") -> SweepReport:
    with app.database.begin() as uow:
        found = uow.sweeps.report(app.account_id(name))
    assert found is not None
    return found


def next_sweep(app: CoreApp, name: str = "page") -> SweepReport:
    """Let the next sweep fall due by itself; return its report."""
    app.clock.advance(EVERY)
    sweep_due(app)
    return report(app, name)


def look(app: CoreApp, out: LooksOut | None = None) -> int:
    """Look at every single listing that is due for it; return how many were fetched."""
    before = len(app.wake_ups.sent)
    dispatch_looks(
        out or LooksOut(),
        lease=LEASE,
        outstanding=4,
        database=app.database,
        wake_ups=app.wake_ups,
        clock=app.clock,
    )
    sent = app.wake_ups.sent[before:]
    assert {one.actor for one in sent} <= {LOOK}
    return sum(look_with(app, one.lease) for one in sent)


def look_with(app: CoreApp, lease: str) -> int:
    return look_at_listings(
        LookLease.of(lease),
        lease_time=LEASE,
        share=0.5,
        database=app.database,
        adapters=app.adapters,
        policy=app.policy,
        clock=app.clock,
        watch=app.ledger,
    )


def set_policy(app: CoreApp, policies: Mapping[str, Any], name: str = "page") -> None:
    from syndicator.domain.drift import DriftPolicies

    with app.database.begin() as uow:
        uow.drifts.set_policies(app.account_id(name), DriftPolicies(**policies))


def drifts(app: CoreApp, *, is_open: bool = True) -> list[sa.Row[Any]]:
    """Return the drift recorded, oldest first."""
    which = "WHERE closed_at IS NULL" if is_open else ""
    return app.rows(f"SELECT * FROM drift {which} ORDER BY id")  # noqa: S608 - ours


def kinds(app: CoreApp) -> list[tuple[str, str]]:
    """Return kind and action of the drift that is open."""
    return [(row.kind, row.action) for row in drifts(app)]
