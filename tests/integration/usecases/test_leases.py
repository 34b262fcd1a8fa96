"""A lease is held by one worker at a time; whoever comes late or twice finds nothing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from schemas.channel import Verb
from schemas.ids import LeaseToken
from schemas.listing import ListingState
from syndicator.store.listings import Outcome
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import POST, Fault, WorkerKilled


def test_a_message_delivered_twice_finds_nothing_the_second_time(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    lease = app.lease_one()

    assert [app.reconcile(lease), app.reconcile(lease)] == [1, 0]

    assert page.count(Verb.PUBLISH) == 1


def test_a_message_delivered_twice_at_the_same_moment_finds_nothing_the_second_time(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    lease = app.lease_one()
    second: list[int] = []
    page.meanwhile = lambda: second.append(app.reconcile(lease))

    app.reconcile(lease)

    assert second == [0]
    assert page.count(Verb.PUBLISH) == 1


def test_a_claim_changes_the_token(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    lease = app.lease_one()
    held: list[str] = []
    page.meanwhile = lambda: held.append(app.listing().lease_token)

    app.reconcile(lease)

    assert held
    assert held[0] not in {None, lease}


def test_a_clock_that_jumps_in_mid_publish_leads_to_no_second_listing(app: CoreApp) -> None:
    page = app.connect(can=replace(POST, lookup_settles_after=timedelta(seconds=10)))
    app.submit(goods())

    def others_take_over() -> None:
        app.clock.advance(timedelta(hours=1))
        for _ in range(5):
            app.run_once()
            app.clock.advance(timedelta(seconds=7))

    page.meanwhile = others_take_over
    app.run_once()
    app.run_until_quiet()

    assert page.most_visible == {"P-1": 1}
    assert app.state() is ListingState.LIVE


def test_two_workers_claiming_at_once_share_nothing(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    lease = LeaseToken(app.lease_one())
    until = app.clock.now() + LEASE

    def claim() -> int:
        with app.database.begin() as uow:
            return len(uow.listings.claim(lease, until=until))

    with ThreadPoolExecutor() as pool:
        with app.database.begin() as first:
            assert len(first.listings.claim(lease, until=until)) == 1
            second = pool.submit(claim)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.2)
        assert second.result(timeout=20) == 0


def test_a_lease_that_ran_out_is_leased_again_under_another_token(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    first = app.lease_one()
    assert app.dispatch() == []

    app.clock.advance(LEASE)
    second = app.lease_one()

    assert second != first
    assert app.reconcile(first) == 0
    assert app.reconcile(second) == 1


def test_an_outcome_after_the_lease_was_lost_is_not_written(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    lease = app.lease_one()

    def another_worker_takes_over() -> None:
        app.clock.advance(LEASE)
        app.lease_one()

    page.meanwhile = another_worker_takes_over

    app.reconcile(lease)

    row = app.listing()
    assert row.external_id is None
    assert row.intent_verb == "publish"
    assert row.lease_token is not None


def test_whoever_took_over_finds_what_the_slow_worker_made(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    lease = app.lease_one()
    taken: list[str] = []

    def another_worker_takes_over() -> None:
        app.clock.advance(LEASE)
        taken.append(app.lease_one())

    page.meanwhile = another_worker_takes_over
    app.reconcile(lease)

    app.reconcile(taken[0])
    app.run_until_quiet()

    assert page.most_visible == {"P-1": 1}
    assert app.state() is ListingState.LIVE


def test_recording_under_a_foreign_token_says_what_was_lost(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    listing_id = app.listing().id
    outcome = Outcome(listing_id=listing_id, wish=1, state=ListingState.LIVE, due_in=None)

    with app.database.begin() as uow:
        lost = uow.listings.record(LeaseToken("nobody's"), [outcome], now=app.clock.now())

    assert lost == {listing_id}
    assert app.state() is ListingState.WORKING


def test_a_lease_without_a_time_is_refused_by_the_database(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())

    with pytest.raises(sa.exc.IntegrityError, match="listing_lease_check"):
        app.execute("UPDATE listing SET lease_token = 'x', due_at = NULL")


def test_a_wish_for_a_leased_listing_leaves_the_lease_alone(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    lease = app.lease_one()
    before = app.listing()

    app.submit(goods(price=9900))

    after = app.listing()
    assert (after.lease_token, after.due_at, after.wish) == (lease, before.due_at, before.wish + 1)


def test_an_attempt_is_closed_once(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.KILLED_AFTER)
    app.submit(goods())
    with pytest.raises(WorkerKilled):
        app.run_once()
    assert app.outcomes() == [("publish", None)]

    app.clock.advance(LEASE + timedelta(seconds=1))
    app.run_until_quiet()

    assert [outcome for _, outcome in app.outcomes()] == ["lost", "found"]


def test_a_clock_set_back_holds_no_listing_for_longer_than_a_lease(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    app.lease_one()
    app.clock.advance(timedelta(hours=-1))
    app.execute("UPDATE listing SET wished_at = :now", now=app.clock.now())

    with app.database.begin() as uow:
        assert uow.dispatch.shorten_leases(now=app.clock.now(), longest=LEASE) == 1
    app.clock.advance(LEASE)
    app.run_until_quiet(within=timedelta(minutes=1))

    assert page.most_visible == {"P-1": 1}


def test_a_lease_that_runs_is_not_shortened(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    app.lease_one()
    due = app.listing().due_at

    with app.database.begin() as uow:
        assert uow.dispatch.shorten_leases(now=app.clock.now(), longest=LEASE) == 0

    assert app.listing().due_at == due


def test_the_work_of_an_ended_worker_is_counted_while_it_waits_and_once_it_is_taken_over(
    app: CoreApp,
) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.KILLED_AFTER)
    app.submit(goods())
    began = app.clock.now()
    with pytest.raises(WorkerKilled):
        app.run_once()

    app.clock.advance(LEASE + PATIENCE + timedelta(seconds=1))
    assert recovery(app, since=began) == (0, None, 1)
    app.run_until_quiet()

    taken_over, longest, overdue = recovery(app, since=began)
    assert (taken_over, overdue) == (1, 0)
    assert longest == pytest.approx((LEASE + PATIENCE).total_seconds() + 1, abs=5)
    assert recovery(app, since=app.clock.now() + timedelta(hours=1)) == (0, None, 0)


PATIENCE = timedelta(minutes=2)


def recovery(app: CoreApp, *, since: datetime) -> tuple[int, float | None, int]:
    with app.database.begin() as uow:
        found = uow.reports.recovery(since=since, now=app.clock.now(), patience=PATIENCE)
    return found.taken_over, found.longest_s, found.overdue
