"""A sweep reads every page once, writes nothing to a channel that shows what was sent, and survives its worker."""

from datetime import timedelta

import pytest

from schemas.channel import AccountState, Credentials, Part, Verb
from schemas.ids import ExternalId, LeaseToken
from schemas.listing import ListingState, RemoteListing
from syndicator.usecases.connect_account import AccountDetails, connect_account
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import KIND, MARKET, RETRY_AFTER, FakeChannel, Fault, WorkerKilled
from tests.support.fake_observed import FakeObservedAdapter, ObservedChannel, connect_observed
from tests.support.sweeps import (
    EVERY,
    drifts,
    kinds,
    lease_sweeps,
    next_sweep,
    report,
    sweep,
    sweep_due,
    sweeping,
)


def on_sale(app: CoreApp, count: int, name: str = "page", **options: object) -> ObservedChannel:
    """Publish some goods and forget the calls that took."""
    channel = connect_observed(app, name, can=MARKET, **options)
    app.submit(*(goods(f"P-{number}") for number in range(1, count + 1)), accounts=[app.account_id(name)])
    app.run_until_quiet()
    channel.calls.clear()
    app.clock.advance(timedelta(minutes=10))
    return channel


def test_unchanged_listings_cost_one_call_for_each_page_and_no_write(app: CoreApp) -> None:
    channel = on_sale(app, 7)

    found = sweep(app)

    assert channel.calls == [(Verb.FIND, "page")] * 3
    assert (found.pages, found.listings, found.known, found.drift, found.missing) == (3, 7, 7, {}, 0)
    assert app.run_once() == 0
    assert app.value("SELECT count(*) FROM listing WHERE seen_at = :now", now=app.clock.now()) == 7


def test_what_was_compared_once_is_not_rendered_again_until_something_changes(app: CoreApp) -> None:
    on_sale(app, 4)

    assert sweep(app).compared == 4
    assert next_sweep(app).compared == 0
    app.submit(goods("P-2", price=9900))
    app.run_until_quiet()
    assert next_sweep(app).compared == 1
    assert next_sweep(app).compared == 0


def test_the_next_sweep_comes_at_its_time(app: CoreApp) -> None:
    channel = on_sale(app, 1)
    sweep(app)
    app.clock.advance(EVERY - timedelta(seconds=1))
    assert sweep_due(app) == 0

    app.clock.advance(timedelta(seconds=1))

    assert sweep_due(app) == 1
    assert channel.count(Verb.FIND) == 2


def test_a_killed_worker_costs_one_page(app: CoreApp) -> None:
    channel = on_sale(app, 9)
    channel.browsed = lambda: channel.order(Verb.FIND, Fault.KILLED_BEFORE)
    (lease,) = lease_sweeps(app)
    with pytest.raises(WorkerKilled):
        sweeping(app).sweep(LeaseToken(lease))
    assert report(app).pages == 1
    assert sweep_due(app) == 0

    app.clock.advance(LEASE)
    assert sweep_due(app) == 2

    assert (report(app).pages, report(app).listings, report(app).missing) == (3, 9, 0)
    assert channel.count(Verb.FIND) == 4


def test_a_large_account_goes_back_behind_the_others(app: CoreApp) -> None:
    large = on_sale(app, 9)
    small = on_sale(app, 1, "small")
    large.browsed = lambda: app.clock.advance(timedelta(seconds=30))

    assert [sweeping(app).sweep(LeaseToken(lease)) for lease in lease_sweeps(app)] == [1, 1]
    assert report(app).ended_at is None
    assert report(app, "small").ended_at is not None
    assert small.count(Verb.FIND) == 1
    sweep_due(app)
    assert report(app).pages == 3


def test_a_second_delivery_reads_nothing(app: CoreApp) -> None:
    channel = on_sale(app, 1)
    (lease,) = lease_sweeps(app)

    assert sweeping(app).sweep(LeaseToken(lease)) == 1
    assert sweeping(app).sweep(LeaseToken(lease)) == 0
    assert channel.count(Verb.FIND) == 1


def test_who_lost_the_lease_during_the_call_records_nothing(app: CoreApp) -> None:
    channel = on_sale(app, 4)
    channel.edit("P-1", prices={"P-1": 100})

    def overtake() -> None:
        app.clock.advance(LEASE)
        (again,) = lease_sweeps(app)
        assert sweeping(app).sweep(LeaseToken(again)) == 2

    channel.browsed = overtake
    (lease,) = lease_sweeps(app)
    sweeping(app).sweep(LeaseToken(lease))

    assert report(app).pages == 2
    assert kinds(app) == [("price_edited", "sent_again")]


def test_an_account_that_cannot_be_observed_is_never_due_again(app: CoreApp) -> None:
    app.connect()
    with app.database.begin() as uow:
        uow.sweep_work.set_due(app.account_id(), app.clock.now())

    assert sweep_due(app) == 0
    assert app.value("SELECT sweep_due_at FROM channel_account") is None


def test_an_account_that_is_connected_is_read_back_at_once_where_it_can_be(app: CoreApp) -> None:
    app.adapters.channels["shop"] = ObservedChannel(clock=app.clock, adapter=FakeObservedAdapter)
    app.adapters.channels["page"] = FakeChannel(clock=app.clock)
    for name in ("shop", "page"):
        details = AccountDetails(
            kind=KIND, name=name, external_id=name, credentials=Credentials({"token": "t"}), settings={}
        )
        connect_account(app.seller_id, details, database=app.database, adapters=app.adapters, clock=app.clock)

    due = dict(app.rows("SELECT name, sweep_due_at FROM channel_account"))  # type: ignore[arg-type]
    assert due == {"shop": app.clock.now(), "page": None}


