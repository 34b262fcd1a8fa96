"""Keeping live listings true: updates, stock, batches, fallbacks, withdrawals."""

from datetime import timedelta

import pytest

from adapters.base import Fallback, StockMode
from schemas.channel import Part, Verb
from schemas.listing import ListingState
from tests.support.app import CoreApp, goods
from tests.support.factories import make_variant
from tests.support.fake_channel import (
    FORBIDDEN,
    GRAM,
    MARKET,
    POST,
    SHOP,
    FakeChannel,
    Fault,
    WorkerKilled,
    capabilities,
    without,
)


def published(app: CoreApp, *skus: str, name: str = "page", **options: object) -> FakeChannel:
    """Connect an account with those products live on it."""
    channel = app.connect(name, **options)
    app.submit(*(goods(sku) for sku in skus or ("P-1",)))
    app.run_until_quiet()
    channel.calls.clear()
    return channel


def test_an_edit_updates_in_place(app: CoreApp) -> None:
    page = published(app)

    app.submit(goods(name="ชื่อใหม่", price=9900))
    app.run_until_quiet()

    assert page.calls == [(Verb.UPDATE, "P-1")]
    assert app.state() is ListingState.LIVE


def test_a_hundred_quick_edits_cost_one_update(app: CoreApp) -> None:
    page = published(app)

    for price in range(100, 200):
        app.submit(goods(price=price))
    app.run_until_quiet()

    assert page.calls == [(Verb.UPDATE, "P-1")]


def test_stock_is_written_before_words(app: CoreApp) -> None:
    shop = published(app, can=SHOP)

    app.submit(goods(name="ชื่อใหม่"), stock=3)
    app.run_until_quiet()

    assert [verb for verb, _ in shop.calls] == [Verb.SET_STOCK, Verb.UPDATE]


def test_a_text_that_breaks_a_rule_does_not_hold_the_stock_back(app: CoreApp) -> None:
    shop = published(app, can=SHOP)

    app.submit(goods(name=FORBIDDEN), stock=0)
    app.run_until_quiet()

    assert shop.calls == [(Verb.SET_STOCK, "P-1")]
    assert app.codes() == ["text_refused"]


def test_prices_of_several_listings_travel_in_one_call(app: CoreApp) -> None:
    market = published(app, "P-1", "P-2", "P-3", can=MARKET)

    app.submit(*(goods(sku, price=9900) for sku in ("P-1", "P-2", "P-3")))
    app.run_until_quiet()

    assert market.count(Verb.UPDATE) == 1
    assert {app.state(sku) for sku in ("P-1", "P-2", "P-3")} == {ListingState.LIVE}


def test_a_batch_larger_than_the_channel_takes_is_cut(app: CoreApp) -> None:
    skus = [f"P-{number}" for number in range(7)]
    market = published(app, *skus, can=MARKET)

    app.submit(*(goods(sku, price=9900) for sku in skus))
    app.run_until_quiet()

    assert [sku for verb, sku in market.calls if verb is Verb.UPDATE] == ["5 together", "2 together"]


def test_one_refused_item_of_a_batch_holds_only_itself(app: CoreApp) -> None:
    market = published(app, "P-1", "P-2", "P-3", can=MARKET)
    market.order(Verb.SET_STOCK, Fault.REJECTED)

    app.submit(*(goods(sku, price=9900) for sku in ("P-1", "P-2", "P-3")))
    app.run_until_quiet()

    states = sorted(app.state(sku) for sku in ("P-1", "P-2", "P-3"))
    assert states == [ListingState.LIVE, ListingState.LIVE, ListingState.NEEDS_YOU]


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.TRANSIENT, Fault.THROTTLED])
def test_a_batch_that_fails_as_a_whole_is_done_again(app: CoreApp, fault: Fault) -> None:
    market = published(app, "P-1", "P-2", can=MARKET)
    market.order(Verb.UPDATE, fault)

    app.submit(goods("P-1", price=9900), goods("P-2", price=9900))
    app.run_until_quiet()

    assert {app.state("P-1"), app.state("P-2")} == {ListingState.LIVE}
    for sku in ("P-1", "P-2"):
        (shown,) = market.visible(sku)
        assert shown.parts[Part.PRICE] == app.listing(sku).sent["price"]


