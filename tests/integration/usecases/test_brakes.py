"""A throttled account rests until its time has come: it holds no thread, delays nobody, and is tried with one listing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from schemas.channel import Verb
from schemas.listing import ListingState
from schemas.pace import BrakeReason
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import RETRY_AFTER, SHOP, Fault


def brake(app: CoreApp, name: str = "page") -> Mapping[str, Any]:
    (row,) = app.rows(
        "SELECT not_before, brake_reason, brakes FROM channel_account WHERE name = :name", name=name
    )
    return row._mapping


def due_in(app: CoreApp, name: str = "page") -> timedelta:
    until = brake(app, name)["not_before"]
    assert until is not None
    return until - app.clock.now()


def test_a_braked_account_is_not_leased_until_its_time_has_come(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.THROTTLED)
    app.submit(goods("P-1"))
    app.run_once()
    app.submit(*(goods(f"P-{number}") for number in range(2, 9)))

    app.clock.advance(RETRY_AFTER - timedelta(seconds=1))
    assert app.dispatch() == []

    app.clock.advance(timedelta(seconds=1))
    assert len(app.dispatch()) == 1


def test_one_listing_tries_after_a_brake_and_the_others_follow(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.THROTTLED)
    app.submit(goods("P-1"))
    app.run_once()
    app.submit(*(goods(f"P-{number}") for number in range(2, 9)))
    app.clock.advance(RETRY_AFTER)

    assert app.run_once() == 1
    assert app.run_once() == 7
    assert brake(app) == {"not_before": None, "brake_reason": None, "brakes": 0}


def test_a_brake_costs_no_attempt_and_everything_arrives(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.THROTTLED] * 30)
    app.submit(*(goods(f"P-{number}") for number in range(10)))

    app.run_until_quiet()

    assert len(page.listings) == 10
    assert app.value("SELECT max(attempts) FROM listing") == 0
    assert app.dead() == []


def test_the_wait_grows_where_the_channel_names_none(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.THROTTLED_WITHOUT_A_WORD] * 4)
    app.submit(goods())
    waits = []
    for _ in range(4):
        app.run_once()
        waits.append(due_in(app))
        app.clock.advance(waits[-1])

    assert waits == [timedelta(seconds=2**n) for n in (1, 2, 3, 4)]
    app.run_until_quiet()
    assert app.state() is ListingState.LIVE


def test_many_steps_that_meet_one_throttle_count_as_one(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.THROTTLED_WITHOUT_A_WORD] * 8)
    app.submit(*(goods(f"P-{number}") for number in range(8)))
    leases = [wake_up.lease for wake_up in app.dispatch()]
    # All eight were claimed before the first answer came.
    page.meanwhile = lambda: [app.reconcile(lease) for lease in leases[1:2]]

    app.reconcile(leases[0])

    assert brake(app)["brakes"] == 1


def test_a_slice_that_waited_in_the_queue_heeds_a_brake_set_meanwhile(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.THROTTLED)
    app.submit(goods("P-1"), goods("P-2"))
    first, second = (wake_up.lease for wake_up in app.dispatch())
    app.reconcile(first)

    app.reconcile(second)

    assert page.count(Verb.PUBLISH) == 1
    assert app.listing("P-2").lease_token is None
    app.run_until_quiet()
    assert {app.state("P-1"), app.state("P-2")} == {ListingState.LIVE}


def test_an_endless_wait_is_cut_and_tried(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.THROTTLED_FOR_A_MONTH)
    app.submit(goods())

    app.run_once()

    assert due_in(app) == timedelta(hours=24)
    app.run_until_quiet(within=timedelta(hours=25))
    assert app.state() is ListingState.LIVE


def test_an_app_wide_throttle_rests_every_account_of_the_channel_and_is_probed_with_one(app: CoreApp) -> None:
    page = app.connect()
    sibling = app.connect("sibling")
    stranger = app.connect("stranger", endpoint="elsewhere")
    page.order(Verb.PUBLISH, Fault.APP_THROTTLED)
    app.submit(goods("P-1"), accounts=[app.account_id()])
    app.run_once()
    app.submit(*(goods(f"Q-{number}") for number in range(5)))

    while app.run_once():
        continue
    assert (len(sibling.calls), len(stranger.listings)) == (0, 5)

    app.clock.advance(RETRY_AFTER)
    assert app.run_once() == 1
    app.run_until_quiet()
    assert (len(page.listings), len(sibling.listings)) == (6, 5)


def test_our_own_count_brakes_without_a_probe(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods("P-1"), goods("P-2"), goods("P-3"))
    with app.database.begin() as uow:
        uow.accounts.brake(
            app.account_id(),
            now=app.clock.now(),
            wait=timedelta(milliseconds=900),
            reason=BrakeReason.BUDGET,
        )
    assert app.dispatch() == []

    app.clock.advance(timedelta(seconds=1))

    assert app.run_once() == 3
    assert len(page.listings) == 3


def test_the_rest_of_a_slice_goes_back_untried_after_a_throttle(app: CoreApp) -> None:
    shop = app.connect(can=SHOP)
    app.submit(goods("P-1"), goods("P-2"))
    app.run_until_quiet()
    shop.calls.clear()
    shop.order(Verb.UPDATE, Fault.THROTTLED)
    app.submit(goods("P-1", price=9900), goods("P-2", price=9900))

    app.run_once()

    assert shop.calls == [(Verb.UPDATE, "P-1")]
    app.run_until_quiet()
    assert app.value("SELECT max(attempts) FROM listing") == 0


def test_a_reconnected_account_is_no_longer_braked(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.THROTTLED)
    app.submit(goods())
    app.run_once()

    app.connect()

    assert brake(app) == {"not_before": None, "brake_reason": None, "brakes": 0}
