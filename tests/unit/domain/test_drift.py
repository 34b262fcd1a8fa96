"""Drift is only what somebody changed on the channel; whose word holds then is decided by policy and by what can be done."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.base import Capabilities
from adapters.observing import Difference
from schemas.channel import Part, Verb
from schemas.ids import ExternalId
from schemas.listing import RemoteListing, Rendition
from syndicator.domain.drift import (
    MOST_WORDS,
    POLICY_NAMES,
    Action,
    Before,
    DriftKind,
    DriftPolicies,
    Found,
    Policy,
    action_for,
    can_send_again,
    find_drift,
    mark_of,
    name_of,
    policy_for,
)
from syndicator.domain.listing import Listing
from syndicator.domain.plan import StepKind, changed_parts, plan
from tests.support.factories import make_marker, make_product
from tests.support.fake_channel import ASSISTED, GRAM, KIND, MARKET, POST, SHOP, without
from tests.unit.domain.test_plan import LIVE

WANTED = {part: f"{part.value}-1" for part in Part}
DIFFERS = {part: Difference(wanted="1", seen="2") for part in Part}
SEEN = RemoteListing(external_id=ExternalId("7"), visible=True)


def rendition(parts: dict[Part, str] | None = None) -> Rendition:
    return Rendition(channel=KIND, marker=make_marker(make_product()), body={}, parts=parts or WANTED)


def live(**changes: object) -> Listing:
    return replace(LIVE, **({"sent": dict(WANTED)} | changes))  # type: ignore[arg-type]


def found_kinds(
    one: Listing, remote: RemoteListing = SEEN, parts: frozenset[Part] = frozenset(Part)
) -> set[str]:
    differences = {part: DIFFERS[part] for part in parts}
    return {found.kind.value for found in find_drift(one, rendition(), remote, differences)}


def test_a_part_in_sync_that_shows_something_else_is_drift() -> None:
    assert found_kinds(live()) == {f"{part.value}_edited" for part in Part}


def test_what_shows_as_it_should_is_not() -> None:
    assert found_kinds(live(), parts=frozenset()) == set()


@given(sent=st.dictionaries(st.sampled_from(Part), st.sampled_from(["old", "newer"])))
def test_a_part_on_its_way_never_is(sent: dict[Part, str]) -> None:
    found = found_kinds(live(sent={**WANTED, **sent}))

    assert found == {f"{part.value}_edited" for part in Part if part not in sent}


def test_a_version_that_was_accepted_is_not_until_the_seller_changes_that_part() -> None:
    accepted = live(accepted={Part.PRICE: WANTED[Part.PRICE]})
    outdated = live(accepted={Part.PRICE: "older"})

    assert found_kinds(accepted, parts=frozenset({Part.PRICE})) == set()
    assert found_kinds(outdated, parts=frozenset({Part.PRICE})) == {"price_edited"}


def test_a_part_that_is_not_wanted_at_all_is_not() -> None:
    parts = {Part.TEXT: "text-1"}
    one = live(sent=dict(parts))

    assert {f.kind for f in find_drift(one, rendition(parts), SEEN, DIFFERS)} == {DriftKind.TEXT_EDITED}


def test_a_hidden_listing_is_told_of_alone() -> None:
    assert found_kinds(live(), replace(SEEN, visible=False)) == {"hidden"}


def test_long_texts_are_cut() -> None:
    long = {Part.TEXT: Difference(wanted="ก" * 9_000, seen="ข" * 9_000)}
    (found,) = find_drift(live(), rendition(), SEEN, long)

    assert (len(found.wanted), len(found.seen)) == (MOST_WORDS, MOST_WORDS)


def test_the_planner_leaves_an_accepted_part_alone_until_it_changes() -> None:
    beside = live(sent=dict(WANTED), accepted={Part.PRICE: WANTED[Part.PRICE]})
    doubted = live(sent={}, accepted=dict(WANTED))
    changed = rendition({**WANTED, Part.PRICE: "price-2"})

    assert plan(beside, rendition(), MARKET).kind is StepKind.NOTHING
    assert changed_parts(doubted, rendition()) == frozenset()
    assert changed_parts(beside, changed) == {Part.PRICE}


EDITED = [kind for kind in DriftKind if kind.part is not None]


@pytest.mark.parametrize("kind", DriftKind)
def test_every_kind_has_a_policy_of_its_own_name(kind: DriftKind) -> None:
    assert name_of(kind) in POLICY_NAMES
    for policy in Policy:
        assert DriftPolicies(**{name_of(kind): policy}).chosen(kind) is policy


@pytest.mark.parametrize("kind", EDITED)
def test_by_default_what_can_be_edited_in_place_is_sent_again(kind: DriftKind) -> None:
    assert policy_for(kind, DriftPolicies(), MARKET) is Policy.OURS


@pytest.mark.parametrize(
    ("kind", "capabilities"),
    [
        (DriftKind.HIDDEN, MARKET),
        (DriftKind.HIDDEN, SHOP),
        (DriftKind.DELETED, MARKET),
        (DriftKind.PICTURES_EDITED, POST),
        (DriftKind.TEXT_EDITED, GRAM),
        (DriftKind.PRICE_EDITED, GRAM),
        (DriftKind.PRICE_EDITED, ASSISTED),
    ],
)
def test_by_default_the_seller_is_asked_before_anything_else(
    kind: DriftKind, capabilities: Capabilities
) -> None:
    assert policy_for(kind, DriftPolicies(), capabilities) is Policy.ASK


@pytest.mark.parametrize(
    ("kind", "capabilities", "can"),
    [
        (DriftKind.HIDDEN, SHOP, True),
        (DriftKind.HIDDEN, MARKET, False),
        (DriftKind.DELETED, MARKET, True),
        (DriftKind.DELETED, without(MARKET, Verb.PUBLISH), False),
        (DriftKind.TEXT_EDITED, GRAM, True),
        (DriftKind.PRICE_EDITED, ASSISTED, False),
        (DriftKind.STOCK_EDITED, without(MARKET, Verb.UPDATE), True),
        (DriftKind.PRICE_EDITED, without(MARKET, Verb.UPDATE), False),
    ],
)
def test_a_choice_of_ours_is_asked_where_the_system_cannot_do_it(
    kind: DriftKind, capabilities: Capabilities, can: bool
) -> None:
    chosen = DriftPolicies(**{name_of(kind): Policy.OURS})

    assert can_send_again(kind, capabilities) is can
    assert policy_for(kind, chosen, capabilities) is (Policy.OURS if can else Policy.ASK)


def test_a_policy_of_another_name_or_value_is_refused() -> None:
    with pytest.raises(ValidationError):
        DriftPolicies.model_validate({"colour": "ours"})
    with pytest.raises(ValidationError):
        DriftPolicies.model_validate({"price": "mine"})


PRICE = Found(kind=DriftKind.PRICE_EDITED, wanted="1", seen="2")


def before(policy: Policy, action: Action, *, seen: str = "2", is_resent: bool = False) -> Before:
    return Before(policy=policy, action=action, seen=seen, is_resent=is_resent)


@pytest.mark.parametrize(
    ("policy", "earlier", "action"),
    [
        (Policy.OURS, None, Action.SENT_AGAIN),
        (Policy.THEIRS, None, Action.ACCEPTED),
        (Policy.ASK, None, Action.ASKED),
        (Policy.OURS, before(Policy.OURS, Action.SENT_AGAIN), Action.SENT_AGAIN),
        (Policy.OURS, before(Policy.OURS, Action.SENT_AGAIN, is_resent=True), Action.ASKED),
        (Policy.OURS, before(Policy.OURS, Action.SENT_AGAIN, seen="3", is_resent=True), Action.SENT_AGAIN),
        (Policy.OURS, before(Policy.OURS, Action.ASKED), Action.ASKED),
        (Policy.OURS, before(Policy.ASK, Action.ASKED), Action.SENT_AGAIN),
        (Policy.ASK, before(Policy.ASK, Action.ACCEPTED), Action.ACCEPTED),
        (Policy.ASK, before(Policy.ASK, Action.ACCEPTED, seen="3"), Action.ASKED),
    ],
)
def test_what_is_done_follows_policy_and_what_was_done_before(
    policy: Policy, earlier: Before | None, action: Action
) -> None:
    assert action_for(PRICE, policy, earlier) is action


def test_a_mark_changes_with_everything_that_is_compared() -> None:
    seen = replace(SEEN, seen={"text": "ก", "available": {"A": 1}})
    marks = {
        mark_of(seen, {"sent": {}}),
        mark_of(replace(seen, visible=False), {"sent": {}}),
        mark_of(replace(seen, seen={"text": "ข", "available": {"A": 1}}), {"sent": {}}),
        mark_of(seen, {"sent": {"price": "1"}}),
    }

    assert len(marks) == 4
    assert mark_of(replace(seen), {"sent": {}}) in marks