def test_a_killed_workers_slice_is_done_again_one_by_one(app: CoreApp) -> None:
    shop = published(app, "P-1", "P-2", "P-3", can=SHOP)
    shop.order(Verb.UPDATE, Fault.KILLED_BEFORE)
    app.submit(*(goods(sku, price=9900) for sku in ("P-1", "P-2", "P-3")))
    with pytest.raises(WorkerKilled):
        app.run_once()

    app.clock.advance(app.limits.lease)
    leases = app.dispatch()

    assert len(leases) == 3
    for wake_up in leases:
        app.reconcile(wake_up.lease)
    assert {app.state(sku) for sku in ("P-1", "P-2", "P-3")} == {ListingState.LIVE}


def test_a_listing_that_kills_its_workers_does_not_take_its_neighbours_along(app: CoreApp) -> None:
    shop = published(app, "P-1", "P-2", can=SHOP)
    shop.order(Verb.UPDATE, *[Fault.KILLED_BEFORE] * 2)
    app.submit(goods("P-1", price=9900), goods("P-2", price=9900))

    for _ in range(2):
        with pytest.raises(WorkerKilled):
            app.run_once()
        app.clock.advance(app.limits.lease)
    app.run_until_quiet()

    assert {app.state("P-1"), app.state("P-2")} == {ListingState.LIVE}
    assert app.dead() == []


def test_a_price_that_cannot_be_edited_is_said_in_a_comment(app: CoreApp) -> None:
    gram = published(app, can=GRAM)

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert gram.calls == [(Verb.COMMENT, "P-1")]
    assert [list(said) for said in gram.visible("P-1")[0].comments] == [[Part.PRICE]]


def test_a_comment_whose_answer_was_lost_is_not_said_twice(app: CoreApp) -> None:
    gram = published(app, can=GRAM)
    gram.order(Verb.COMMENT, Fault.LOST_AFTER)

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert gram.count(Verb.COMMENT) == 2
    assert len(gram.visible("P-1")[0].comments) == 1


def test_words_that_cannot_be_edited_are_published_anew(app: CoreApp) -> None:
    gram = published(app, can=GRAM)
    before = app.listing()

    app.submit(goods(name="ชื่อใหม่"))
    app.run_until_quiet()

    assert [verb for verb, _ in gram.calls] == [Verb.WITHDRAW, Verb.PUBLISH]
    assert gram.most_visible == {"P-1": 1}
    assert app.listing().publication == before.publication + 1
    assert app.listing().external_id != before.external_id


@pytest.mark.parametrize("verb", [Verb.WITHDRAW, Verb.PUBLISH])
@pytest.mark.parametrize("fault", [Fault.KILLED_AFTER, Fault.KILLED_BEFORE, Fault.LOST_AFTER])
def test_publishing_anew_is_never_seen_twice_whatever_gets_lost(
    app: CoreApp, verb: Verb, fault: Fault
) -> None:
    gram = published(app, can=GRAM)
    gram.order(verb, fault)
    app.submit(goods(name="ชื่อใหม่"))

    for _ in range(3):
        try:
            app.run_until_quiet()
        except WorkerKilled:
            app.clock.advance(app.limits.lease)

    assert gram.most_visible == {"P-1": 1}
    assert len(gram.visible("P-1")) == 1
    assert app.state() is ListingState.LIVE


