"""A person answers what a listing asks, under races with workers and newer wishes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Fallback
from adapters.errors import Rejected
from schemas.channel import Part, Verb
from schemas.ids import ExternalId, Sku
from schemas.listing import ListingState
from syndicator.usecases.confirm import Confirming
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import GRAM, POST, FakeChannel, Fault, WorkerKilled, without

BLIND = replace(without(POST, Verb.FIND, Verb.FETCH), lookup_settles_after=None)
"""A channel that cannot be asked."""
DUMB = replace(GRAM, fallbacks={Part.PRICE: Fallback.ASK}, verbs=GRAM.verbs - {Verb.COMMENT})
"""A channel that lets nothing be edited."""
STUCK = without(POST, Verb.WITHDRAW)


def answer(app: CoreApp, sku: str = "P-1") -> Confirming:
    with app.database.begin() as uow:
        (stored,) = uow.accounts.of_seller(app.seller_id)
    return Confirming(
        seller_id=app.seller_id,
        stored=stored,
        sku=Sku(sku),
        by="ครูนก",
        database=app.database,
        adapters=app.adapters,
        clock=app.clock,
    )


def refused(app: CoreApp, act, sku: str = "P-1") -> list[str]:
    with pytest.raises(Rejected) as caught:
        act(answer(app, sku))
    return [problem.code for problem in caught.value.problems]


def unconfirmed(app: CoreApp, fault: Fault = Fault.LOST_AFTER, **options) -> FakeChannel:
    """Publish on a channel that cannot be asked, and lose the answer."""
    page = app.connect(can=BLIND, **options)
    page.order(Verb.PUBLISH, fault)
    app.submit(goods())
    app.run_until_quiet()
    assert (app.state(), app.codes()) == (ListingState.NEEDS_YOU, ["listing.unconfirmed"])
    return page


def test_a_listing_that_is_there_is_adopted_with_what_was_sent(app: CoreApp) -> None:
    page = unconfirmed(app)
    (shown,) = page.visible("P-1")

    answer(app).live(f"https://fake.example.test/{shown.external_id}?from=app")
    app.run_until_quiet()

    row = app.listing()
    assert (row.state, row.external_id, row.intent_verb) == ("live", shown.external_id, None)
    assert row.permalink == f"https://fake.example.test/{shown.external_id}?from=app"
    assert page.count(Verb.PUBLISH) == 1


def test_the_answer_is_an_attempt_that_names_who_gave_it(app: CoreApp) -> None:
    unconfirmed(app)

    answer(app).live("1000")

    row = app.rows("SELECT * FROM attempt ORDER BY id DESC LIMIT 1")[0]
    assert (row.step, row.outcome, row.message) == ("verify", "confirmed_live", "ครูนก: 1000")
    assert row.ended_at is not None


def test_what_changed_since_the_answer_was_lost_is_brought_to_the_adopted_listing(app: CoreApp) -> None:
    page = unconfirmed(app)
    app.submit(goods(price=9900))
    app.run_until_quiet()
    assert app.codes() == ["listing.unconfirmed"]

    answer(app).live("1000")
    app.run_until_quiet()

    (shown,) = page.visible("P-1")
    assert app.state() is ListingState.LIVE
    assert page.count(Verb.UPDATE) == 1
    assert shown.parts[Part.PRICE] == app.listing().sent["price"]


def test_confirming_twice_changes_nothing_more(app: CoreApp) -> None:
    unconfirmed(app)
    answer(app).live("1000")
    app.run_until_quiet()
    before = app.listing()

    answer(app).live("1000")

    assert app.listing() == before
    assert refused(app, lambda one: one.live("2000")) == ["confirm.not_asked"]


def test_what_is_not_there_is_published_again(app: CoreApp) -> None:
    page = unconfirmed(app, Fault.LOST_BEFORE)

    answer(app).absent()
    app.run_until_quiet()

    assert (app.state(), len(page.visible("P-1"))) == (ListingState.LIVE, 1)
    assert ("verify", "confirmed_absent") in app.outcomes()


def test_an_unwanted_listing_is_withdrawn_once_it_is_known_to_be_there(app: CoreApp) -> None:
    page = unconfirmed(app)
    app.submit(goods(status="hidden"))
    app.run_until_quiet()

    answer(app).live("1000")
    app.run_until_quiet()

    assert (app.state(), page.listings) == (ListingState.STOPPED, {})


def test_a_channel_that_can_be_asked_is_not_answered_for(app: CoreApp) -> None:
    page = app.connect(can=POST)
    page.order(Verb.PUBLISH, *[Fault.LOST_BEFORE] * app.policy.max_attempts)
    app.submit(goods())
    app.run_until_quiet()
    assert app.listing().intent_verb == "publish"

    assert refused(app, lambda one: one.absent()) == ["confirm.can_be_asked"]


def test_a_code_is_looked_up_where_the_channel_can_be_asked(app: CoreApp) -> None:
    page = app.connect(can=without(POST, Verb.FIND))
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    app.run_until_quiet()

    assert refused(app, lambda one: one.live("4711")) == ["confirm.no_such_listing"]
    answer(app).live("1000")
    app.run_until_quiet()

    assert app.listing().remote == {"product": "1000"}
    assert app.state() is ListingState.LIVE


def test_a_listing_of_another_product_is_not_adopted(app: CoreApp) -> None:
    page = unconfirmed(app)
    app.submit(goods("P-2"))
    app.run_until_quiet()
    (other,) = page.visible("P-2")

    assert refused(app, lambda one: one.live(other.external_id)) == ["confirm.taken"]
    assert app.codes() == ["listing.unconfirmed"]


def test_a_listing_made_by_hand_is_adopted(app: CoreApp) -> None:
    app.connect(can=without(BLIND, Verb.PUBLISH))
    app.submit(goods())
    app.run_until_quiet()
    assert app.codes() == ["listing.publish_by_hand"]

    answer(app).live("X-77")
    app.run_until_quiet()

    assert (app.state(), app.listing().external_id) == (ListingState.LIVE, ExternalId("X-77"))


def test_an_edit_made_by_hand_is_recorded_as_it_is_wanted(app: CoreApp) -> None:
    page = app.connect(can=DUMB)
    app.submit(goods())
    app.run_until_quiet()
    app.submit(goods(price=9900))
    app.run_until_quiet()
    assert app.codes() == ["listing.edit_by_hand"]
    page.calls.clear()

    assert answer(app).done() == {Part.PRICE}
    app.run_until_quiet()

    assert (app.state(), app.codes(), page.calls) == (ListingState.LIVE, [], [])
    assert ("ask", "done_by_hand") in app.outcomes()


def test_a_removal_made_by_hand_is_recorded(app: CoreApp) -> None:
    page = app.connect(can=STUCK)
    app.submit(goods())
    app.run_until_quiet()
    app.submit(goods(status="hidden"))
    app.run_until_quiet()
    assert app.codes() == ["listing.withdraw_by_hand"]
    page.listings.clear()

    answer(app).done()
    app.run_until_quiet()
    app.submit(goods())
    app.run_until_quiet()

    assert (app.state(), len(page.visible("P-1"))) == (ListingState.LIVE, 1)
    assert app.listing().publication == 2


def test_an_answer_to_a_question_that_was_not_asked_is_refused(app: CoreApp) -> None:
    app.connect(can=POST)
    app.submit(goods())
    app.run_until_quiet()

    for act in (lambda one: one.done(), lambda one: one.absent(), lambda one: one.live("9")):
        assert refused(app, act) == ["confirm.not_asked"]
    assert refused(app, lambda one: one.done(), "P-9") == ["sku_not_listed"]


def test_an_answer_does_not_meet_a_newer_wish_that_nobody_looked_at(app: CoreApp) -> None:
    app.connect(can=DUMB)
    app.submit(goods())
    app.run_until_quiet()
    app.submit(goods(price=9900))
    app.run_until_quiet()
    app.submit(goods(price=5500))

    assert refused(app, lambda one: one.done()) == ["confirm.moving"]


def test_an_answer_does_not_meet_a_worker_in_mid_call(app: CoreApp) -> None:
    page = app.connect(can=BLIND)
    said: list[list[str]] = []
    page.meanwhile = lambda: said.append(refused(app, lambda one: one.live("1000")))
    app.submit(goods())

    app.run_until_quiet()

    assert said == [["confirm.moving"]]
    assert app.state() is ListingState.LIVE


def test_a_doubt_left_by_a_dead_worker_is_answered_once_its_lease_is_over(app: CoreApp) -> None:
    page = app.connect(can=BLIND)
    page.order(Verb.PUBLISH, Fault.KILLED_AFTER)
    app.submit(goods())
    with pytest.raises(WorkerKilled):
        app.run_once()
    assert refused(app, lambda one: one.live("1000")) == ["confirm.moving"]
    app.clock.advance(LEASE + timedelta(seconds=1))
    app.run_until_quiet()

    answer(app).live("1000")
    app.run_until_quiet()

    assert (app.state(), page.count(Verb.PUBLISH)) == (ListingState.LIVE, 1)


@pytest.mark.parametrize("code", ["", "   ", "https://"])
def test_what_is_no_code_is_refused(app: CoreApp, code: str) -> None:
    unconfirmed(app)

    assert refused(app, lambda one: one.live(code)) == ["confirm.no_code"]
