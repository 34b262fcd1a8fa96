"""A channel that is down is left in peace and probed; one that is slow may hold a share of the threads, no more."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.pace import CallEnd
from schemas.channel import Verb
from schemas.listing import ListingState
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import KIND, Fault

STEP = timedelta(seconds=1)


def breaker(app: CoreApp, endpoint: str = KIND) -> Mapping[str, Any]:
    rows = app.rows("SELECT * FROM channel_breaker WHERE endpoint = :endpoint", endpoint=endpoint)
    return rows[0]._mapping if rows else {"state": "closed", "is_slow": False}


def note(app: CoreApp, *, answered: int = 0, broken: int = 0, slow: int = 0, endpoint: str = KIND) -> None:
    """Write counts down as a worker does."""
    app.execute(
        "INSERT INTO channel_calls (endpoint, at, answered, broken, slow)"
        " VALUES (:endpoint, :at, :answered, :broken, :slow)",
        endpoint=endpoint,
        at=app.clock.now(),
        answered=answered,
        broken=broken,
        slow=slow,
    )


def break_down(app: CoreApp) -> None:
    """Open the breaker, by what other accounts met."""
    note(app, broken=5)
    app.clock.advance(STEP)
    app.dispatch()
    assert breaker(app)["state"] == "open"


def test_a_channel_that_is_down_stops_getting_work(app: CoreApp) -> None:
    page = app.connect()
    other = app.connect("other", endpoint="elsewhere")
    page.order(Verb.PUBLISH, *[Fault.TRANSIENT] * 100)
    app.submit(*(goods(f"P-{number}") for number in range(30)))

    for _ in range(4):
        app.run_once()
        app.clock.advance(STEP)

    assert breaker(app)["state"] == "open"
    assert page.count(Verb.PUBLISH) < 20
    assert len(other.listings) == 30


def test_while_open_exactly_one_slice_goes_at_each_probe_and_probes_grow_rare(app: CoreApp) -> None:
    page = app.connect()
    app.connect("sibling")
    app.submit(*(goods(f"P-{number}") for number in range(30)))
    break_down(app)
    page.order(Verb.PUBLISH, *[Fault.TRANSIENT] * 100)
    app.adapters.channels["sibling"].order(Verb.PUBLISH, *[Fault.TRANSIENT] * 100)
    probes = []
    began = app.clock.now()

    while app.clock.now() - began < timedelta(minutes=3):
        sent = app.run_once()
        assert sent <= 1
        if sent:
            probes.append((app.clock.now() - began).total_seconds())
        app.clock.advance(STEP)

    gaps = [b - a for a, b in itertools.pairwise(probes)]
    assert gaps == sorted(gaps)
    assert len(probes) <= 7
    assert gaps[-1] >= 40


def test_a_probe_that_goes_well_lets_a_few_through_and_then_all(app: CoreApp) -> None:
    page = app.connect()
    app.submit(*(goods(f"P-{number}") for number in range(20)))
    break_down(app)
    app.clock.advance(timedelta(seconds=5))

    assert app.run_once() == 1
    app.clock.advance(STEP)
    rounds = []
    while not rounds or breaker(app)["state"] == "half_open":
        rounds.append(app.run_once())
        app.clock.advance(STEP)
    assert rounds[0] == 3
    assert len(rounds) <= 3
    assert rounds[-1] == app.limits.per_account
    assert breaker(app)["state"] == "closed"
    app.run_until_quiet()
    assert len(page.listings) == 20


def test_a_half_open_breaker_opens_again_where_the_channel_is_not_back(app: CoreApp) -> None:
    page = app.connect()
    app.submit(*(goods(f"P-{number}") for number in range(20)))
    break_down(app)
    app.clock.advance(timedelta(seconds=5))
    app.run_once()
    page.order(Verb.PUBLISH, *[Fault.TRANSIENT] * 3)
    app.clock.advance(STEP)
    app.run_once()

    app.clock.advance(STEP)
    app.dispatch()

    assert breaker(app)["state"] == "open"
    app.run_until_quiet()
    assert len(page.listings) == 20


def test_a_prober_that_dies_does_not_leave_the_breaker_stuck(app: CoreApp) -> None:
    page = app.connect()
    app.submit(*(goods(f"P-{number}") for number in range(3)))
    break_down(app)
    app.clock.advance(timedelta(seconds=5))
    assert len(app.dispatch()) == 1
    app.clock.advance(STEP)
    assert app.dispatch() == []

    app.clock.advance(app.limits.lease)

    assert len(app.dispatch()) == 1
    app.run_until_quiet()
    assert len(page.listings) == 3


def test_a_probe_that_needed_no_call_is_followed_by_another_at_once(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"))
    app.run_until_quiet()
    app.submit(goods("P-2"))
    break_down(app)
    app.execute("UPDATE listing SET due_at = :now WHERE state = 'live'", now=app.clock.now())
    app.clock.advance(timedelta(seconds=5))
    app.run_once()

    app.clock.advance(STEP)

    assert app.run_once() == 1


def test_bad_credentials_of_one_account_never_open_it(app: CoreApp) -> None:
    names = [f"page-{number}" for number in range(8)]
    for name in names:
        app.connect(name).order(Verb.PUBLISH, *[Fault.AUTH_EXPIRED] * 9)
    app.submit(*(goods(f"P-{number}") for number in range(3)))

    for _ in range(3):
        app.run_once()
        app.clock.advance(STEP)

    assert breaker(app)["state"] == "closed"


def test_refusals_of_content_and_pace_never_open_it(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.REJECTED, Fault.THROTTLED] * 10)
    app.submit(*(goods(f"P-{number}") for number in range(20)))

    app.run_until_quiet()

    assert breaker(app)["state"] == "closed"


def test_a_third_of_faults_does_not_open_it(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    note(app, answered=70, broken=30)
    app.clock.advance(STEP)

    assert app.run_once() == 1
    assert breaker(app)["state"] == "closed"


def test_an_outage_of_a_busy_channel_shows_although_the_minute_was_good(app: CoreApp) -> None:
    app.connect()
    note(app, answered=1_000)
    app.clock.advance(timedelta(seconds=30))
    note(app, broken=8)
    app.clock.advance(STEP)

    app.dispatch()

    assert breaker(app)["state"] == "open"


def test_a_lost_answer_met_by_an_outage_is_looked_up_and_never_repeated(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.LOST_AFTER] * 8)
    page.order(Verb.FIND, *[Fault.TRANSIENT] * 12)
    app.submit(*(goods(f"P-{number}") for number in range(8)))

    app.run_until_quiet()

    assert set(page.most_visible.values()) == {1}
    assert {app.state(f"P-{number}") for number in range(8)} == {ListingState.LIVE}


def test_slow_channels_together_get_only_their_share(app: CoreApp) -> None:
    app.limits = replace(app.limits, slow_in_flight=4)
    for name in ("a", "b"):
        app.connect(f"slow-{name}", endpoint=f"slow-{name}")
        note(app, answered=1, slow=5, endpoint=f"slow-{name}")
    app.connect("quick", endpoint="quick")
    app.clock.advance(STEP)
    app.submit(*(goods(f"P-{number}") for number in range(8)))

    app.dispatch()

    rows = app.rows(
        "SELECT a.name, count(*) AS n FROM listing l JOIN channel_account a ON a.id = l.account_id"
        " WHERE l.lease_token IS NOT NULL GROUP BY a.name"
    )
    leased = {row.name: row.n for row in rows}
    assert leased["slow-a"] + leased.get("slow-b", 0) == 4
    assert leased["quick"] == 8


def test_a_channel_that_is_quick_again_gets_everything(app: CoreApp) -> None:
    app.limits = replace(app.limits, slow_in_flight=1)
    app.connect()
    note(app, answered=1, slow=5)
    app.clock.advance(STEP)
    app.submit(*(goods(f"P-{number}") for number in range(8)))
    assert len(app.dispatch()) == 1
    assert breaker(app)["is_slow"]

    note(app, answered=50)
    app.clock.advance(STEP)

    assert len(app.dispatch()) == 7
    assert not breaker(app)["is_slow"]


def test_a_worker_whose_threads_hang_hands_further_slices_of_that_channel_back(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods("P-1"))
    hanging = [app.ledger.began(KIND) for _ in range(2)]
    app.clock.advance(timedelta(seconds=6))

    app.run_once()

    row = app.listing()
    assert (page.calls, row.lease_token, row.attempts) == ([], None, 0)
    for number in hanging:
        app.ledger.ended(KIND, number, CallEnd(seconds=6, is_broken=False))
    app.run_until_quiet()
    assert app.state() is ListingState.LIVE