def test_what_only_a_person_can_edit_is_asked_for_by_name(app: CoreApp) -> None:
    can = capabilities(
        editable=frozenset({Part.PRICE}), fallbacks={Part.TEXT: Fallback.ASK}, stock=StockMode.NONE
    )
    page = published(app, can=can)

    app.submit(goods(name="ชื่อใหม่", price=9900))
    app.run_until_quiet()

    assert page.calls == [(Verb.UPDATE, "P-1")]
    (problem,) = app.listing().problems
    assert (problem["code"], problem["path"]) == ("listing.edit_by_hand", "text")
    assert "ข้อความ" in problem["th"]


def test_a_listing_the_channel_no_longer_has_is_said_to_have_vanished(app: CoreApp) -> None:
    page = published(app)
    page.listings.clear()

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert (app.state(), app.codes()) == (ListingState.NEEDS_YOU, ["listing.vanished"])
    assert page.count(Verb.PUBLISH) == 0


def test_a_hidden_product_is_withdrawn_and_stays_so(app: CoreApp) -> None:
    page = published(app)

    app.submit(goods(status="hidden"))
    app.run_until_quiet()
    app.submit(goods(status="hidden", name="ชื่อใหม่"))
    app.run_until_quiet()

    assert page.calls == [(Verb.WITHDRAW, "P-1")]
    assert app.state() is ListingState.STOPPED


def test_a_withdrawal_whose_answer_was_lost_is_done_again(app: CoreApp) -> None:
    page = published(app)
    page.order(Verb.WITHDRAW, Fault.LOST_AFTER)

    app.submit(goods(status="hidden"))
    app.run_until_quiet()

    assert page.count(Verb.WITHDRAW) == 2
    assert (page.listings, app.state()) == ({}, ListingState.STOPPED)


def test_a_channel_that_cannot_withdraw_asks_a_person_to(app: CoreApp) -> None:
    page = published(app, can=without(POST, Verb.WITHDRAW))

    app.submit(goods(status="hidden"))
    app.run_until_quiet()

    assert page.calls == []
    assert (app.state(), app.codes()) == (ListingState.NEEDS_YOU, ["listing.withdraw_by_hand"])


def test_a_variant_taken_away_reaches_the_channel(app: CoreApp) -> None:
    two = (make_variant("P-1-A", media=()), make_variant("P-1-B", media=()))
    shop = app.connect(can=SHOP)
    app.submit(goods(variants=two))
    app.run_until_quiet()
    shop.calls.clear()

    app.submit(goods(variants=two[:1]))
    app.run_until_quiet()

    assert Verb.UPDATE in [verb for verb, _ in shop.calls]
    assert app.state() is ListingState.LIVE


def test_a_wish_that_changes_in_mid_call_leaves_the_listing_due(app: CoreApp) -> None:
    page = published(app)
    page.meanwhile = lambda: app.submit(goods(price=8800))
    app.submit(goods(price=9900))

    app.run_once()

    row = app.listing()
    assert (row.due_at, row.lease_token, row.state, row.attempts) == (app.clock.now(), None, "working", 0)
    app.run_until_quiet()
    assert page.count(Verb.UPDATE) == 2
    assert page.visible("P-1")[0].parts[Part.PRICE] == app.listing().sent["price"]


def test_a_withdrawal_wished_in_mid_publish_follows_it(app: CoreApp) -> None:
    page = app.connect()
    page.meanwhile = lambda: app.submit(goods(status="hidden"))
    app.submit(goods())

    app.run_until_quiet()

    assert [verb for verb, _ in page.calls] == [Verb.PUBLISH, Verb.WITHDRAW]
    assert (page.listings, app.state()) == ({}, ListingState.STOPPED)


def test_waiting_ends_with_the_age_of_the_wish_and_not_with_the_count_of_throttles(app: CoreApp) -> None:
    page = published(app)
    page.order(Verb.UPDATE, *[Fault.THROTTLED] * 2)
    app.submit(goods(price=9900))
    app.run_once()

    app.clock.advance(app.policy.max_wish_age + timedelta(seconds=1))
    app.run_until_quiet()

    assert [letter.cause for letter in app.dead()] == ["Throttled"]
