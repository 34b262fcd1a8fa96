"""From what came of a step to what is written back. Pure: values in, values out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from adapters.base import Capabilities
from adapters.errors import AccountRefused, ChannelError, OutcomeUnknown, Rejected, Throttled
from adapters.http import redact
from schemas.channel import AccountTrouble, Part, Verb
from schemas.ids import Sku
from schemas.listing import ListingState, Pending, Receipt, RemoteListing, Rendition
from schemas.pace import BrakeReason, PaceScope
from schemas.problem import Problem
from schemas.recovery import Recovery
from syndicator.domain import sentences
from syndicator.domain.listing import Listing, Wanted
from syndicator.domain.plan import Step, StepKind, plan
from syndicator.domain.policy import Decision, Next, RetryPolicy, decide
from syndicator.store.attempts import AttemptEnd
from syndicator.store.listing_rows import pending_json
from syndicator.store.listings import Outcome

NO_INTENT: dict[str, Any] = {
    "intent_verb": None,
    "intent_at": None,
    "intent_parts": None,
    "unsure_at": None,
}
STOCK_TOLD: dict[str, Any] = {"stock_changed_at": None}
"""Unless it changed again meanwhile, the channel has the stock as it is."""
_CHANGES = frozenset({StepKind.UPDATE, StepKind.SET_STOCK, StepKind.COMMENT})
_WITHDRAWS = frozenset({StepKind.WITHDRAW, StepKind.REPUBLISH})
_GOES_ON = frozenset({Recovery.RETRY, Recovery.VERIFY, Recovery.WAIT})
LOOK_AGAIN_FOR_MEDIA = timedelta(seconds=60)
"""A listing that waits for pictures looks again after this long even if nobody woke it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One claimed listing with everything its step needs, as planned at ``planned_at``.

    ``label`` is the channel's name for people, ``units`` what is for sale of each variant on this account.
    """

    listing: Listing
    rendition: Rendition
    capabilities: Capabilities
    label: str
    step: Step
    planned_at: datetime
    units: Mapping[Sku, int] = field(default_factory=dict)

    @property
    def request_id(self) -> str | None:
        """The request that brought what this step carries out; None for stock alone, which follows from sales and counts."""
        return None if self.step.parts == {Part.STOCK} else self.listing.request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """Nothing more is sent for ``wait``; ``is_told`` says that the channel, or our own count, named the wait."""

    wait: timedelta
    reason: BrakeReason
    scope: PaceScope
    is_told: bool


_ANSWERED = frozenset(
    {"done", "pending", "found", "found_hidden", "not_seen_yet", "absent", "rejected", "gone"}
)
"""Ends of attempts that show that the channel takes calls of the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What to write for one listing: the outcome, how the attempt ended, and what the account learns.

    ``notice`` tells a person of something that the outcome does not mend. ``shows`` is the free-to-sell units by SKU that
    the channel reported after the step, where it did; ``called_at`` is when the calls of a step that took effect began.
    """

    outcome: Outcome
    attempt: AttemptEnd
    brake: Brake | None = None
    account_problem: Problem | None = None
    account_trouble: AccountTrouble = AccountTrouble.EXPIRED
    dead_cause: str | None = None
    notice: str | None = None
    shows: Mapping[Sku, int] | None = None
    called_at: datetime | None = None

    @property
    def stops_account(self) -> bool:
        """Whether the channel refused the account, not just this listing."""
        return self.brake is not None or self.account_problem is not None

    @property
    def went_through(self) -> bool:
        """Whether the channel took the calls of this step, whatever it thought of them."""
        return self.attempt.outcome in _ANSWERED


def in_sync(listing: Listing) -> Outcome:
    """Nothing to do: the channel has what is wanted."""
    stopped = listing.wanted is Wanted.WITHDRAWN
    return Outcome(
        listing_id=listing.id,
        wish=listing.wish,
        state=ListingState.STOPPED if stopped else ListingState.LIVE,
        due_in=None,
        values=NO_INTENT | STOCK_TOLD,
    )


def held(listing: Listing, problems: tuple[Problem, ...], *, keep_intent: bool = False) -> Outcome:
    """Hold the listing until a person changes something."""
    return Outcome(
        listing_id=listing.id,
        wish=listing.wish,
        state=ListingState.NEEDS_YOU,
        due_in=None,
        problems=problems,
        attempts=listing.attempts,
        values={} if keep_intent else NO_INTENT,
    )


def later(listing: Listing, due_in: timedelta, **values: Any) -> Outcome:
    """Look again after ``due_in``; no attempt is spent."""
    return Outcome(
        listing_id=listing.id,
        wish=listing.wish,
        state=ListingState.WORKING,
        due_in=due_in,
        attempts=listing.attempts,
        values=values,
    )


def waits_for_media(listing: Listing) -> Outcome:
    """The pictures are being made; whoever finishes them wakes the listing."""
    return later(listing, LOOK_AGAIN_FOR_MEDIA, waits_for_media=True, **NO_INTENT)


def succeeded(work: Work, receipt: Receipt | None, now: datetime) -> Ending:
    """The step took effect."""
    if work.step.kind in _WITHDRAWS:
        return Ending(outcome=_withdrawn(work), attempt=AttemptEnd(outcome="done"))
    if receipt is None:
        raise TypeError(f"{work.step.kind} must end in a receipt")
    now_sent = {part: work.rendition.parts[part] for part in work.step.parts}
    sent = dict(work.listing.begun_parts) if receipt.may_be_outdated else {**work.listing.sent, **now_sent}
    return Ending(
        outcome=_confirmed(work, receipt, sent, now), attempt=AttemptEnd(outcome="done"), shows=receipt.shows
    )


def _confirmed(work: Work, receipt: Receipt, sent: Mapping[Part, str], now: datetime) -> Outcome:
    after = replace(
        work.listing, external_id=receipt.external_id, sent=sent, pending=None, intent=None, attempts=0
    )
    done = plan(after, work.rendition, work.capabilities).kind is StepKind.NOTHING
    values: dict[str, Any] = {
        **NO_INTENT,
        "external_id": receipt.external_id,
        "remote": dict(receipt.remote) or dict(work.listing.remote),
        "sent": {part.value: value for part, value in sent.items()},
        "sent_at": now,
        "pending": None,
    }
    if receipt.permalink is not None:
        values["permalink"] = receipt.permalink
    if work.listing.accepted:
        # What was sent now is ours again; what was accepted of the other parts still is.
        kept = {part: value for part, value in work.listing.accepted.items() if part not in work.step.parts}
        values["accepted"] = {part.value: value for part, value in kept.items()}
    if sent.get(Part.STOCK) == work.rendition.parts.get(Part.STOCK):
        values |= STOCK_TOLD
    return Outcome(
        listing_id=work.listing.id,
        wish=work.listing.wish,
        state=ListingState.LIVE if done else ListingState.WORKING,
        due_in=None if done else timedelta(0),
        values=values,
    )


def _withdrawn(work: Work) -> Outcome:
    again = work.step.kind is StepKind.REPUBLISH or work.listing.wanted is Wanted.LIVE
    kept = work.listing.remote if work.capabilities.withdrawn_stays else None
    resumable = None if not kept else pending_json(Pending(progress=kept, check_after=timedelta(0)), None)
    return Outcome(
        listing_id=work.listing.id,
        wish=work.listing.wish,
        state=ListingState.WORKING if again else ListingState.STOPPED,
        due_in=timedelta(0) if again else None,
        values={**NO_INTENT, **forgotten(work.listing), "pending": resumable},
    )


def forgotten(listing: Listing) -> dict[str, Any]:
    """Return what forgets the remote listing; the next publication gets a marker of its own."""
    return {
        "external_id": None,
        "permalink": None,
        "remote": {},
        "sent": {},
        "pending": None,
        "publication": listing.publication + 1,
    }


def begun(work: Work, pending: Pending) -> Ending:
    """The publish goes on later."""
    begun_at = work.listing.begun_at or work.planned_at
    is_edited = work.listing.begun_at is not None and work.listing.begun_parts != work.rendition.parts
    parts = {} if is_edited else work.rendition.parts
    values = {**NO_INTENT, "pending": pending_json(pending, begun_at, parts)}
    if pending.needs_person:
        outcome = replace(held(work.listing, pending.problems), values=values)
    else:
        outcome = replace(later(work.listing, pending.check_after), values=values)
    return Ending(outcome=outcome, attempt=AttemptEnd(outcome="pending"))


def found(work: Work, remote: RemoteListing, now: datetime) -> Ending:
    """Verification found our listing: adopt it, or carry it on when buyers do not see it yet."""
    intent = work.listing.intent
    if not remote.visible:
        pending = Pending(progress=remote.remote, check_after=timedelta(0))
        # What nobody is to see may stay hidden; only a publish that goes on is still under way.
        goes_on = intent is not None and work.listing.wanted is Wanted.LIVE
        begun_at, parts = (intent.since, intent.parts) if intent is not None and goes_on else (None, {})
        values = {**NO_INTENT, "pending": pending_json(pending, begun_at, parts)}
        outcome = later(work.listing, timedelta(0), **values)
        return Ending(outcome=outcome, attempt=AttemptEnd(outcome="found_hidden"))
    receipt = Receipt(external_id=remote.external_id, permalink=remote.permalink, remote=remote.remote)
    # What was being sent when the answer was lost is what the channel has; anything newer shows as a difference.
    sent = intent.parts if intent is not None else {}
    return Ending(outcome=_confirmed(work, receipt, sent, now), attempt=AttemptEnd(outcome="found"))


def absent(work: Work, now: datetime, policy: RetryPolicy) -> Ending:
    """Verification found nothing: too early to tell, or settled, so that it may be sent again."""
    settles = work.capabilities.lookup_settles_after
    intent = work.listing.intent
    unsure_at = (intent and intent.unsure_at) or now
    rest = timedelta(seconds=60) if settles is None else unsure_at + settles - now
    if rest > timedelta(0):
        doubted_for = now - (intent.since if intent else now)
        wait = min(max(doubted_for, timedelta(seconds=5)), rest) + timedelta(milliseconds=100)
        outcome = later(work.listing, wait, unsure_at=unsure_at)
        return Ending(outcome=outcome, attempt=AttemptEnd(outcome="not_seen_yet"))
    values = dict(NO_INTENT)
    if work.listing.wanted is Wanted.WITHDRAWN:
        values["pending"] = None
    elif policy.is_spent(work.listing.attempts, now - work.listing.wished_at):
        return _dead(work, OutcomeUnknown("not found on the channel after repeated attempts"), "absent")
    return Ending(outcome=later(work.listing, timedelta(0), **values), attempt=AttemptEnd(outcome="absent"))


def failed(work: Work, error: ChannelError, now: datetime, policy: RetryPolicy) -> Ending:
    """The channel answered with an error, or did not answer."""
    listing = work.listing
    decision = decide(error, attempts=listing.attempts, wish_age=now - listing.wished_at, policy=policy)
    bounds = policy.for_answer(error)
    decision = _fitted(decision, work, bounds)
    attempts = listing.attempts + decision.spends_attempt
    if attempts >= bounds.max_attempts:
        # Patience is over for the look that follows, too.
        attempts = max(attempts, policy.max_attempts)
    end = attempt_end(error)
    told = (error.problem,) if error.unlisted_in is not None and error.problem is not None else ()
    match decision.next:
        case Next.LATER | Next.ACCOUNT_LATER:
            outcome = replace(
                later(listing, decision.wait, **_left_by(work, error)), attempts=attempts, problems=told
            )
            return Ending(outcome=outcome, attempt=end, brake=_brake(error, decision))
        case Next.VERIFY:
            unsure = replace(later(listing, decision.wait, unsure_at=now), attempts=attempts, problems=told)
            return Ending(outcome=unsure, attempt=end)
        case Next.NEEDS_YOU:
            problems = error.problems if isinstance(error, Rejected) else ()
            return Ending(outcome=replace(held(listing, problems), values=_left_by(work, error)), attempt=end)
        case Next.PARK_ACCOUNT:
            values = _left_by(work, error)
            problem = error.problem or sentences.gave_up(work.label, error.message)
            return Ending(
                outcome=later(listing, timedelta(0), **values),
                attempt=end,
                account_problem=problem,
                account_trouble=trouble_of(error),
            )
        case Next.VANISHED:
            gone = replace(
                held(listing, (sentences.vanished(work.label),)), values={**NO_INTENT, **forgotten(listing)}
            )
            return Ending(outcome=gone, attempt=end)
        case Next.DEAD:
            return _dead(work, error, end.outcome)


def _left_by(work: Work, error: ChannelError | None) -> Mapping[str, Any]:
    """Return what a step that did not succeed leaves: which doubts stay, and what is no longer believed.

    ``error`` is None where the step was not tried. A change may be several calls, of which the first took effect; so after any
    failure of it the channel may have either. A withdrawal is one call, in doubt only where its outcome is unknown.
    """
    kind, listing = work.step.kind, work.listing
    is_old_doubt = listing.intent is not None and listing.intent.verb is Verb.WITHDRAW
    if kind is StepKind.VERIFY:
        return {}
    if kind in _WITHDRAWS and (is_old_doubt or isinstance(error, OutcomeUnknown)):
        return {}
    if kind in _CHANGES and error is not None:
        sending = {part: work.rendition.parts[part] for part in work.step.parts}
        sent = listing.doubting(sending).sent
        return {**NO_INTENT, "sent": {part.value: value for part, value in sent.items()}}
    return NO_INTENT


def trouble_of(error: ChannelError) -> AccountTrouble:
    """Return what an error that parks an account says of the account."""
    return error.trouble if isinstance(error, AccountRefused) else AccountTrouble.RESTRICTED


def _brake(error: ChannelError, decision: Decision) -> Brake | None:
    if decision.next is not Next.ACCOUNT_LATER or not isinstance(error, Throttled):
        return None
    return Brake(
        wait=decision.wait, reason=error.reason, scope=error.scope, is_told=error.retry_after is not None
    )


def _fitted(decision: Decision, work: Work, policy: RetryPolicy) -> Decision:
    """Turn what does not fit the step into "again".

    A step that is absolute or looks before it repeats needs no verifying: doing it again tells. And whatever a channel
    answers to a look, it says nothing about the listing: the doubt stays until a look succeeds.
    """
    is_publish = work.step.kind in {StepKind.PUBLISH, StepKind.RESUME}
    is_doubt = decision.next is Next.VERIFY and not (is_publish and work.capabilities.visible_steps)
    is_misread = work.step.kind is StepKind.VERIFY and decision.next in {Next.NEEDS_YOU, Next.VANISHED}
    if not (is_doubt or is_misread):
        return decision
    if work.listing.attempts + 1 >= policy.max_attempts:
        return Decision(next=Next.DEAD)
    return Decision(next=Next.LATER, wait=policy.backoff(work.listing.attempts + 1))


def not_tried(work: Work) -> Ending:
    """The account was refused before this listing's turn: nothing was sent, and it flows again with the account."""
    outcome = later(work.listing, timedelta(0), **_left_by(work, None))
    return Ending(outcome=outcome, attempt=AttemptEnd(outcome="not_tried"))


