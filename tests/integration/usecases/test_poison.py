"""A listing that ends its worker before anything is committed: counted all the same, and buried in the end."""

from schemas.channel import Verb
from schemas.listing import ListingState
from syndicator.usecases.dispatch import SUSPECT
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import DEADLY, Fault, WorkerKilled


def kill_workers(app: CoreApp, rounds: int) -> int:
    """Work as workers do that are restarted after each death; return how many died."""
    deaths = 0
    for _ in range(rounds):
        for wake_up in app.dispatch():
            try:
                app.reconcile(wake_up.lease)
            except WorkerKilled:
                deaths += 1
        app.clock.advance(LEASE)
    return deaths


def test_a_listing_that_ends_every_worker_that_plans_it_is_buried_at_last(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods(name=DEADLY))

    deaths = kill_workers(app, rounds=20)

    (letter,) = app.dead()
    assert (letter.cause, letter.step, app.codes()) == ("WorkerLost", "plan", ["listing.internal"])
    assert deaths == app.policy.max_attempts + 2
    assert (page.calls, app.listing().due_at) == ([], None)


def test_its_neighbours_go_on(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"), goods("P-2"), goods("P-3"))
    app.run_until_quiet()
    app.submit(goods("P-1", price=9900), goods("P-2", name=DEADLY, price=9900), goods("P-3", price=9900))

    kill_workers(app, rounds=3)

    assert [app.state(sku) for sku in ("P-1", "P-3")] == [ListingState.LIVE] * 2
    assert app.state("P-2") is ListingState.WORKING


def test_lost_messages_cost_a_listing_nothing(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    for _ in range(3 * app.policy.max_attempts):
        app.dispatch()
        app.clock.advance(LEASE)

    app.run_until_quiet()

    row = app.listing()
    assert (row.state, row.attempts, row.starts, row.deaths) == ("live", 0, 0, 0)
    assert app.dead() == []


def test_a_worker_that_dies_in_mid_call_is_counted_once(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.KILLED_BEFORE)
    page.order(Verb.FIND, Fault.KILLED_BEFORE)
    app.submit(goods())

    assert kill_workers(app, rounds=2) == 2
    (wake_up,) = app.dispatch()
    assert wake_up.lease.startswith(SUSPECT)
    app.reconcile(wake_up.lease)

    row = app.listing()
    assert (row.attempts, row.deaths) == (2, 0)


def test_an_edit_of_a_buried_listing_lets_it_be_planned_again(app: CoreApp) -> None:
    app.connect()
    app.submit(goods(name=DEADLY))
    kill_workers(app, rounds=20)
    app.submit(goods(name="ชื่อใหม่"))

    app.run_until_quiet()

    assert (app.state(), app.dead()) == (ListingState.LIVE, [])
