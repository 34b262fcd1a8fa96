"""The first transaction of a reconcile: take a slice over, plan each listing, commit the intents before any call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from adapters.base import ChannelAdapter, FeedingAdapter
from adapters.http import redact
from adapters.pace import Payer
from schemas.channel import AccountState, Part, Verb
from schemas.ids import AttemptId, LeaseToken, ListingId, PictureKey, Sku
from schemas.listing import Marker, Offer
from schemas.pace import BrakeReason
from schemas.problem import Problem
from schemas.product import Product
from syndicator.domain import sentences
from syndicator.domain.causes import WORKER_LOST
from syndicator.domain.listing import Intent, Listing, begins_at
from syndicator.domain.plan import Ask, Step, StepKind, plan
from syndicator.domain.policy import RetryPolicy
from syndicator.domain.stock_rule import NO_UNITS, Shown
from syndicator.ports import Adapters, ChannelWatch, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import UnitOfWork
from syndicator.store.listings import ClaimedListing, Outcome
from syndicator.usecases import outcomes
from syndicator.usecases.dispatch import SUSPECT
from syndicator.usecases.outcomes import Work

log = structlog.get_logger()

ACCOUNT_REST = timedelta(minutes=1)
"""Pause of an account whose adapter cannot be made; an operator mends it and the listings flow again by themselves."""
CROWDED_PAUSE = timedelta(seconds=2)
"""How long a slice goes back whose channel already holds its share of threads."""
NOT_OPENED = "not_opened"
"""Kind of the notice of such an account: made once, closed when the account opens again."""
MOST_IN_FEED_SLICE = 1000
"""Listings that one file brings to what is wanted at once; the others come with the next one."""
_CHANGES = frozenset({Verb.UPDATE, Verb.SET_STOCK, Verb.COMMENT})
_BEGINS = frozenset({StepKind.PUBLISH, StepKind.RESUME})
_NEEDS_PICTURES = _BEGINS | {StepKind.REPUBLISH}
SHOWS_CONTENT = _NEEDS_PICTURES | {StepKind.UPDATE, StepKind.COMMENT}
"""Steps that show the seller's words. Units are not among them: a text that a rule refuses must not cause an oversell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claimed slice: what can be done at once (``works``), the adapter to do it with, and the open attempts."""

    token: LeaseToken
    account: StoredAccount
    adapter: ChannelAdapter
    works: Sequence[Work]
    attempts: Mapping[ListingId, AttemptId]
    payer: Payer


