"""From what came of a step to what is written back: values in, values out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.errors import (
    AuthExpired,
    ChannelError,
    Gone,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
    Unsupported,
)
from schemas.channel import Part, Verb
from schemas.ids import AccountId, ChannelKind, ExternalId, ListingId, ProductId, SellerId
from schemas.listing import ListingState, Pending, Receipt, RemoteListing, Rendition
from schemas.pace import BrakeReason, PaceScope
from syndicator.domain.listing import Intent, Listing, Wanted
from syndicator.domain.plan import Step, StepKind
from syndicator.usecases import outcomes
from syndicator.usecases.outcomes import NO_INTENT, Brake, Work
from tests.support.app import POLICY
from tests.support.factories import NOON, make_marker, make_product
from tests.support.fake_channel import ASSISTED, POST, SHOP, refusal

PARTS = {Part.TEXT: "t1", Part.PRICE: "p1", Part.STOCK: "s1"}
INTENT = Intent(verb=Verb.PUBLISH, since=NOON, parts=PARTS, unsure_at=NOON)
RECEIPT = Receipt(external_id=ExternalId("7"), permalink="https://x.example.test/7", remote={"photo": 1})


def make_work(kind: StepKind = StepKind.PUBLISH, can: Any = POST, **listing: Any) -> Work:
    values: dict[str, Any] = {
        "id": ListingId(1),
        "seller_id": SellerId(1),
        "product_id": ProductId(1),
        "account_id": AccountId(1),
        "wanted": Wanted.LIVE,
        "wish": 3,
        "wished_at": NOON,
        "publication": 1,
        "external_id": None,
        "remote": {},
        "sent": {},
        "pending": None,
        "intent": None,
        "attempts": 1,
    }
    rendition = Rendition(
        channel=ChannelKind("fake"), marker=make_marker(make_product()), body={}, parts=PARTS
    )
    return Work(
        listing=Listing(**(values | listing)),
        rendition=rendition,
        capabilities=can,
        label="ร้าน",
        step=Step(kind=kind, parts=frozenset(PARTS)),
        planned_at=NOON,
    )


def verify(**listing: Any) -> Work:
    return make_work(StepKind.VERIFY, **({"intent": INTENT} | listing))


def live(kind: StepKind, **listing: Any) -> Work:
    return make_work(kind, external_id=ExternalId("7"), sent=PARTS, **listing)


def test_a_receipt_makes_the_listing_live_and_ends_the_doubt() -> None:
    outcome = outcomes.succeeded(make_work(), RECEIPT, NOON).outcome

    assert (outcome.state, outcome.due_in, outcome.attempts) == (ListingState.LIVE, None, 0)
    assert outcome.values.items() >= NO_INTENT.items()
    assert outcome.values["sent"] == {part.value: value for part, value in PARTS.items()}
    assert (outcome.values["external_id"], outcome.values["sent_at"]) == ("7", NOON)
    assert outcome.is_reached


def test_a_receipt_that_leaves_something_to_do_leaves_the_listing_due() -> None:
    work = live(StepKind.UPDATE)
    work = replace(work, listing=replace(work.listing, sent={**PARTS, Part.TEXT: "old", Part.PRICE: "old"}))
    work = replace(work, step=Step(kind=StepKind.UPDATE, parts=frozenset({Part.PRICE})))

    outcome = outcomes.succeeded(work, RECEIPT, NOON).outcome

    assert (outcome.state, outcome.due_in, outcome.is_reached) == (ListingState.WORKING, timedelta(0), False)


def test_a_receipt_without_remote_data_keeps_what_was_known() -> None:
    work = live(StepKind.UPDATE, remote={"photo": 1})

    outcome = outcomes.succeeded(work, Receipt(external_id=ExternalId("7")), NOON).outcome

    assert outcome.values["remote"] == {"photo": 1}
    assert "permalink" not in outcome.values


def test_a_step_that_must_end_in_a_receipt_says_so() -> None:
    with pytest.raises(TypeError, match="receipt"):
        outcomes.succeeded(make_work(), None, NOON)


def test_a_withdrawal_forgets_the_remote_listing_and_moves_on_to_the_next_marker() -> None:
    work = live(StepKind.WITHDRAW, wanted=Wanted.WITHDRAWN)

    outcome = outcomes.succeeded(work, None, NOON).outcome

    assert (outcome.state, outcome.due_in) == (ListingState.STOPPED, None)
    assert (outcome.values["external_id"], outcome.values["publication"]) == (None, 2)
    assert outcome.values["pending"] is None


def test_a_withdrawal_that_leaves_the_listing_hidden_keeps_the_way_back_to_it() -> None:
    outcome = outcomes.succeeded(live(StepKind.WITHDRAW, can=SHOP, remote={"id": 7}), None, NOON).outcome

    assert outcome.values["pending"]["progress"] == {"id": 7}
    assert outcome.values["pending"]["begun_at"] is None


def test_a_withdrawal_before_publishing_anew_is_followed_at_once() -> None:
    outcome = outcomes.succeeded(live(StepKind.REPUBLISH), None, NOON).outcome

    assert (outcome.state, outcome.due_in) == (ListingState.WORKING, timedelta(0))


def test_a_pending_publish_remembers_when_it_first_began() -> None:
    pending = Pending(progress={"n": 1}, check_after=timedelta(seconds=3))
    began = NOON - timedelta(minutes=1)

    fresh = outcomes.begun(make_work(), pending).outcome
    later = outcomes.begun(make_work(StepKind.RESUME, begun_at=began), pending).outcome

    assert fresh.values["pending"]["begun_at"] == NOON.isoformat()
    assert later.values["pending"]["begun_at"] == began.isoformat()
    assert (fresh.due_in, fresh.state) == (timedelta(seconds=3), ListingState.WORKING)


def test_a_pending_publish_remembers_what_it_carries_until_it_is_edited_on_its_way() -> None:
    pending = Pending(progress={}, check_after=timedelta(0))
    texts = {part.value: value for part, value in PARTS.items()}

    def carried(**listing: Any) -> object:
        return outcomes.begun(make_work(StepKind.RESUME, **listing), pending).outcome.values["pending"][
            "parts"
        ]

    assert carried() == texts
    assert carried(begun_at=NOON, begun_parts=PARTS) == texts
    assert carried(begun_at=NOON, begun_parts={**PARTS, Part.PRICE: "older"}) == {}


def test_a_receipt_for_an_older_rendition_leaves_the_difference_to_do() -> None:
    work = make_work(StepKind.RESUME, begun_at=NOON, begun_parts={**PARTS, Part.PRICE: "older"})

    outcome = outcomes.succeeded(work, replace(RECEIPT, may_be_outdated=True), NOON).outcome

    assert outcome.values["sent"]["price"] == "older"
    assert (outcome.state, outcome.due_in) == (ListingState.WORKING, timedelta(0))


def test_what_needs_a_person_is_not_polled() -> None:
    pending = Pending(
        progress={}, check_after=timedelta(seconds=3), needs_person=True, problems=(refusal("carry"),)
    )

    outcome = outcomes.begun(make_work(can=ASSISTED), pending).outcome

    assert (outcome.due_in, outcome.state) == (None, ListingState.NEEDS_YOU)
    assert [problem.code for problem in outcome.problems] == ["carry"]


def test_what_is_found_carries_what_was_being_sent_when_the_answer_was_lost() -> None:
    older = replace(INTENT, parts={**PARTS, Part.PRICE: "older"})
    remote = RemoteListing(external_id=ExternalId("9"), visible=True, remote={"photo": 2})

    outcome = outcomes.found(verify(intent=older), remote, NOON).outcome

    assert outcome.values["sent"]["price"] == "older"
    assert (outcome.state, outcome.due_in) == (ListingState.WORKING, timedelta(0))


def test_what_is_found_hidden_is_carried_on() -> None:
    remote = RemoteListing(external_id=ExternalId("9"), visible=False, remote={"id": 9})

    outcome = outcomes.found(verify(), remote, NOON).outcome

    pending = outcome.values["pending"]
    assert (pending["progress"], pending["begun_at"]) == ({"id": 9}, NOON.isoformat())
    assert pending["parts"] == {part.value: value for part, value in PARTS.items()}
    assert outcome.values["intent_verb"] is None
    assert "external_id" not in outcome.values


@pytest.mark.parametrize(("elapsed_s", "wait_s"), [(0, 5.1), (6, 6.1), (20, 20.1), (40, 20.1), (59.5, 0.6)])
def test_looks_grow_rarer_and_end_when_the_channel_has_settled(elapsed_s: float, wait_s: float) -> None:
    now = NOON + timedelta(seconds=elapsed_s)

    ending = outcomes.absent(verify(), now, POLICY)

    assert ending.outcome.due_in == timedelta(seconds=wait_s)
    assert ending.outcome.values.keys() == {"unsure_at"}
    assert ending.attempt.outcome == "not_seen_yet"


def test_settled_absence_lets_it_be_sent_again() -> None:
    ending = outcomes.absent(verify(), NOON + timedelta(seconds=60), POLICY)

    assert (ending.outcome.due_in, ending.outcome.values["intent_verb"]) == (timedelta(0), None)
    assert ending.outcome.attempts == 1


def test_settled_absence_after_the_last_attempt_is_a_dead_letter_that_keeps_the_doubt() -> None:
    ending = outcomes.absent(verify(attempts=POLICY.max_attempts), NOON + timedelta(seconds=60), POLICY)

    assert (ending.dead_cause, ending.outcome.state) == ("OutcomeUnknown", ListingState.NEEDS_YOU)
    assert ending.outcome.values == {}


def test_settled_absence_of_what_is_wished_away_ends_its_publish() -> None:
    work = verify(
        wanted=Wanted.WITHDRAWN, attempts=99, pending=Pending(progress={}, check_after=timedelta(0))
    )

    ending = outcomes.absent(work, NOON + timedelta(seconds=60), POLICY)

    assert ending.dead_cause is None
    assert (ending.outcome.values["pending"], ending.outcome.values["intent_verb"]) == (None, None)


def test_a_throttle_rests_the_account_and_keeps_the_attempts() -> None:
    ending = outcomes.failed(make_work(), Throttled("x", retry_after=timedelta(seconds=9)), NOON, POLICY)

    assert ending.brake == Brake(
        wait=timedelta(seconds=9), reason=BrakeReason.CHANNEL, scope=PaceScope.ACCOUNT, is_told=True
    )
    assert (ending.outcome.due_in, ending.outcome.attempts) == (timedelta(seconds=9), 1)
    assert ending.stops_account


@pytest.mark.parametrize(
    ("error", "outcome"), [(Transient("x"), "transient"), (OutcomeUnknown("x"), "outcome_unknown")]
)
def test_a_failure_spends_an_attempt_and_is_named(error: ChannelError, outcome: str) -> None:
    ending = outcomes.failed(make_work(), error, NOON, POLICY)

    assert (ending.outcome.attempts, ending.attempt.outcome) == (2, outcome)


def test_an_unknown_publish_keeps_its_intent_and_notes_when_it_was_learnt() -> None:
    values = outcomes.failed(make_work(), OutcomeUnknown("x"), NOON, POLICY).outcome.values

    assert values == {"unsure_at": NOON}


@pytest.mark.parametrize("kind", [StepKind.UPDATE, StepKind.SET_STOCK, StepKind.COMMENT])
@pytest.mark.parametrize(
    "error", [OutcomeUnknown("x"), Throttled("x"), AuthExpired("x"), Rejected([refusal()])]
)
def test_a_failed_change_leaves_nothing_believed_of_the_parts_it_was_sending(
    kind: StepKind, error: ChannelError
) -> None:
    """It may have been several calls, and the seller may change her mind back before the next try."""
    work = live(kind)
    before = {**PARTS, Part.TEXT: "before"}
    work = replace(work, listing=replace(work.listing, sent=before))

    values = outcomes.failed(work, error, NOON, POLICY).outcome.values

    believed = {part.value: value for part, value in PARTS.items() if part is not Part.TEXT}
    assert values == {**NO_INTENT, "sent": believed}


def test_an_unknown_change_is_repeated() -> None:
    ending = outcomes.failed(live(StepKind.UPDATE), OutcomeUnknown("x"), NOON, POLICY)

    assert ending.outcome.due_in == POLICY.backoff(2)


def test_an_unknown_withdrawal_is_repeated_and_stays_in_doubt() -> None:
    ending = outcomes.failed(live(StepKind.WITHDRAW), OutcomeUnknown("x"), NOON, POLICY)

    assert (ending.outcome.due_in, ending.outcome.values) == (POLICY.backoff(2), {})


def test_a_refused_withdrawal_keeps_only_the_doubt_of_one_before() -> None:
    doubt = Intent(verb=Verb.WITHDRAW, since=NOON)

    assert outcomes.failed(live(StepKind.WITHDRAW), Throttled("x"), NOON, POLICY).outcome.values == NO_INTENT
    again = live(StepKind.WITHDRAW, intent=doubt)
    assert outcomes.failed(again, Throttled("x"), NOON, POLICY).outcome.values == {}
    assert outcomes.not_tried(again).outcome.values == {}


def test_a_withdrawal_that_is_no_longer_wished_is_followed_by_publishing_anew() -> None:
    outcome = outcomes.succeeded(live(StepKind.WITHDRAW, wanted=Wanted.LIVE), None, NOON).outcome

    assert (outcome.state, outcome.due_in) == (ListingState.WORKING, timedelta(0))


def test_an_unknown_publish_nobody_sees_is_repeated() -> None:
    ending = outcomes.failed(make_work(can=ASSISTED), OutcomeUnknown("x"), NOON, POLICY)

    assert ending.outcome.values == NO_INTENT


@pytest.mark.parametrize(
    "error",
    [Transient("x"), Throttled("x"), AuthExpired("x"), Rejected([refusal()]), Gone("x"), OutcomeUnknown("x")],
)
@pytest.mark.parametrize("attempts", [0, 99])
def test_no_failed_look_ends_the_doubt(error: ChannelError, attempts: int) -> None:
    ending = outcomes.failed(verify(attempts=attempts), error, NOON, POLICY)

    assert "intent_verb" not in ending.outcome.values
    assert "publication" not in ending.outcome.values


def test_a_proved_failure_at_the_end_of_patience_leaves_no_doubt() -> None:
    work = make_work(attempts=POLICY.max_attempts - 1)

    ending = outcomes.failed(work, Transient("x", vendor_code="2"), NOON, POLICY)

    assert ending.dead_cause == "Transient 2"
    assert ending.outcome.values == NO_INTENT
    assert [problem.code for problem in ending.outcome.problems] == ["listing.gave_up"]


def test_a_dead_letter_shows_the_channels_own_sentence_where_it_has_one() -> None:
    error = Unsupported("no such verb", problem=refusal("their_word"))

    ending = outcomes.failed(make_work(), error, NOON, POLICY)

    assert [problem.code for problem in ending.outcome.problems] == ["their_word"]


def test_a_dead_letter_promises_no_further_try_and_quotes_no_vendor() -> None:
    promise = refusal("tried_again_by_itself")
    error = Transient("raw vendor words", problem=promise, vendor_code="2", http_status=500)

    ending = outcomes.failed(make_work(attempts=POLICY.max_attempts - 1), error, NOON, POLICY)

    (problem,) = ending.outcome.problems
    assert problem.code == "listing.gave_up"
    assert "it answered 2" in problem.en
    assert "raw vendor words" not in problem.en


def test_a_dead_letter_about_an_unlisted_code_keeps_its_sentence() -> None:
    error = OutcomeUnknown("odd", problem=refusal("unlisted_answer"), unlisted_in="x.py")

    ending = outcomes.failed(live(StepKind.UPDATE, attempts=1), error, NOON, POLICY)

    assert ending.dead_cause == "OutcomeUnknown"
    assert [problem.code for problem in ending.outcome.problems] == ["unlisted_answer"]


def test_a_refusal_shows_every_problem_to_the_seller() -> None:
    error = Rejected([refusal("one"), refusal("two")])

    outcome = outcomes.failed(make_work(), error, NOON, POLICY).outcome

    assert (outcome.state, outcome.due_in) == (ListingState.NEEDS_YOU, None)
    assert [problem.code for problem in outcome.problems] == ["one", "two"]


def test_a_refused_account_keeps_the_wish_and_tells_why() -> None:
    ending = outcomes.failed(make_work(), AuthExpired("x", problem=refusal("auth")), NOON, POLICY)

    assert ending.account_problem is not None
    assert ending.account_problem.code == "auth"
    assert (ending.outcome.state, ending.outcome.due_in, ending.outcome.attempts) == (
        ListingState.WORKING,
        timedelta(0),
        1,
    )


def test_a_vanished_listing_is_forgotten_and_asks_the_seller() -> None:
    outcome = outcomes.failed(live(StepKind.UPDATE), Gone("x"), NOON, POLICY).outcome

    assert [problem.code for problem in outcome.problems] == ["listing.vanished"]
    assert (outcome.values["external_id"], outcome.values["sent"], outcome.values["publication"]) == (
        None,
        {},
        2,
    )


def test_what_was_not_tried_flows_with_its_account() -> None:
    assert outcomes.not_tried(live(StepKind.UPDATE)).outcome.values == NO_INTENT
    assert outcomes.not_tried(verify()).outcome.values == {}
    assert outcomes.not_tried(verify()).outcome.attempts == 1


def test_a_stored_message_holds_no_secret_and_is_capped() -> None:
    end = outcomes.attempt_end(Transient("access_token=TOPSECRET " + "x" * 5_000, http_status=503))

    assert "TOPSECRET" not in (end.message or "")
    assert len(end.message or "") <= 2_000
    assert end.http_status == 503


@pytest.mark.parametrize(
    ("wanted", "state"), [(Wanted.LIVE, ListingState.LIVE), (Wanted.WITHDRAWN, ListingState.STOPPED)]
)
def test_in_sync_is_at_rest(wanted: Wanted, state: ListingState) -> None:
    outcome = outcomes.in_sync(make_work(wanted=wanted).listing)

    assert (outcome.state, outcome.due_in, outcome.attempts, outcome.is_reached) == (state, None, 0, True)


def test_what_is_found_hidden_and_wished_away_is_no_longer_under_way() -> None:
    remote = RemoteListing(external_id=ExternalId("9"), visible=False, remote={"id": 9})

    outcome = outcomes.found(verify(wanted=Wanted.WITHDRAWN), remote, NOON).outcome

    assert outcome.values["pending"]["begun_at"] is None