def _dead(work: Work, error: ChannelError, outcome: str) -> Ending:
    is_unsure_publish = isinstance(error, OutcomeUnknown) and work.step.kind not in _CHANGES | _WITHDRAWS
    values = {} if is_unsure_publish else _left_by(work, error)
    return Ending(
        outcome=replace(held(work.listing, (_last_word(work, error),)), values=values),
        attempt=replace(attempt_end(error), outcome=outcome),
        dead_cause=f"{type(error).__name__} {error.vendor_code or ''}".strip(),
    )


def _last_word(work: Work, error: ChannelError) -> Problem:
    """Return what the seller reads of a listing that gave up.

    A sentence that promises another try by itself no longer holds then; the one for an unlisted code was made for this.
    """
    is_promise = error.recovery in _GOES_ON and error.unlisted_in is None
    if error.problem is not None and not is_promise:
        return error.problem
    is_vendors = error.vendor_code is not None or error.http_status is not None
    answered = f"it answered {error.vendor_code or f'HTTP {error.http_status}'}"
    return sentences.gave_up(work.label, answered if is_vendors else error.message)


def attempt_end(error: ChannelError) -> AttemptEnd:
    """Describe an error for the record, redacted and capped."""
    name = type(error).__name__
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    return AttemptEnd(
        outcome=snake,
        vendor_code=error.vendor_code,
        http_status=error.http_status,
        request_id=error.request_id,
        message=redact(error.message),
        unlisted_in=error.unlisted_in,
    )
