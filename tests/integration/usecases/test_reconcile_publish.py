"""Publishing end to end: real PostgreSQL, a fake channel, every way a publish can be interrupted."""

from contextlib import suppress
from datetime import timedelta

import pytest

from schemas.channel import Part, Verb
from schemas.listing import ListingState
from tests.support.app import LEASE, POLICY, CoreApp, goods
from tests.support.fake_channel import (
    ASSISTED,
    BROKEN,
    FORBIDDEN,
    GRAM,
    POST,
    RETRY_AFTER,
    SHOP,
    Fault,
    WorkerKilled,
    capabilities,
    without,
)


def test_a_product_becomes_one_live_listing(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())

    app.run_until_quiet()

    row = app.listing()
    assert [one.external_id for one in page.visible("P-1")] == [row.external_id]
    assert (row.state, row.due_at, row.lease_token, row.intent_verb) == ("live", None, None, None)
    assert row.sent_at == app.clock.now()
    assert app.outcomes() == [("publish", "done")]


def test_an_unchanged_listing_costs_no_call(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    app.run_until_quiet()
    page.calls.clear()

    app.submit(goods())
    app.run_until_quiet()

    assert page.calls == []


def test_a_pending_publish_is_carried_on_until_it_is_live(app: CoreApp) -> None:
    page = app.connect(can=GRAM, looks_until_ready=2)
    app.submit(goods())

    app.run_until_quiet()

    assert app.outcomes() == [("publish", "pending"), ("resume", "pending"), ("resume", "done")]
    assert len(page.visible("P-1")) == 1
    assert app.listing().pending is None


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.BUG])
def test_an_answer_lost_leaves_exactly_one_listing(app: CoreApp, fault: Fault) -> None:
    page = app.connect(lag=timedelta(seconds=30))
    page.order(Verb.PUBLISH, fault)
    app.submit(goods())

    app.run_until_quiet()

    assert page.most_visible == {"P-1": 1}
    assert app.listing().external_id == page.visible("P-1")[0].external_id
    assert app.outcomes()[0] == ("publish", "outcome_unknown")
    assert ("verify", "not_seen_yet") in app.outcomes()


@pytest.mark.parametrize("fault", [Fault.KILLED_AFTER, Fault.KILLED_BEFORE])
def test_a_worker_killed_between_intent_and_outcome_leaves_exactly_one_listing(
    app: CoreApp, fault: Fault
) -> None:
    page = app.connect(lag=timedelta(seconds=30))
    page.order(Verb.PUBLISH, fault)
    app.submit(goods())
    with pytest.raises(WorkerKilled):
        app.run_once()
    assert app.listing().intent_verb == "publish"

    app.run_until_quiet()

    assert page.most_visible == {"P-1": 1}
    assert app.state() is ListingState.LIVE
    assert app.outcomes()[0] == ("publish", "lost")


def test_a_killed_workers_listing_is_looked_at_again_after_one_lease(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.KILLED_AFTER)
    app.submit(goods())
    with pytest.raises(WorkerKilled):
        app.run_once()

    app.clock.advance(LEASE - timedelta(seconds=1))
    assert app.run_once() == 0
    app.clock.advance(timedelta(seconds=1))
    assert app.run_once() == 1

    assert app.outcomes() == [("publish", "lost"), ("verify", "found")]


def test_not_found_is_believed_only_after_the_channels_settling_time(app: CoreApp) -> None:
    page = app.connect(lag=timedelta(days=1))
    page.order(Verb.PUBLISH, Fault.LOST_BEFORE)
    app.submit(goods())
    app.run_once()
    lost_at = app.clock.now()

    while page.count(Verb.PUBLISH) == 1:
        app.clock.advance(timedelta(seconds=1))
        app.run_once()

    waited = app.clock.now() - lost_at
    assert timedelta(seconds=60) <= waited <= timedelta(seconds=70)


def test_a_channel_that_cannot_be_asked_holds_an_unknown_outcome_for_a_person(app: CoreApp) -> None:
    page = app.connect(can=capabilities(lookup_settles_after=None))
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())

    app.run_until_quiet()
    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert page.most_visible == {"P-1": 1}
    assert page.count(Verb.PUBLISH) == 1
    assert app.codes() == ["listing.unconfirmed"]
    assert app.listing().intent_verb == "publish"


