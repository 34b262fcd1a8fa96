"""Accounts and single looks are handed out few at a time, and never to a channel that must be left in peace."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syndicator.domain.breaker import Breaker, BreakerState, OpenReason
from syndicator.usecases.dispatch_accounts import LEFT_OVER, LooksOut, dispatch_looks
from syndicator.usecases.look_at_listings import LOOKS_IN_SLICE, LookLease
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import KIND, MARKET
from tests.support.fake_observed import connect_observed
from tests.support.sweeps import SWEEPS, lease_sweeps, look_with

PROBE = timedelta(minutes=1)


def breaker(app: CoreApp, state: BreakerState) -> None:
    now = app.clock.now()
    with app.database.begin() as uow:
        uow.breakers.save(
            [
                Breaker(
                    endpoint=KIND,
                    state=state,
                    reason=OpenReason.OUTAGE,
                    since=now,
                    count_from=now,
                    probe_at=now + PROBE if state is BreakerState.OPEN else None,
                )
            ]
        )


def looks(app: CoreApp, out: LooksOut, outstanding: int = 2) -> list[str]:
    before = len(app.wake_ups.sent)
    dispatch_looks(
        out,
        lease=LEASE,
        outstanding=outstanding,
        database=app.database,
        wake_ups=app.wake_ups,
        clock=app.clock,
    )
    return [one.lease for one in app.wake_ups.sent[before:]]


def to_look_at(app: CoreApp, count: int, name: str = "page") -> None:
    """Let listings of an account fall due for a look."""
    connect_observed(app, name, can=MARKET)
    app.submit(*(goods(f"{name}-{number}") for number in range(count)), accounts=[app.account_id(name)])
    app.run_until_quiet()
    app.clock.advance(timedelta(minutes=10))
    app.execute(
        "UPDATE listing SET look_at = :now WHERE account_id = :account",
        now=app.clock.now(),
        account=app.account_id(name),
    )


def test_no_more_accounts_are_out_than_may_be(app: CoreApp) -> None:
    for number in range(5):
        connect_observed(app, f"page-{number}", can=MARKET)

    assert len(lease_sweeps(app)) == SWEEPS.outstanding
    assert lease_sweeps(app) == []
    assert len(lease_sweeps(app, replace(SWEEPS, outstanding=4))) == 2
    app.clock.advance(LEASE)
    assert len(lease_sweeps(app)) == SWEEPS.outstanding


@pytest.mark.parametrize("state", [BreakerState.OPEN, BreakerState.HALF_OPEN])
def test_a_channel_that_is_not_well_is_left_to_the_listings(app: CoreApp, state: BreakerState) -> None:
    connect_observed(app, can=MARKET)
    breaker(app, state)

    assert lease_sweeps(app) == []


def test_a_probe_that_no_listing_takes_is_taken(app: CoreApp) -> None:
    connect_observed(app, can=MARKET)
    breaker(app, BreakerState.OPEN)
    app.clock.advance(PROBE)
    assert lease_sweeps(app) == []

    app.clock.advance(LEFT_OVER)

    assert len(lease_sweeps(app)) == 1
    assert app.value("SELECT probed_at FROM channel_breaker") == app.clock.now()


def test_a_broker_that_is_down_costs_a_lease_and_nothing_else(app: CoreApp) -> None:
    connect_observed(app, can=MARKET)
    app.wake_ups.is_down = True
    with pytest.raises(ConnectionError):
        lease_sweeps(app)
    app.wake_ups.is_down = False
    assert lease_sweeps(app) == []

    app.clock.advance(LEASE)

    assert len(lease_sweeps(app)) == 1


def test_looks_of_one_account_travel_together_and_accounts_take_turns(app: CoreApp) -> None:
    to_look_at(app, LOOKS_IN_SLICE + 3)
    to_look_at(app, 2, "shop")
    out = LooksOut()

    leases = looks(app, out)

    accounts = {LookLease.of(lease).account_id for lease in leases}
    assert accounts == {app.account_id("page"), app.account_id("shop")}
    assert sorted(look_with(app, lease) for lease in leases) == [2, LOOKS_IN_SLICE]
    assert looks(app, out) == [], "as many are out as may be"
    (rest,) = looks(app, LooksOut())
    assert look_with(app, rest) == 3


def test_a_second_delivery_of_a_look_fetches_nothing(app: CoreApp) -> None:
    to_look_at(app, 1)
    (lease,) = looks(app, LooksOut())

    assert look_with(app, lease) == 1
    assert look_with(app, lease) == 0


def test_a_look_whose_worker_died_falls_due_again(app: CoreApp) -> None:
    to_look_at(app, 1)
    out = LooksOut()
    looks(app, out)
    assert looks(app, out) == []

    app.clock.advance(LEASE)

    (again,) = looks(app, out)
    assert look_with(app, again) == 1


@pytest.mark.parametrize("text", ["", "7", "x@2026-11-22T05:00:00+00:00", "7@soon"])
def test_what_is_no_lease_of_a_look_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        LookLease.of(text)