def test_a_throttled_sweep_brakes_the_account_and_goes_on_where_it_stood(app: CoreApp) -> None:
    channel = on_sale(app, 6)
    channel.browsed = lambda: channel.order(Verb.FIND, Fault.THROTTLED)

    assert sweep(app).pages == 1
    assert app.value("SELECT not_before FROM channel_account") == app.clock.now() + RETRY_AFTER
    app.clock.advance(RETRY_AFTER)

    assert sweep_due(app) == 1
    assert (report(app).pages, report(app).error) == (2, None)
    assert app.value("SELECT not_before FROM channel_account") is None


def test_a_refused_credential_parks_the_account(app: CoreApp) -> None:
    channel = on_sale(app, 1)
    channel.order(Verb.FIND, Fault.AUTH_EXPIRED)

    sweep(app)

    assert app.value("SELECT state FROM channel_account") == AccountState.NEEDS_REAUTH.value
    assert app.value("SELECT count(*) FROM notice") == 1
    assert sweep_due(app) == 0
    app.set_account(AccountState.ACTIVE)
    assert sweep_due(app) == 1


def test_a_busy_channel_is_tried_again_later_each_time(app: CoreApp) -> None:
    channel = on_sale(app, 1)
    channel.order(Verb.FIND, Fault.TRANSIENT, Fault.LOST_BEFORE)
    waits = []
    for _ in range(2):
        sweep_due(app)
        waits.append(app.value("SELECT sweep_due_at FROM channel_account") - app.clock.now())
        app.clock.advance(waits[-1])

    assert waits == [timedelta(seconds=2), timedelta(seconds=4)]
    assert sweep_due(app) == 1
    assert report(app).error is None


def test_a_cursor_that_is_no_longer_taken_begins_anew_once(app: CoreApp) -> None:
    channel = on_sale(app, 6)
    channel.browsed = lambda: channel.order(Verb.FIND, Fault.REJECTED)

    sweep(app)
    app.clock.advance(timedelta(minutes=1))
    sweep_due(app)

    found = report(app)
    assert (found.restarts, found.pages, found.missing, found.error) == (1, 3, 0, None)
    assert found.ended_at is not None


def test_a_channel_that_never_answers_is_given_up_until_the_next_sweep(app: CoreApp) -> None:
    channel = on_sale(app, 1)
    channel.order(Verb.FIND, *[Fault.TRANSIENT] * 4)
    for _ in range(5):
        sweep_due(app)
        app.clock.advance(timedelta(minutes=5))

    found = report(app)
    assert found.ended_at is not None
    assert "Transient" in str(found.error)
    assert app.listing().missing_since is None
    assert next_sweep(app).error is None


@pytest.mark.parametrize("state", [AccountState.PAUSED, AccountState.NEEDS_REAUTH])
def test_an_account_that_rests_is_not_read(app: CoreApp, state: AccountState) -> None:
    channel = on_sale(app, 1)
    app.set_account(state)

    assert sweep_due(app) == 0
    assert channel.calls == []


def test_a_listing_on_its_way_is_never_drift(app: CoreApp) -> None:
    channel = on_sale(app, 2)
    app.submit(goods("P-1", price=9900), goods("P-2"))
    channel.edit("P-1", prices={"P-1": 100})

    assert sweep(app).drift == {}
    assert drifts(app) == []


def test_what_was_sent_while_the_page_was_on_its_way_is_not_drift(app: CoreApp) -> None:
    channel = on_sale(app, 1)

    def change_everything() -> None:
        app.submit(goods("P-1", price=9900), stock=3)
        app.run_until_quiet()

    channel.browsed = change_everything

    assert sweep(app).drift == {}
    assert app.state() is ListingState.LIVE
    assert channel.shown[channel.id_of("P-1")]["available"] == {"P-1": 3}


def test_a_listing_of_ours_that_nobody_knows_is_reported_and_left_alone(app: CoreApp) -> None:
    channel = on_sale(app, 1)
    ours = RemoteListing(external_id=ExternalId("77"), visible=True, seen={"text": "กล้วย SY7K3M2Q9"})
    theirs = RemoteListing(external_id=ExternalId("78"), visible=True, seen={"text": "ของผู้อื่น"})
    new = RemoteListing(
        external_id=ExternalId("79"),
        visible=True,
        created_at=app.clock.now(),
        seen={"text": "กล้วย SY7K3M2QA"},
    )
    hidden = RemoteListing(external_id=ExternalId("80"), visible=False, seen={"text": "กล้วย SY7K3M2QB"})
    channel.strangers = [ours, theirs, new, hidden]

    found = sweep(app)

    assert (found.listings, found.known, found.unknown, found.unknown_ids) == (5, 1, 1, ("77",))
    assert channel.writes == 0


def test_the_same_page_again_ends_the_sweep(app: CoreApp) -> None:
    channel = on_sale(app, 6, page_size=3)
    channel.loops = True

    found = sweep(app)

    assert "twice" in str(found.error)
    assert app.value("SELECT count(*) FROM listing WHERE missing_since IS NOT NULL") == 0


def test_parts_the_channel_does_not_tell_are_not_compared(app: CoreApp) -> None:
    channel = on_sale(app, 1)
    del channel.shown[channel.id_of("P-1")]["available"]

    assert sweep(app).drift == {}
    assert Part.STOCK in {Part(name) for name in app.listing().sent}
