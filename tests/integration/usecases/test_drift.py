"""What hands change on a channel is found, and mended as the account's policy says."""

from datetime import timedelta

import pytest

from schemas.channel import Verb
from schemas.listing import ListingState
from syndicator.usecases.comparing import CONFIRM_AFTER, MOST_CONFIRMED
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import GRAM, MARKET, SHOP, Fault
from tests.support.fake_observed import ObservedChannel, connect_observed
from tests.support.sweeps import drifts, kinds, look, next_sweep, set_policy, sweep


def on_sale(app: CoreApp, name: str = "page", **options: object) -> ObservedChannel:
    """Publish one product and forget the calls that took."""
    channel = connect_observed(app, name, **{"can": MARKET} | options)
    app.submit(goods(), accounts=[app.account_id(name)])
    app.run_until_quiet()
    channel.calls.clear()
    app.clock.advance(timedelta(minutes=10))
    return channel


def shown(channel: ObservedChannel, name: str) -> object:
    return channel.shown[channel.id_of("P-1")][name]


EDITS = {
    "name": ("อย่างอื่น", "text_edited", Verb.UPDATE),
    "prices": ({"P-1": 100}, "price_edited", Verb.UPDATE),
    "available": ({"P-1": 99}, "stock_edited", Verb.SET_STOCK),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_by_hand_is_sent_again_once(app: CoreApp, name: str) -> None:
    value, kind, verb = EDITS[name]
    channel = on_sale(app)
    before = shown(channel, name)
    channel.edit("P-1", **{name: value})

    found = sweep(app)
    app.run_until_quiet()

    assert (found.drift, found.actions) == ({kind: 1}, {"sent_again": 1})
    assert shown(channel, name) == before
    assert [called for called, _ in channel.calls if called is not Verb.FIND] == [verb]
    assert app.state() is ListingState.LIVE
    assert next_sweep(app).drift == {}
    assert drifts(app) == []
    (row,) = drifts(app, is_open=False)
    assert (row.kind, row.policy, row.seen) == (kind, "ours", str(value))


def test_what_was_mended_is_looked_at_soon_after(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.edit("P-1", prices={"P-1": 100})
    sweep(app)
    app.run_until_quiet()
    app.clock.advance(CONFIRM_AFTER)

    assert look(app) == 1

    assert drifts(app) == []
    assert look(app) == 0


def test_only_some_of_many_mended_listings_are_looked_at(app: CoreApp) -> None:
    channel = connect_observed(app, can=MARKET, page_size=20)
    skus = [f"P-{number}" for number in range(12)]
    app.submit(*(goods(sku) for sku in skus))
    app.run_until_quiet()
    app.clock.advance(timedelta(minutes=10))
    for sku in skus:
        channel.edit(sku, prices={sku: 100})

    assert sweep(app).actions == {"sent_again": 12}
    app.run_until_quiet()
    app.clock.advance(CONFIRM_AFTER)
    assert look(app) == MOST_CONFIRMED
    assert len(drifts(app)) == 12 - MOST_CONFIRMED
    next_sweep(app)
    assert drifts(app) == []


def test_what_comes_back_after_it_was_sent_again_is_asked(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.edit("P-1", prices={"P-1": 100})
    sweep(app)
    app.run_until_quiet()
    app.clock.advance(timedelta(minutes=1))
    channel.edit("P-1", prices={"P-1": 100})
    writes = channel.writes

    next_sweep(app)

    assert kinds(app) == [("price_edited", "asked")]
    assert app.run_once() == 0
    assert channel.writes == writes
    assert app.codes() == ["listing.drift.price_edited"]


def test_a_price_of_the_channel_is_kept_until_the_seller_changes_it(app: CoreApp) -> None:
    channel = on_sale(app)
    set_policy(app, {"price": "theirs"})
    channel.edit("P-1", prices={"P-1": 100})

    assert sweep(app).actions == {"accepted": 1}
    assert next_sweep(app).drift == {}
    app.submit(goods(), stock=4)
    app.run_until_quiet()
    assert (shown(channel, "prices"), shown(channel, "available")) == ({"P-1": 100}, {"P-1": 4})

    app.submit(goods(price=9900), stock=4)
    app.run_until_quiet()
    assert shown(channel, "prices") == {"P-1": 9900}
    app.submit(goods(), stock=4)
    app.run_until_quiet()
    assert shown(channel, "prices") == {"P-1": 4500}


def test_a_question_says_what_was_seen_and_how_to_answer(app: CoreApp) -> None:
    channel = on_sale(app)
    set_policy(app, {"text": "ask"})
    channel.edit("P-1", name="อย่างอื่น")

    sweep(app)

    (problem,) = app.listing().problems
    assert app.state() is ListingState.NEEDS_YOU
    assert all(word in problem["th"] for word in ("อย่างอื่น", "syndicator drift P-1 --channel page --ours"))
    assert all(word in problem["en"] for word in ("อย่างอื่น", "2026-11-22 12:10", "--theirs"))
    assert app.run_once() == 0


def test_a_question_goes_when_the_channel_shows_what_is_wanted_again(app: CoreApp) -> None:
    channel = on_sale(app)
    set_policy(app, {"text": "ask"})
    before = shown(channel, "name")
    channel.edit("P-1", name="อย่างอื่น")
    sweep(app)
    channel.edit("P-1", name=before)

    next_sweep(app)

    assert (app.state(), app.codes(), drifts(app)) == (ListingState.LIVE, [], [])
    assert channel.writes == 0


def test_a_question_is_asked_once_and_comes_back_when_something_else_took_its_place(app: CoreApp) -> None:
    channel = on_sale(app)
    set_policy(app, {"text": "ask"})
    channel.edit("P-1", name="อย่างอื่น")
    sweep(app)
    (first,) = drifts(app)
    app.submit(goods(), stock=4)
    app.run_until_quiet()
    assert app.codes() == []

    next_sweep(app)

    (again,) = drifts(app)
    assert (again.id, again.at) == (first.id, first.at)
    assert app.codes() == ["listing.drift.text_edited"]


def test_a_change_that_would_take_a_new_listing_is_asked_first(app: CoreApp) -> None:
    channel = on_sale(app, can=GRAM)
    channel.edit("P-1", name="อย่างอื่น")

    sweep(app)

    assert kinds(app) == [("text_edited", "asked")]
    assert channel.writes == 0


def test_a_figure_of_the_channel_is_taken_over_and_every_channel_hears_of_it(app: CoreApp) -> None:
    channel = on_sale(app)
    other = connect_observed(app, "other", can=MARKET)
    app.submit(goods())
    app.run_until_quiet()
    set_policy(app, {"stock": "theirs"})
    app.clock.advance(timedelta(minutes=10))
    channel.edit("P-1", available={"P-1": 7})

    sweep(app)
    app.run_until_quiet()

    assert shown(other, "available") == shown(channel, "available") == {"P-1": 7}
    movement = app.rows("SELECT * FROM stock_movement ORDER BY id")[-1]
    assert (movement.kind, movement.on_hand_change, movement.on_hand_after) == ("difference", -3, 7)
    assert next_sweep(app).drift == {}


def test_a_figure_behind_a_rule_is_not_taken_for_what_there_is(app: CoreApp) -> None:
    channel = on_sale(app)
    app.execute("""UPDATE channel_account SET stock_rule = '{"buffer": 2}'""")
    set_policy(app, {"stock": "theirs"})
    app.execute("UPDATE listing SET due_at = :now", now=app.clock.now())
    app.run_until_quiet()
    app.clock.advance(timedelta(minutes=10))
    channel.edit("P-1", available={"P-1": 3})

    sweep(app)

    assert kinds(app) == [("stock_edited", "asked")]


def test_fewer_units_wait_for_the_orders_that_may_explain_them(app: CoreApp) -> None:
    channel = on_sale(app)
    with app.database.begin() as uow:
        uow.orders_work.set_due(app.account_id(), app.clock.now() + timedelta(hours=1))
    channel.edit("P-1", available={"P-1": 9})

    assert sweep(app).drift == {}
    assert app.value("SELECT orders_due_at FROM channel_account") == app.clock.now()
    app.clock.advance(timedelta(minutes=1))
    assert look(app) == 1
    assert drifts(app) == []

    # The orders were read, and none of them explains it.
    app.execute("UPDATE channel_account SET orders_read_at = :now", now=app.clock.now())
    app.clock.advance(timedelta(minutes=5))
    assert look(app) == 1
    assert kinds(app) == [("stock_edited", "sent_again")]
    app.run_until_quiet()
    assert shown(channel, "available") == {"P-1": 10}


def test_more_units_than_there_are_wait_for_nobody(app: CoreApp) -> None:
    channel = on_sale(app)
    with app.database.begin() as uow:
        uow.orders_work.set_due(app.account_id(), app.clock.now() + timedelta(hours=1))
    channel.edit("P-1", available={"P-1": 11})

    assert sweep(app).actions == {"sent_again": 1}


def test_a_hidden_listing_is_asked_about_and_shown_again_where_the_seller_wants_it(app: CoreApp) -> None:
    channel = on_sale(app, can=SHOP)
    channel.hide("P-1")
    sweep(app)
    assert kinds(app) == [("hidden", "asked")]
    assert app.codes() == ["listing.drift.hidden"]
    assert channel.writes == 0

    set_policy(app, {"hidden": "ours"})
    next_sweep(app)
    app.run_until_quiet()

    assert len(channel.listings) == 1
    assert len(channel.visible("P-1")) == 1
    assert app.state() is ListingState.LIVE


def test_a_hidden_listing_that_may_stay_hidden_is_stopped_and_live_again_when_shown(app: CoreApp) -> None:
    channel = on_sale(app)
    set_policy(app, {"hidden": "theirs"})
    channel.hide("P-1")
    sweep(app)
    assert (kinds(app), app.state()) == ([("hidden", "accepted")], ListingState.STOPPED)
    next_sweep(app)
    assert (app.state(), channel.writes) == (ListingState.STOPPED, 0)

    channel.hide("P-1", visible=True)
    next_sweep(app)

    assert (drifts(app), app.state(), channel.writes) == ([], ListingState.LIVE, 0)


def test_absence_on_one_read_is_not_deletion(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.left_out = {channel.id_of("P-1")}

    assert sweep(app).missing == 1
    assert app.listing().missing_since == app.clock.now()
    assert look(app) == 0
    assert next_sweep(app).missing == 1
    assert look(app) == 1

    assert (drifts(app), app.listing().missing_since, app.state()) == ([], None, ListingState.LIVE)


def test_deletion_is_named_after_two_sweeps_and_a_direct_question(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.delete("P-1")
    sweep(app)
    app.execute("UPDATE listing SET look_at = :now", now=app.clock.now())
    assert look(app) == 1
    assert drifts(app) == []

    next_sweep(app)
    assert drifts(app) == []
    assert look(app) == 1

    assert kinds(app) == [("deleted", "asked")]
    assert app.codes() == ["listing.drift.deleted"]
    assert channel.writes == 0


@pytest.mark.parametrize(("policy", "listings", "state"), [("ours", 1, "live"), ("theirs", 0, "stopped")])
def test_a_deleted_listing_is_published_anew_or_given_up_as_the_policy_says(
    app: CoreApp, policy: str, listings: int, state: str
) -> None:
    channel = on_sale(app)
    set_policy(app, {"deleted": policy})
    channel.delete("P-1")
    sweep(app)
    next_sweep(app)
    look(app)

    app.run_until_quiet()

    assert (len(channel.listings), app.state().value) == (listings, state)
    assert channel.most_visible["P-1"] == 1


def test_a_look_sees_the_figures_of_the_newest_push(app: CoreApp) -> None:
    on_sale(app)
    app.submit(goods(), stock=4)
    app.run_until_quiet()
    assert app.value("SELECT seen_at FROM stock_push ORDER BY id DESC LIMIT 1") is None
    app.clock.advance(timedelta(seconds=5))

    assert look(app) == 1

    assert app.value("SELECT seen_at FROM stock_push ORDER BY id DESC LIMIT 1") == app.clock.now()


def test_a_refused_look_waits(app: CoreApp) -> None:
    channel = on_sale(app)
    app.execute("UPDATE listing SET look_at = :now", now=app.clock.now())
    channel.order(Verb.FETCH, Fault.THROTTLED)

    assert look(app) == 0
    assert app.listing().look_at > app.clock.now()
    assert look(app) == 0
    app.clock.advance(timedelta(minutes=2))
    assert look(app) == 1
    assert app.listing().look_at is None
