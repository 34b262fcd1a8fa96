"""Dead letters over the real core: grouped, replayed at a pace, closed once, never sent blindly."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Fallback
from schemas.channel import AccountState, Lane, Part, Verb
from schemas.listing import ListingState
from syndicator.domain.plan import StepKind
from syndicator.store.dead_letters import DeadFilter, DeadGroup, Letter
from syndicator.usecases.dead_letters import Action, Replayed, discard, rehearse, replay
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import BROKEN, FORBIDDEN, GRAM, POST, Fault

EVERY = DeadFilter()
PER_SECOND = 10.0


def replayed(app: CoreApp, chosen: DeadFilter = EVERY, *, per_second: float = PER_SECOND) -> list[Replayed]:
    chunks = replay(chosen, by="ครูนก", per_second=per_second, database=app.database, clock=app.clock)
    return [one for chunk in chunks for one in chunk]


def rehearsed(app: CoreApp, chosen: DeadFilter = EVERY) -> list[Replayed]:
    chunks = rehearse(
        chosen, per_second=PER_SECOND, database=app.database, adapters=app.adapters, clock=app.clock
    )
    return [one for chunk in chunks for one in chunk]


def groups(app: CoreApp, chosen: DeadFilter = EVERY) -> list[DeadGroup]:
    with app.database.begin() as uow:
        return list(uow.dead.groups(chosen))


def letters(app: CoreApp, *, with_closed: bool = False) -> list[Letter]:
    with app.database.begin() as uow:
        return list(uow.dead.letters(EVERY, limit=100, with_closed=with_closed))


def die(app: CoreApp, *skus: str, verb: Verb = Verb.PUBLISH, fault: Fault = Fault.TRANSIENT, **more) -> None:
    """Let the listings of the products give up on their channels."""
    tries = app.policy.max_attempts * len(skus)
    for channel in app.adapters.channels.values():
        channel.order(verb, *[fault] * tries)
    app.submit(*[goods(sku, **more) for sku in skus])
    app.run_until_quiet()
    for channel in app.adapters.channels.values():
        channel.faults.clear()


def test_the_same_trouble_of_many_listings_is_one_line(app: CoreApp) -> None:
    app.connect("page")
    app.connect("shop")
    die(app, *[f"P-{number}" for number in range(6)])

    (group,) = groups(app)

    assert (group.count, group.sellers, group.channels) == (12, 1, ("fake",))
    assert (group.cause, group.where) == ("Transient 2", "publish")
    assert group.example == "the server is busy"


def test_different_troubles_are_different_lines_and_the_largest_comes_first(app: CoreApp) -> None:
    app.connect()
    die(app, "P-1", "P-2")
    die(app, "P-3", name=BROKEN)

    assert [(group.cause, group.count) for group in groups(app)] == [
        ("Transient 2", 2),
        ("ZeroDivisionError", 1),
    ]


def test_letters_are_narrowed_by_seller_channel_and_cause(app: CoreApp) -> None:
    app.connect("page")
    die(app, "P-1")
    die(app, "P-2", name=BROKEN)
    (busy, bug) = groups(app)

    assert groups(app, DeadFilter(seller="B")) == []
    assert len(groups(app, DeadFilter(seller="A", channel="fake"))) == 2
    assert groups(app, DeadFilter(channel="shop")) == []
    assert groups(app, DeadFilter(fingerprint=bug.fingerprint)) == [bug]
    assert busy.fingerprint != bug.fingerprint


def test_a_replayed_listing_is_tried_again_and_the_letter_says_who_decided(app: CoreApp) -> None:
    page = app.connect()
    die(app, "P-1")

    (one,) = replayed(app)
    row = app.listing()
    assert (row.state, row.lane, row.attempts, row.problems) == ("working", Lane.BULK.value, 0, [])
    app.run_until_quiet()

    assert (one.action, app.state()) == (Action.DUE, ListingState.LIVE)
    (letter,) = letters(app, with_closed=True)
    assert (letter.resolution, letter.resolved_by, letter.replay_at) == ("replayed", "ครูนก", one.due_at)
    assert len(page.visible("P-1")) == 1


def test_replaying_again_does_nothing_more(app: CoreApp) -> None:
    page = app.connect()
    die(app, "P-1")
    replayed(app)

    assert replayed(app) == []
    app.run_until_quiet()
    assert replayed(app) == []
    assert page.most_visible == {"P-1": 1}


def test_two_replays_at_the_same_moment_share_nothing(app: CoreApp) -> None:
    app.connect()
    die(app, *[f"P-{number}" for number in range(8)])
    done: list[Replayed] = []
    workers = [threading.Thread(target=lambda: done.extend(replayed(app))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    moved = [one.letter.id for one in done if one.action is Action.DUE]
    assert (len(moved), len(set(moved))) == (8, 8)


def test_a_replay_is_spread_over_time_and_over_accounts(app: CoreApp) -> None:
    app.connect("page")
    app.connect("shop")
    die(app, *[f"P-{number}" for number in range(5)])

    done = replayed(app, per_second=2)

    waits = [(one.due_at - app.clock.now()).total_seconds() for one in done if one.due_at is not None]
    assert waits == [pytest.approx(number / 2) for number in range(10)]
    accounts = [one.letter.account for one in done]
    assert all({accounts[number], accounts[number + 1]} == {"page", "shop"} for number in range(0, 10, 2))


def test_a_second_replay_queues_behind_the_first(app: CoreApp) -> None:
    app.connect()
    die(app, "P-1", "P-2")
    die(app, "P-3", name=BROKEN)
    busy, bug = groups(app)

    first = replayed(app, DeadFilter(fingerprint=busy.fingerprint), per_second=1)
    (second,) = replayed(app, DeadFilter(fingerprint=bug.fingerprint), per_second=1)

    assert second.due_at == max(one.due_at for one in first if one.due_at) + timedelta(seconds=1)


def test_a_doubt_is_looked_up_before_anything_is_sent_again(app: CoreApp) -> None:
    page = app.connect()
    die(app, "P-1", fault=Fault.LOST_BEFORE)
    assert app.listing().intent_verb == "publish"
    page.calls.clear()

    (foreseen,) = rehearsed(app)
    replayed(app)
    app.run_until_quiet()

    assert foreseen.forecast is not None
    assert foreseen.forecast.step is StepKind.VERIFY
    assert [problem.code for problem in foreseen.forecast.why] == ["replay.looked_up_first"]
    assert next(verb for verb, _ in page.calls) is Verb.FIND
    assert (len(page.visible("P-1")), app.state()) == (1, ListingState.LIVE)


def test_a_listing_that_appeared_after_all_is_adopted_by_a_replay(app: CoreApp) -> None:
    page = app.connect(lag=timedelta(minutes=5))
    page.order(Verb.PUBLISH, *[Fault.LOST_BEFORE] * (app.policy.max_attempts - 1), Fault.LOST_AFTER)
    app.submit(goods())
    app.run_until_quiet()
    assert len(app.dead()) == 1
    late = page.visible("P-1")
    app.clock.advance(timedelta(hours=1))
    page.calls.clear()

    replayed(app)
    app.run_until_quiet()

    assert page.count(Verb.PUBLISH) == 0
    assert app.listing().external_id == late[0].external_id


def test_a_newer_wish_that_is_on_its_way_is_left_alone(app: CoreApp) -> None:
    app.connect()
    die(app, "P-1")
    app.submit(goods(price=9900))
    before = app.listing()

    (one,) = replayed(app)

    after = app.listing()
    assert one.action is Action.ON_ITS_WAY
    assert (after.due_at, after.lane, after.wish) == (before.due_at, before.lane, before.wish)
    (letter,) = letters(app, with_closed=True)
    assert (letter.resolution, letter.reason) == ("superseded", "on_its_way")


def test_a_rehearsal_changes_nothing_and_names_each_step(app: CoreApp) -> None:
    app.connect(can=POST)
    die(app, "P-1")
    die(app, "P-2", name=FORBIDDEN)
    app.submit(goods("P-3"))
    app.run_until_quiet()
    die(app, "P-3", verb=Verb.UPDATE, price=9900)
    before = app.rows("SELECT * FROM listing ORDER BY id"), app.rows("SELECT * FROM dead_letter ORDER BY id")

    done = rehearsed(app)

    assert {(one.letter.sku, one.forecast.step, one.action) for one in done if one.forecast} == {
        ("P-1", StepKind.PUBLISH, Action.DUE),
        ("P-3", StepKind.UPDATE, Action.DUE),
    }
    after = app.rows("SELECT * FROM listing ORDER BY id"), app.rows("SELECT * FROM dead_letter ORDER BY id")
    assert after == before


def test_a_rehearsal_says_what_stands_in_the_way(app: CoreApp) -> None:
    page = app.connect(can=POST)
    die(app, "P-1", "P-2", "P-3")
    app.set_account(AccountState.PAUSED)
    app.execute(
        "UPDATE product SET canonical = jsonb_set(canonical, '{name}', CAST(:name AS jsonb)) WHERE sku = 'P-2'",
        name=f'"{FORBIDDEN}"',
    )
    app.execute(
        "UPDATE product SET canonical = jsonb_set(canonical, '{name}', CAST(:name AS jsonb)) WHERE sku = 'P-3'",
        name=f'"{BROKEN}"',
    )

    why = {
        one.letter.sku: [problem.code for problem in one.forecast.why]
        for one in rehearsed(app)
        if one.forecast
    }

    assert why == {"P-1": ["replay.account_waits"], "P-2": ["text_refused"], "P-3": ["listing.internal"]}
    assert page.visible("P-1") == []


def test_a_rehearsal_says_what_a_person_would_be_asked(app: CoreApp) -> None:
    page = app.connect(can=GRAM)
    app.submit(goods())
    app.run_until_quiet()
    die(app, "P-1", verb=Verb.COMMENT, price=9900)
    page.can = replace(GRAM, fallbacks={Part.PRICE: Fallback.ASK})

    (one,) = rehearsed(app)

    assert one.forecast is not None
    assert (one.forecast.step, [problem.code for problem in one.forecast.why]) == (
        StepKind.ASK,
        ["listing.edit_by_hand"],
    )


def test_a_discarded_letter_is_closed_with_its_reason_and_its_listing_stays(app: CoreApp) -> None:
    app.connect()
    die(app, "P-1")
    before = app.listing()

    discard(EVERY, by="ครูนก", reason="เลิกขายแล้ว", database=app.database, clock=app.clock)

    assert app.dead() == []
    assert app.listing() == before
    (letter,) = letters(app, with_closed=True)
    assert (letter.resolution, letter.resolved_by, letter.reason) == ("discarded", "ครูนก", "เลิกขายแล้ว")
    assert replayed(app) == []


def test_a_letter_waits_for_as_long_as_nobody_decides(app: CoreApp) -> None:
    app.connect()
    die(app, "P-1")

    app.clock.advance(timedelta(days=400))
    app.run_until_quiet()

    assert len(app.dead()) == 1


def test_a_listing_that_dies_again_has_one_letter_that_waits(app: CoreApp) -> None:
    page = app.connect()
    die(app, "P-1")
    page.order(Verb.PUBLISH, *[Fault.TRANSIENT] * app.policy.max_attempts)
    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert len(app.dead()) == 1
    assert [letter.resolution for letter in letters(app, with_closed=True)] == [None, "superseded"]


def test_a_later_success_supersedes_the_letter(app: CoreApp) -> None:
    app.connect()
    die(app, "P-1")

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert app.dead() == []
    assert [letter.resolution for letter in letters(app, with_closed=True)] == ["superseded"]


def bury_message(app: CoreApp, actor: str, cause: str = "OperationalError") -> None:
    with app.database.begin() as uow:
        uow.attempts.bury_message(
            actor=actor,
            queue="content",
            message={"args": ["abc"]},
            cause=cause,
            detail="the database went away",
        )


def test_a_message_about_a_lease_needs_no_replay_and_is_closed(app: CoreApp) -> None:
    bury_message(app, "listing.reconcile")

    (one,) = replayed(app)

    assert one.action is Action.NEEDLESS
    assert app.dead() == []
    assert [letter.resolution for letter in letters(app, with_closed=True)] == ["superseded"]


def test_a_message_that_nobody_can_read_waits_to_be_discarded(app: CoreApp) -> None:
    bury_message(app, "", cause="MalformedMessage")

    assert [one.action for one in replayed(app)] == [Action.KEPT]
    assert len(app.dead()) == 1
    discard(EVERY, by="x", reason="a trial", database=app.database, clock=app.clock)
    assert app.dead() == []


def test_a_replay_is_cut_into_transactions_and_may_be_interrupted(app: CoreApp) -> None:
    app.connect()
    app.submit(*[goods(f"P-{number}") for number in range(201)])
    app.execute("UPDATE listing SET due_at = NULL, state = 'needs_you'")
    app.execute(
        "INSERT INTO dead_letter (listing_id, cause, detail, fingerprint)"
        " SELECT id, 'Transient', 'busy', 'c1' FROM listing"
    )
    chunks = replay(EVERY, by="x", per_second=PER_SECOND, database=app.database, clock=app.clock)

    assert len(next(iter(chunks))) == 200
    assert len(app.dead()) == 1
    assert len(replayed(app)) == 1