class Claiming:
    """Takes one slice over, inside one transaction."""

    def __init__(
        self,
        uow: UnitOfWork,
        adapters: Adapters,
        policy: RetryPolicy,
        clock: Clock,
        lease_time: timedelta,
        watch: ChannelWatch,
        correlation_id: str | None,
    ) -> None:
        self._uow = uow
        self._adapters = adapters
        self._policy = policy
        self._now = clock.now()
        self._lease_time = lease_time
        self._watch = watch
        self._correlation_id = correlation_id
        self._lost: Mapping[ListingId, int] = {}

    def claim(self, lease: LeaseToken) -> tuple[Claim | None, int]:
        """Return what is to be done now, None when nothing is, and how many listings were claimed.

        Effects: rows under a fresh token; intents, attempts and the outcomes of what needs no call.
        """
        is_suspect = lease.startswith(SUSPECT)
        claimed = self._uow.listings.claim(lease, until=self._now + self._lease_time, is_suspect=is_suspect)
        if not claimed:
            return None, 0
        token = claimed[0].token
        if is_suspect and claimed[0].deaths >= self._policy.max_attempts:
            self._settle(token, [self._bury_deadly(claim) for claim in claimed])
            return None, len(claimed)
        account = self._uow.accounts.get([claimed[0].listing.account_id])[claimed[0].listing.account_id]
        adapter = self._open(account) if account.account.state is AccountState.ACTIVE else None
        if adapter is None:
            self._settle(token, [outcomes.later(c.listing, timedelta(0)) for c in claimed])
            return None, len(claimed)
        payer = self._adapters.payer(account.account)
        if (pause := self._pause(account, payer)) > timedelta(0):
            self._settle(token, [outcomes.later(c.listing, pause) for c in claimed])
            return None, len(claimed)
        rest = timedelta(0)
        if isinstance(adapter, FeedingAdapter):
            claimed, token, rest = self._gather(claimed, account, adapter)
        known = self._count_lost(claimed)
        if not isinstance(adapter, FeedingAdapter):
            known = self._doubt_lost_changes(known)
        works, settled = self._plan(known, account, adapter)
        if rest:
            settled += [outcomes.later(work.listing, rest) for work in works]
            works = []
        self._settle(token, settled)
        self._close_dead(settled)
        attempts = self._begin(works, token)
        claim = Claim(
            token=token, account=account, adapter=adapter, works=works, attempts=attempts, payer=payer
        )
        return (claim if works else None), len(claimed)

    def _bury_deadly(self, claim: ClaimedListing) -> Outcome:
        """Give up on a listing before it is looked at again: every worker that planned its step ended over it."""
        self._uow.attempts.close_lost([claim.listing.id], now=self._now)
        detail = f"its worker ended while it planned the step, {claim.deaths} times"
        return self._bury(claim.listing, sentences.our_fault("worker lost"), WORKER_LOST, detail)

    def _gather(
        self, claimed: Sequence[ClaimedListing], account: StoredAccount, adapter: FeedingAdapter
    ) -> tuple[Sequence[ClaimedListing], LeaseToken, timedelta]:
        """Take the account's other due listings too, for one file carries them all; or say how long it must rest."""
        token, account_id = claimed[0].token, account.account.id
        written = self._uow.feeds.of_accounts([account_id]).get(account_id)
        rest = timedelta(0) if written is None else written.rest(adapter.feed_interval, self._now)
        if rest:
            return claimed, token, rest
        until = self._now + self._lease_time
        if self._uow.feeds.join_due(
            account_id, token=token, now=self._now, until=until, most=MOST_IN_FEED_SLICE
        ):
            claimed = self._uow.listings.claim(token, until=until)
        return claimed, claimed[0].token, rest

    def _open(self, account: StoredAccount) -> ChannelAdapter | None:
        """Make the adapter; where that fails, an operator's mistake in keys or settings is not the seller's to mend."""
        account_id = account.account.id
        try:
            adapter = self._adapters.open(account.account, account.credentials)
        except (KeyError, ValueError) as exc:
            reason = redact(str(exc))
            log.error("account.not_opened", account=account_id, error=reason)  # noqa: TRY400 - a trace adds nothing
            self._uow.accounts.brake(account_id, now=self._now, wait=ACCOUNT_REST, reason=BrakeReason.SETUP)
            problem = sentences.account_not_opened(account.account.name, reason)
            self._uow.notices.make(account_id, NOT_OPENED, problem)
            return None
        if account.not_before is not None:
            # Only an account that has rested can have such a notice; the others need not be asked.
            self._uow.notices.answer(account_id, kind=NOT_OPENED)
        return adapter

    def _pause(self, account: StoredAccount, payer: Payer) -> timedelta:
        """Return for how long a slice that is out already goes back unworked; zero for one that may be worked on.

        A brake that was set while it waited in the queue holds for it too. And where threads hang in calls to the same
        channel, this one is left to the other channels.
        """
        if account.not_before is not None and account.not_before > self._now:
            return account.not_before - self._now
        return CROWDED_PAUSE if self._watch.is_crowded(payer.endpoint) else timedelta(0)

    def _settle(self, token: LeaseToken, settled: Sequence[Outcome]) -> None:
        self._uow.listings.record(token, settled, now=self._now)

    def _close_dead(self, settled: Sequence[Outcome]) -> None:
        reached = [outcome.listing_id for outcome in settled if outcome.is_reached]
        if reached:
            self._uow.attempts.close_dead(reached, now=self._now)

    def _count_lost(self, claimed: Sequence[ClaimedListing]) -> Sequence[ClaimedListing]:
        """Close the attempts that died with their worker; they are spent like any other."""
        unsure = [c.listing.id for c in claimed if c.listing.intent is not None]
        if unsure:
            self._lost = self._uow.attempts.close_lost(unsure, now=self._now)
            self._uow.listings.count_lost(self._lost)
        return [replace(claim, listing=self._dated(claim.listing)) for claim in claimed]

    def _dated(self, listing: Listing) -> Listing:
        """Note until when a call of a lost worker's intent can still be running.

        Its lease should just have run out; yet a clock may have jumped, and then the worker is still at it. What bounds
        its calls for certain is how long a lease takes by its own steady clock.
        """
        attempts = listing.attempts + self._lost.get(listing.id, 0)
        intent = listing.intent
        if intent is not None and intent.unsure_at is None:
            intent = replace(intent, unsure_at=self._now + self._lease_time)
        return replace(listing, intent=intent, attempts=attempts)

    def _doubt_lost_changes(self, claimed: Sequence[ClaimedListing]) -> Sequence[ClaimedListing]:
        """Believe nothing of the parts that a lost worker was sending; then planning anew answers the doubt."""
        doubted = {
            one.listing.id: replace(one.listing.doubting(one.listing.intent.parts), intent=None)
            for one in claimed
            if one.listing.intent is not None and one.listing.intent.verb in _CHANGES
        }
        self._uow.listings.doubt(list(doubted.values()))
        return [replace(one, listing=doubted.get(one.listing.id, one.listing)) for one in claimed]

    def _plan(
        self, claimed: Sequence[ClaimedListing], account: StoredAccount, adapter: ChannelAdapter
    ) -> tuple[list[Work], list[Outcome]]:
        products = {c.listing.product_id for c in claimed}
        stock = self._uow.showing.shown(account.account.id, products)
        works: list[Work] = []
        settled: list[Outcome] = []
        for claim in claimed:
            try:
                result = self._plan_one(claim, stock.get(claim.listing.product_id, {}), account, adapter)
            except Exception as exc:
                # A fault in one rendition must not hold its whole slice back for ever.
                log.exception("listing.plan_failed", listing=claim.listing.id)
                name = type(exc).__name__
                result = self._bury(claim.listing, sentences.our_fault(name), name, f"{name}: {exc}")
            if isinstance(result, Work):
                works.append(result)
            else:
                settled.append(result)
        return works, settled

    def _bury(self, listing: Listing, problem: Problem, cause: str, detail: str) -> Outcome:
        self._uow.attempts.bury_listing(listing.id, cause=cause, detail=redact(detail), step="plan")
        return outcomes.held(listing, (problem,), keep_intent=True)

    def _plan_one(
        self,
        claim: ClaimedListing,
        stock: Mapping[Sku, Shown],
        account: StoredAccount,
        adapter: ChannelAdapter,
    ) -> Work | Outcome:
        listing = claim.listing
        label = self._adapters.label(account.account)
        if self._lost.get(listing.id) and listing.attempts >= self._policy.max_attempts:
            detail = f"its worker ended in mid-step, {listing.attempts} attempts spent"
            return self._bury(listing, sentences.gave_up(label, "worker lost"), WORKER_LOST, detail)
        product = claim.product.for_channel(account.account.name, account.account.kind)
        marker = listing.marker(product)
        offers = offers_of(product, stock)
        rendition = adapter.render(product, offers, marker=marker)
        capabilities = self._policy.believed(adapter.capabilities)
        step = plan(_believed(listing, adapter), rendition, capabilities)
        rest = self._policy.settling.rest(step, listing, offers, capabilities, now=self._now)
        if rest and not isinstance(adapter, FeedingAdapter):
            return outcomes.later(listing, rest)
        work = Work(
            listing=self._doubted(listing) if step.kind is StepKind.VERIFY else listing,
            rendition=rendition,
            capabilities=capabilities,
            label=label,
            step=step,
            planned_at=self._now,
            units={sku: figure.units for sku, figure in stock.items()},
        )
        settled = self._without_call(work, product, adapter, account.account.name)
        return work if settled is None else settled

    def _without_call(
        self, work: Work, product: Product, adapter: ChannelAdapter, account: str
    ) -> Outcome | None:
        """Return what follows where the channel need not, or must not, be called; None where it is."""
        listing, step = work.listing, work.step
        is_in_doubt = isinstance(adapter, FeedingAdapter) and listing.intent is not None
        # A file that a lost worker wrote may hold the listing; only the next file says for sure.
        if step.kind is StepKind.NOTHING and not is_in_doubt:
            return outcomes.in_sync(listing)
        if step.kind is StepKind.ASK:
            question = question_of(step, work.label, account, work.rendition.marker)
            return outcomes.held(listing, (question,), keep_intent=step.ask is Ask.UNCONFIRMED)
        if step.kind in _BEGINS and begins_at(product) > self._now:
            return outcomes.later(listing, begins_at(product) - self._now, **outcomes.NO_INTENT)
        if step.kind in SHOWS_CONTENT and (problems := adapter.validate(work.rendition, product)):
            return outcomes.held(listing, tuple(problems))
        if step.kind in _NEEDS_PICTURES or Part.PICTURES in step.parts:
            return self._pictures_missing(listing, product, work.rendition.pictures, adapter)
        return None

    def _doubted(self, listing: Listing) -> Listing:
        """Turn a publish that stands half-way into one to be verified; see ``plan`` on withdrawing."""
        if listing.intent is not None:
            return listing
        began = listing.begun_at or self._now
        return replace(listing, intent=Intent(verb=Verb.PUBLISH, since=began, unsure_at=self._now))

    def _pictures_missing(
        self, listing: Listing, product: Product, keys: Sequence[PictureKey], adapter: ChannelAdapter
    ) -> Outcome | None:
        missing = set(keys) - self._uow.media.ready_keys(keys)
        if not missing:
            return None
        spec = adapter.capabilities.picture
        wanted = {sha: spec for sha in product.pictures() if spec.key_for(sha) in missing}
        broken = self._uow.media.problems_of([listing.product_id]).get(listing.product_id, ())
        problems = tuple(
            sentences.broken_picture(_source_of(product, sha), problem)
            for sha, problem in broken
            if sha in wanted
        )
        if problems:
            return outcomes.held(listing, problems)
        ids = self._uow.media.ids(wanted)
        self._uow.media.want(((ids[sha], sha, spec) for sha in wanted), now=self._now)
        return outcomes.waits_for_media(listing)

    def _begin(self, works: Sequence[Work], token: LeaseToken) -> Mapping[ListingId, AttemptId]:
        intents = {work.listing.id: self._intent(work) for work in works}
        self._uow.listings.begin({id_: intent for id_, intent in intents.items() if intent is not None})
        steps = {work.listing.id: work.step.kind.value for work in works}
        brought_by = {work.listing.id: work.request_id or self._correlation_id for work in works}
        return self._uow.attempts.begin(steps, token=token, now=self._now, correlation_ids=brought_by)

    def _intent(self, work: Work) -> Intent | None:
        """What is committed before the call; a look keeps the intent it is about, now with its date."""
        if work.step.verb is None:
            return work.listing.intent
        began = work.listing.begun_at or self._now
        parts = {part: work.rendition.parts[part] for part in work.step.parts}
        if work.step.kind is StepKind.RESUME:
            # What a publish that goes on will have shown is certain only of what it carried from its beginning.
            begun = work.listing.begun_parts
            parts = {part: value for part, value in parts.items() if begun.get(part) == value}
        return Intent(verb=work.step.verb, since=began, parts=parts)


