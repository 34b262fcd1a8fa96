"""More than one listing of ours under one marker: hidden extras go, visible ones are told of and never touched."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.channel import Verb
from schemas.listing import ListingState
from syndicator.store.dead_letters import DeadFilter
from syndicator.usecases.dead_letters import discard
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import POST, SHOP, FakeChannel, Fault, WorkerKilled


def publish_under_a_lost_worker(app: CoreApp, shop: FakeChannel) -> None:
    """Leave a hidden product behind, as a worker does that dies before it is shown."""
    shop.deaths_before_show = 1
    app.submit(goods())
    with pytest.raises(WorkerKilled):
        app.run_once()
    app.clock.advance(LEASE)


def twin_of(shop: FakeChannel, *, visible: bool) -> str:
    """Put a copy of the product's listing beside it; return its id."""
    (one,) = shop.listings.values()
    copy = replace(one, external_id=f"9{one.external_id}", parts=dict(one.parts), visible=visible)
    shop.listings[copy.external_id] = copy
    return copy.external_id


def test_of_two_hidden_products_one_is_shown_and_the_other_deleted(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True)
    publish_under_a_lost_worker(app, shop)
    twin_of(shop, visible=False)

    app.run_until_quiet()

    assert [one.visible for one in shop.listings.values()] == [True]
    assert app.state() is ListingState.LIVE


def test_a_hidden_twin_of_a_visible_listing_is_deleted_and_the_attempt_says_so(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True)
    shop.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    app.run_once()
    twin = twin_of(shop, visible=False)

    app.run_until_quiet()

    assert [one.visible for one in shop.listings.values()] == [True]
    said = app.rows("SELECT message FROM attempt WHERE outcome = 'found'")
    assert [row.message for row in said] == [f"hidden twins deleted: {twin}"]


def test_a_twin_that_cannot_be_deleted_now_is_deleted_later(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True)
    shop.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    app.run_once()
    twin_of(shop, visible=False)
    shop.order(Verb.WITHDRAW, Fault.LOST_BEFORE, Fault.THROTTLED, Fault.LOST_AFTER)

    app.run_until_quiet()

    assert [one.visible for one in shop.listings.values()] == [True]
    assert app.state() is ListingState.LIVE


def test_what_an_earlier_try_left_hidden_is_deleted_after_a_later_one_succeeds(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True)
    publish_under_a_lost_worker(app, shop)
    # The search does not show it for longer than the channel declares, so it is made a second time.
    (late,) = shop.listings.values()
    late.findable_at = app.clock.now() + timedelta(seconds=62)
    shop.order(Verb.PUBLISH, Fault.TRANSIENT)
    app.run_until_quiet()

    assert [one.visible for one in shop.listings.values()] == [True]


def test_a_first_try_costs_no_look(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True)
    app.submit(goods())
    app.run_until_quiet()

    assert shop.calls == [(Verb.PUBLISH, "P-1")]


def two_visible(app: CoreApp, page: FakeChannel) -> tuple[str, str]:
    """Lose a publish's answer and let somebody copy the post; return the ids, oldest first."""
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    app.run_once()
    (first,) = page.listings
    return first, twin_of(page, visible=True)


def test_of_two_visible_listings_the_oldest_is_kept_and_an_operator_is_told(app: CoreApp) -> None:
    page = app.connect(can=POST)
    first, second = two_visible(app, page)

    app.run_until_quiet()

    (letter,) = app.dead()
    assert (letter.cause, letter.is_notice) == ("DuplicateFound", True)
    assert second in letter.detail
    assert f"kept {first}" in letter.detail
    assert (app.state(), app.listing().external_id) == (ListingState.LIVE, first)
    assert set(page.listings) == {first, second}


def test_a_later_success_does_not_silence_the_notice_and_it_stands_once(app: CoreApp) -> None:
    page = app.connect(can=POST)
    two_visible(app, page)
    app.run_until_quiet()
    app.submit(goods(price=9900))
    app.run_until_quiet()
    assert app.state() is ListingState.LIVE
    assert len(app.dead()) == 1

    discard(DeadFilter(), by="x", reason="removed by hand", database=app.database, clock=app.clock)

    assert app.dead() == []


def test_a_visible_twin_is_never_deleted_even_where_hidden_ones_are(app: CoreApp) -> None:
    shop = app.connect(can=SHOP, makes_hidden=True)
    first, second = two_visible(app, shop)

    app.run_until_quiet()

    assert {one.external_id: one.visible for one in shop.listings.values()} == {first: True, second: True}
    assert [letter.cause for letter in app.dead()] == ["DuplicateFound"]
