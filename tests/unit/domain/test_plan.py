"""The planner, branch by branch."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Capabilities, Fallback, StockMode
from schemas.channel import Part, Verb
from schemas.ids import AccountId, ChannelKind, ExternalId, ListingId, ProductId, SellerId
from schemas.listing import Pending, Rendition
from syndicator.domain.listing import Intent, Listing, Wanted, begins_at, marker_token
from syndicator.domain.plan import Ask, Step, StepKind, changed_parts, plan
from tests.support.factories import NOON, make_marker, make_product
from tests.support.fake_channel import ASSISTED, GRAM, MARKET, POST, SHOP, capabilities, without

PARTS = {Part.TEXT: "t1", Part.PRICE: "p1", Part.STOCK: "s1", Part.PICTURES: "i1"}
RENDITION = Rendition(
    channel=ChannelKind("fake"), marker=make_marker(make_product()), body={}, parts=PARTS, pictures=()
)
NEW = Listing(
    id=ListingId(1),
    seller_id=SellerId(1),
    product_id=ProductId(1),
    account_id=AccountId(1),
    wanted=Wanted.LIVE,
    wish=1,
    wished_at=NOON,
    publication=1,
    external_id=None,
    remote={},
    sent={},
    pending=None,
    intent=None,
    attempts=0,
)
LIVE = replace(NEW, external_id=ExternalId("7"), sent=PARTS)
BEGUN = replace(NEW, pending=Pending(progress={}, check_after=timedelta(0)), begun_at=NOON)
LEFT_HIDDEN = replace(NEW, pending=Pending(progress={}, check_after=timedelta(0)))
UNSURE = replace(NEW, intent=Intent(verb=Verb.PUBLISH, since=NOON))
NO_LOOK = without(POST, Verb.FIND)
NEVER_SETTLES = replace(POST, lookup_settles_after=None)


def differing(*parts: Part) -> Listing:
    """A live listing of which those parts differ from what is wanted."""
    return replace(LIVE, sent=PARTS | dict.fromkeys(parts, "older"))


def away(listing: Listing) -> Listing:
    return replace(listing, wanted=Wanted.WITHDRAWN)


def test_a_new_listing_is_published_with_all_its_parts() -> None:
    assert plan(NEW, RENDITION, POST) == Step(kind=StepKind.PUBLISH, parts=frozenset(PARTS))


@pytest.mark.parametrize("listing", [BEGUN, LEFT_HIDDEN])
def test_what_was_begun_or_left_hidden_is_resumed(listing: Listing) -> None:
    assert plan(listing, RENDITION, SHOP).kind is StepKind.RESUME


def test_a_live_listing_that_carries_everything_needs_nothing() -> None:
    assert plan(LIVE, RENDITION, POST).kind is StepKind.NOTHING


@pytest.mark.parametrize("listing", [UNSURE, away(UNSURE), replace(LIVE, intent=UNSURE.intent)])
def test_an_unresolved_publish_comes_before_everything(listing: Listing) -> None:
    assert plan(listing, RENDITION, POST).kind is StepKind.VERIFY


@pytest.mark.parametrize("can", [NO_LOOK, NEVER_SETTLES])
def test_where_the_channel_cannot_tell_a_person_is_asked(can: Capabilities) -> None:
    assert plan(UNSURE, RENDITION, can) == Step(kind=StepKind.ASK, ask=Ask.UNCONFIRMED)


def test_a_publish_nobody_sees_is_done_again_without_a_look() -> None:
    assert plan(UNSURE, RENDITION, ASSISTED).kind is StepKind.PUBLISH


@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.SET_STOCK, Verb.COMMENT])
def test_a_lost_step_that_may_be_repeated_is_planned_again(verb: Verb) -> None:
    listing = replace(differing(Part.TEXT), intent=Intent(verb=verb, since=NOON))

    assert plan(listing, RENDITION, POST).kind is StepKind.UPDATE


@pytest.mark.parametrize("listing", [LIVE, away(LIVE)])
def test_a_lost_withdrawal_is_done_for_certain_whatever_is_wished_now(listing: Listing) -> None:
    doubtful = replace(listing, intent=Intent(verb=Verb.WITHDRAW, since=NOON))

    assert plan(doubtful, RENDITION, POST).kind is StepKind.WITHDRAW


def test_a_live_listing_that_is_wished_away_is_withdrawn() -> None:
    assert plan(away(LIVE), RENDITION, POST).kind is StepKind.WITHDRAW


@pytest.mark.parametrize("listing", [away(NEW), away(LEFT_HIDDEN)])
def test_what_nobody_sees_needs_no_withdrawal(listing: Listing) -> None:
    assert plan(listing, RENDITION, SHOP).kind is StepKind.NOTHING


def test_a_publish_that_stands_half_way_is_looked_for_before_it_is_believed_withdrawn() -> None:
    assert plan(away(BEGUN), RENDITION, POST).kind is StepKind.VERIFY
    assert plan(away(BEGUN), RENDITION, ASSISTED).kind is StepKind.NOTHING


@pytest.mark.parametrize(
    ("listing", "can", "ask"),
    [
        (away(LIVE), without(POST, Verb.WITHDRAW), Ask.WITHDRAW),
        (NEW, without(POST, Verb.PUBLISH), Ask.PUBLISH),
        (differing(Part.TEXT), without(POST, Verb.UPDATE), Ask.EDIT),
        (differing(Part.PRICE), without(GRAM, Verb.COMMENT), Ask.EDIT),
        (differing(Part.TEXT), without(GRAM, Verb.WITHDRAW), Ask.EDIT),
        (differing(Part.STOCK), without(MARKET, Verb.SET_STOCK, Verb.UPDATE), Ask.EDIT),
    ],
)
def test_a_verb_the_channel_does_not_have_is_asked_of_a_person(
    listing: Listing, can: Capabilities, ask: Ask
) -> None:
    step = plan(listing, RENDITION, can)

    assert (step.kind, step.ask, step.verb) == (StepKind.ASK, ask, None)


def test_stock_comes_before_everything_else_that_changed() -> None:
    step = plan(differing(Part.STOCK, Part.TEXT), RENDITION, SHOP)

    assert step == Step(kind=StepKind.SET_STOCK, parts=frozenset({Part.STOCK}))


def test_stock_goes_with_an_update_where_there_is_no_verb_of_its_own() -> None:
    step = plan(differing(Part.STOCK), RENDITION, without(SHOP, Verb.SET_STOCK))

    assert step == Step(kind=StepKind.UPDATE, parts=frozenset({Part.STOCK}))


def test_sold_out_written_into_the_text_is_an_update() -> None:
    assert plan(differing(Part.STOCK), RENDITION, POST).kind is StepKind.UPDATE


def test_an_update_carries_only_what_changed() -> None:
    step = plan(differing(Part.TEXT, Part.PRICE), RENDITION, POST)

    assert step == Step(kind=StepKind.UPDATE, parts=frozenset({Part.TEXT, Part.PRICE}))


def test_publishing_anew_carries_everything() -> None:
    step = plan(differing(Part.PICTURES, Part.PRICE), RENDITION, POST)

    assert step == Step(kind=StepKind.REPUBLISH, parts=frozenset(PARTS))
    assert step.verb is Verb.WITHDRAW


def test_a_comment_says_what_cannot_be_edited() -> None:
    step = plan(differing(Part.PRICE, Part.STOCK), RENDITION, GRAM)

    assert step == Step(kind=StepKind.COMMENT, parts=frozenset({Part.PRICE, Part.STOCK}))


def test_what_can_be_edited_is_edited_before_a_person_is_asked_for_the_rest() -> None:
    can = capabilities(editable=frozenset({Part.PRICE}), fallbacks={Part.TEXT: Fallback.ASK})

    first = plan(differing(Part.TEXT, Part.PRICE), RENDITION, can)
    then = plan(differing(Part.TEXT), RENDITION, can)

    assert (first.kind, first.parts) == (StepKind.UPDATE, {Part.PRICE})
    assert (then.kind, then.parts, then.ask) == (StepKind.ASK, {Part.TEXT}, Ask.EDIT)


def test_a_part_the_channel_declares_nothing_about_is_never_compared() -> None:
    can = capabilities(editable=frozenset({Part.PRICE}), stock=StockMode.NONE)

    assert plan(differing(Part.TEXT, Part.PICTURES, Part.STOCK), RENDITION, can).kind is StepKind.NOTHING


@pytest.mark.parametrize("listing", [NEW, LIVE, BEGUN, UNSURE, away(LIVE), differing(Part.TEXT, Part.STOCK)])
@pytest.mark.parametrize("can", [POST, GRAM, SHOP, MARKET, ASSISTED])
def test_planning_twice_plans_the_same(listing: Listing, can: Capabilities) -> None:
    assert plan(listing, RENDITION, can) == plan(listing, RENDITION, can)


@pytest.mark.parametrize("can", [POST, GRAM, SHOP, MARKET])
def test_after_a_step_took_effect_nothing_more_of_it_is_planned(can: Capabilities) -> None:
    listing = differing(*PARTS)
    for _ in range(6):
        step = plan(listing, RENDITION, can)
        if step.kind is StepKind.REPUBLISH:
            listing = replace(listing, external_id=None, sent={})
        elif step.kind is not StepKind.NOTHING:
            sent = {part: PARTS[part] for part in step.parts}
            listing = replace(listing, external_id=ExternalId("8"), sent={**listing.sent, **sent})

    assert plan(listing, RENDITION, can).kind is StepKind.NOTHING


def test_parts_never_sent_count_as_changed() -> None:
    assert changed_parts(replace(LIVE, sent={}), RENDITION) == frozenset(PARTS)


def test_a_marker_is_the_same_in_every_attempt_and_another_in_the_next_publication() -> None:
    tokens = {marker_token(ListingId(1), 1), marker_token(ListingId(1), 2), marker_token(ListingId(2), 1)}

    assert len(tokens) == 3
    assert marker_token(ListingId(1), 1) in tokens
    assert all(len(token) == 9 and token.startswith("SY") and token.isascii() for token in tokens)


def test_a_listing_that_is_not_out_has_no_reference() -> None:
    with pytest.raises(ValueError, match="no external id"):
        NEW.ref(RENDITION.marker)


def test_a_day_begins_at_midnight_in_thailand() -> None:
    begins = begins_at(make_product(available_from="2026-12-01"))

    assert begins.isoformat() == "2026-11-30T17:00:00+00:00"