def _believed(listing: Listing, adapter: ChannelAdapter) -> Listing:
    """Return the listing as it is planned: a file that left it out in doubt is answered by the next file that holds it."""
    is_withdrawal = listing.intent is not None and listing.intent.verb is Verb.WITHDRAW
    return replace(listing, intent=None) if is_withdrawal and isinstance(adapter, FeedingAdapter) else listing


def question_of(step: Step, label: str, account: str, marker: Marker) -> Problem:
    """Return what a person is asked by a step of the kind ASK, and how they answer it."""
    answer = sentences.Answering(sku=marker.sku, account=account)
    match step.ask:
        case Ask.UNCONFIRMED:
            return sentences.unconfirmed(label, marker.token, answer)
        case Ask.PUBLISH:
            return sentences.publish_by_hand(label, answer)
        case Ask.WITHDRAW:
            return sentences.withdraw_by_hand(label, answer)
        case _:
            return sentences.edit_by_hand(label, step.parts, answer)


def offers_of(product: Product, stock: Mapping[Sku, Shown]) -> dict[Sku, Offer]:
    """Return price and units for sale of every variant; a variant without a stock figure has none."""
    return {
        variant.sku: Offer(
            sku=variant.sku,
            price=variant.price,
            compare_at=variant.compare_at,
            available=stock.get(variant.sku, NO_UNITS).units,
            held=stock.get(variant.sku, NO_UNITS).held,
        )
        for variant in product.variants
    }


def _source_of(product: Product, sha: str) -> str:
    every = (*product.media, *(media for variant in product.variants for media in variant.media))
    return next((media.source for media in every if media.sha256 == sha), sha[:12])