def test_an_edit_made_while_the_outcome_is_unknown_reaches_the_listing_that_is_found(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    app.run_once()

    app.submit(goods(price=9900))
    app.run_until_quiet()

    (shown,) = page.visible("P-1")
    assert shown.parts == {part: app.listing().sent[part.value] for part in shown.parts}
    assert page.count(Verb.PUBLISH) == 1
    assert page.count(Verb.UPDATE) == 1


def test_a_withdrawal_wished_while_the_outcome_is_unknown_takes_down_what_is_found(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    app.run_once()

    app.submit(goods(status="hidden"))
    app.run_until_quiet()

    assert page.visible("P-1") == []
    assert app.state() is ListingState.STOPPED


def test_a_withdrawal_wished_while_a_pending_publish_is_visible_already_takes_it_down(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.PENDING_AFTER)
    app.submit(goods())
    app.run_once()
    assert len(page.visible("P-1")) == 1

    app.submit(goods(status="hidden"))
    app.run_until_quiet()

    assert page.visible("P-1") == []
    assert app.state() is ListingState.STOPPED
    assert app.outcomes()[-2:] == [("verify", "found"), ("withdraw", "done")]


def test_an_edit_made_while_a_pending_publish_is_visible_already_reaches_it(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.PENDING_AFTER)
    app.submit(goods())
    app.run_once()

    app.submit(goods(price=9900))
    app.run_until_quiet()

    (shown,) = page.visible("P-1")
    assert page.count(Verb.UPDATE) == 1
    assert shown.parts == {part: app.listing().sent[part.value] for part in shown.parts}


def test_a_withdrawal_of_a_pending_publish_nobody_sees_ends_at_rest(app: CoreApp) -> None:
    page = app.connect(can=GRAM, looks_until_ready=50)
    app.submit(goods())
    app.run_once()

    app.submit(goods(status="hidden"))
    app.run_until_quiet()

    assert page.listings == {}
    assert (app.state(), app.listing().pending) == (ListingState.STOPPED, None)


def test_a_hidden_listing_of_a_killed_worker_is_adopted_and_shown(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True, deaths_before_show=1)
    app.submit(goods())
    with pytest.raises(WorkerKilled):
        app.run_once()
    assert shop.visible("P-1") == []

    app.run_until_quiet()

    assert len(shop.listings) == 1
    assert len(shop.visible("P-1")) == 1
    assert ("verify", "found_hidden") in app.outcomes()


def test_what_a_withdrawal_left_hidden_is_shown_again_instead_of_made_twice(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True)
    app.submit(goods())
    app.run_until_quiet()
    app.submit(goods(status="hidden"))
    app.run_until_quiet()
    assert (shop.visible("P-1"), app.state()) == ([], ListingState.STOPPED)

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert len(shop.listings) == 1
    assert len(shop.visible("P-1")) == 1


def test_a_throttle_spends_no_attempt_and_rests_the_whole_account(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.THROTTLED)
    app.submit(goods("P-1"), goods("P-2"))
    first = app.clock.now()

    app.run_until_quiet()

    assert app.clock.now() - first == RETRY_AFTER
    assert {app.state("P-1"), app.state("P-2")} == {ListingState.LIVE}
    assert app.listing("P-1").attempts == 0


def test_many_throttles_do_not_end_a_wish(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.THROTTLED] * 20)
    app.submit(goods())

    app.run_until_quiet()

    assert app.state() is ListingState.LIVE


def test_a_locked_listing_waits_alone(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.LOCKED)
    app.submit(goods("P-1"), goods("P-2"))

    app.run_once()

    assert {app.state("P-1"), app.state("P-2")} == {ListingState.LIVE, ListingState.WORKING}
    assert app.value("SELECT not_before FROM channel_account") is None


def test_a_wish_that_fails_too_often_becomes_a_dead_letter_and_closes_it_when_it_succeeds(
    app: CoreApp,
) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.TRANSIENT] * app.policy.max_attempts)
    app.submit(goods())

    app.run_until_quiet()

    (letter,) = app.dead()
    assert letter.cause == "Transient 2"
    assert (app.state(), app.codes()) == (ListingState.NEEDS_YOU, ["listing.gave_up"])
    assert page.count(Verb.PUBLISH) == app.policy.max_attempts

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert app.state() is ListingState.LIVE
    assert app.dead() == []


def test_a_publish_that_gets_lost_again_and_again_becomes_a_dead_letter_that_still_remembers_the_doubt(
    app: CoreApp,
) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.LOST_BEFORE] * 10)
    app.submit(goods())

    app.run_until_quiet()

    assert page.count(Verb.PUBLISH) == app.policy.max_attempts
    assert [letter.cause for letter in app.dead()] == ["OutcomeUnknown"]
    assert app.listing().intent_verb == "publish"


def test_a_listing_that_kills_its_worker_again_and_again_becomes_a_dead_letter(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.KILLED_BEFORE] * 20)
    page.order(Verb.FIND, *[Fault.KILLED_BEFORE] * 20)
    app.submit(goods())

    for _ in range(10):
        try:
            app.run_once()
        except WorkerKilled:
            app.clock.advance(LEASE)

    (letter,) = app.dead()
    assert letter.cause == "WorkerLost"
    assert len(page.calls) == app.policy.max_attempts
    assert app.codes() == ["listing.gave_up"]
    assert app.listing().intent_verb == "publish"


def test_a_rule_of_the_channel_holds_the_listing_without_any_call(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods("P-1", name=f"สมุนไพร {FORBIDDEN}"), goods("P-2"))

    app.run_until_quiet()

    assert app.codes("P-1") == ["text_refused"]
    assert [sku for _, sku in page.calls] == ["P-2"]
    assert app.outcomes("P-1") == []


def test_a_refused_publish_waits_for_the_seller_and_goes_out_after_the_edit(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.REJECTED)
    app.submit(goods())
    app.run_until_quiet()
    assert (app.state(), app.codes()) == (ListingState.NEEDS_YOU, ["text_refused"])
    assert app.listing().intent_verb is None

    app.submit(goods(name="ชื่อใหม่"))
    app.run_until_quiet()

    assert app.state() is ListingState.LIVE


def test_a_bug_in_rendering_buries_only_its_own_listing(app: CoreApp) -> None:
    app.connect(can=SHOP)
    app.submit(goods("P-1"), goods("P-2"))
    app.run_until_quiet()

    app.submit(goods("P-1", name=f"ของ{BROKEN}"), goods("P-2", price=9900))
    app.run_until_quiet()

    (letter,) = app.dead()
    assert (letter.cause, letter.listing_id) == ("ZeroDivisionError", app.listing("P-1").id)
    assert app.codes("P-1") == ["listing.internal"]
    assert app.state("P-2") is ListingState.LIVE


def test_a_channel_without_publish_asks_a_person(app: CoreApp) -> None:
    page = app.connect(can=without(POST, Verb.PUBLISH))
    app.submit(goods())

    app.run_until_quiet()

    assert page.calls == []
    assert app.codes() == ["listing.publish_by_hand"]


def test_an_assisted_market_waits_for_a_person_and_is_not_polled(app: CoreApp) -> None:
    market = app.connect(can=ASSISTED)
    app.submit(goods())

    app.run_until_quiet()

    assert market.count(Verb.PUBLISH) == 1
    assert (app.state(), app.codes(), app.listing().due_at) == (ListingState.NEEDS_YOU, ["carry_it"], None)


@pytest.mark.parametrize("fault", [Fault.REJECTED, Fault.GONE, Fault.TRANSIENT, Fault.BUG])
def test_a_look_that_goes_wrong_never_ends_the_doubt(app: CoreApp, fault: Fault) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    page.order(Verb.FIND, fault)
    app.submit(goods())

    app.run_until_quiet()

    assert page.count(Verb.PUBLISH) == 1
    assert app.listing().external_id == page.visible("P-1")[0].external_id


def test_a_product_for_a_later_day_is_published_on_that_day(app: CoreApp) -> None:
    page = app.connect()
    day = (app.clock.now() + timedelta(days=10)).date()
    app.submit(goods(available_from=day))
    app.run_until_quiet()
    page.order(Verb.PUBLISH, Fault.TRANSIENT)
    assert page.calls == []

    app.run_until_quiet(within=timedelta(days=11))

    assert app.state() is ListingState.LIVE
    assert app.clock.now().date() in {day, day - timedelta(days=1)}


def test_reconnecting_an_account_does_not_bring_a_later_day_forward(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods(available_from=(app.clock.now() + timedelta(days=3)).date()))

    with app.database.begin() as uow:
        uow.listings.wake_account(app.account_id(), now=app.clock.now())
    app.run_until_quiet()

    assert page.calls == []


@pytest.mark.parametrize(
    "fault", [Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.LOST_BEFORE, Fault.LOST_AFTER]
)
def test_a_listing_shown_before_the_stock_fell_is_not_believed_to_carry_the_newer_figure(
    app: CoreApp, fault: Fault
) -> None:
    """It was visible while its publish said "pending"; the look after the lost resume finds what the first call had shown."""
    shop = app.connect(can=SHOP, makes_hidden=True)
    shop.order(Verb.PUBLISH, Fault.PENDING_AFTER, fault)
    app.submit(goods(), stock=19)
    app.run_once()
    [shown] = shop.visible("P-1")
    before = shown.parts[Part.STOCK]
    app.submit(goods(), stock=0)
    with suppress(WorkerKilled):
        app.run_once()

    app.run_until_quiet()

    [shown] = shop.visible("P-1")
    assert shown.parts[Part.STOCK] != before
    assert app.state() is ListingState.LIVE


def test_a_picture_the_channel_could_not_read_is_offered_again_before_anybody_is_asked(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.PICTURE_UNREAD] * 3)
    app.submit(goods())

    app.run_until_quiet()

    assert app.state() is ListingState.LIVE
    assert app.outcomes() == [("publish", "picture_unread")] * 3 + [("publish", "done")]


def test_a_picture_the_channel_never_reads_is_shown_to_the_seller_and_can_be_replayed(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.PICTURE_UNREAD] * 20)
    app.submit(goods())

    app.run_until_quiet()

    assert app.state() is ListingState.NEEDS_YOU
    assert app.codes() == ["text_refused"]
    assert len(app.outcomes()) == POLICY.max_attempts
    assert [letter.cause for letter in app.dead()] == ["PictureUnread"]
