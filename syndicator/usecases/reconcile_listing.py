"""Bring the listings of one lease to what is wanted: claim, plan, commit the intent, do it, commit the outcome.

No transaction is open while a channel is being called. Every call is bounded to end before the lease does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import structlog

from adapters.base import BatchingAdapter, Change, ChannelAdapter
from adapters.errors import ChannelError, OutcomeUnknown
from adapters.http import call_deadline
from schemas.channel import AccountState, Part
from schemas.ids import AttemptId, LeaseToken, ListingId, PictureKey, Sku
from schemas.listing import Offer, Pending, Receipt
from schemas.product import Product
from syndicator.domain import sentences
from syndicator.domain.listing import Intent, Listing, Wanted
from syndicator.domain.plan import StepKind, plan
from syndicator.domain.policy import RetryPolicy
from syndicator.ports import Adapters, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.listings import ClaimedListing, Outcome
from syndicator.usecases import outcomes
from syndicator.usecases.outcomes import Ending, Work

log = structlog.get_logger()

LEASE_MARGIN = timedelta(seconds=5)
"""The part of a lease kept for recording the outcome after the last call."""
_NEEDS_PICTURES = frozenset({StepKind.PUBLISH, StepKind.RESUME, StepKind.REPUBLISH})
_CHANGES_CONTENT = frozenset(
    {
        StepKind.PUBLISH,
        StepKind.RESUME,
        StepKind.UPDATE,
        StepKind.REPUBLISH,
        StepKind.COMMENT,
        StepKind.SET_STOCK,
    }
)
BATCHED_PARTS = frozenset({Part.PRICE, Part.STOCK})
"""Parts whose updates of several listings may travel in one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A claimed slice: what can be done at once (``works``), the adapter to do it with, and the open attempts."""

    token: LeaseToken
    account: StoredAccount
    adapter: ChannelAdapter
    works: Sequence[Work]
    attempts: Mapping[ListingId, AttemptId]


def reconcile_listings(
    lease: LeaseToken,
    *,
    lease_time: timedelta,
    database: Database,
    adapters: Adapters,
    policy: RetryPolicy,
    clock: Clock,
    correlation_id: str | None = None,
) -> int:
    """Do the next step of every listing under ``lease``; return how many were claimed.

    A lease that was already taken over, or has run out, claims nothing: the message was delivered twice or too late.

    Effects: at most one step for each listing; rows carry everything that follows from it.
    """
    with database.begin() as uow:
        claim, count = _Claiming(uow, adapters, clock, lease_time, correlation_id).claim(lease)
    if claim is None:
        return count
    with call_deadline(lease_time - LEASE_MARGIN):
        for batch in _batches(claim):
            endings = _perform(batch, claim.adapter, policy, clock)
            with database.begin() as uow:
                _record(uow, claim, endings, clock)
    return count


class _Claiming:
    """The first transaction: take the slice over, plan each listing, commit the intents."""

    def __init__(
        self,
        uow: UnitOfWork,
        adapters: Adapters,
        clock: Clock,
        lease_time: timedelta,
        correlation_id: str | None,
    ) -> None:
        self._uow = uow
        self._adapters = adapters
        self._now = clock.now()
        self._lease_time = lease_time
        self._correlation_id = correlation_id

    def claim(self, lease: LeaseToken) -> tuple[_Claim | None, int]:
        claimed = self._uow.listings.claim(lease, until=self._now + self._lease_time)
        if not claimed:
            return None, 0
        token = claimed[0].token
        account = self._uow.accounts.get([claimed[0].listing.account_id])[claimed[0].listing.account_id]
        if account.account.state is not AccountState.ACTIVE:
            self._settle(token, [outcomes.later(c.listing, timedelta(0)) for c in claimed])
            return None, len(claimed)
        self._close_lost(claimed)
        adapter = self._adapters.open(account.account, account.credentials)
        works, settled = self._plan(claimed, account, adapter)
        self._settle(token, settled)
        attempts = self._begin(works, token)
        claim = _Claim(token=token, account=account, adapter=adapter, works=works, attempts=attempts)
        return (claim if works else None), len(claimed)

    def _settle(self, token: LeaseToken, settled: Sequence[Outcome]) -> None:
        self._uow.listings.record(token, settled, now=self._now)

    def _close_lost(self, claimed: Sequence[ClaimedListing]) -> None:
        unsure = [c.listing.id for c in claimed if c.listing.intent is not None]
        if unsure:
            self._uow.attempts.close_lost(unsure, now=self._now)

    def _plan(
        self, claimed: Sequence[ClaimedListing], account: StoredAccount, adapter: ChannelAdapter
    ) -> tuple[list[Work], list[Outcome]]:
        stock = self._uow.stock.available({c.listing.product_id for c in claimed})
        works: list[Work] = []
        settled: list[Outcome] = []
        for claim in claimed:
            try:
                result = self._plan_one(claim, stock.get(claim.listing.product_id, {}), account, adapter)
            except Exception as exc:
                # A fault in one rendition must not hold its whole slice back for ever.
                log.exception("listing.plan_failed", listing=claim.listing.id)
                detail = f"{type(exc).__name__}: {exc}"
                self._uow.attempts.bury_listing(claim.listing.id, cause=type(exc).__name__, detail=detail)
                fault = sentences.our_fault(type(exc).__name__)
                result = outcomes.held(claim.listing, (fault,), keep_intent=True)
            if isinstance(result, Work):
                works.append(result)
            else:
                settled.append(result)
        return works, settled

    def _plan_one(
        self, claim: ClaimedListing, stock: Mapping[Sku, int], account: StoredAccount, adapter: ChannelAdapter
    ) -> Work | Outcome:
        listing = _dated(claim.listing, self._now)
        product = claim.product.for_channel(account.account.name, account.account.kind)
        marker = listing.marker(product)
        rendition = adapter.render(product, offers_of(product, stock), marker=marker)
        label = self._adapters.label(account.account)
        step = plan(listing, rendition, adapter.capabilities)
        if step.kind is StepKind.NOTHING:
            return outcomes.in_sync(listing)
        if step.kind is StepKind.ASK:
            unsure = listing.intent is not None and not step.parts
            problem = (
                sentences.unconfirmed(label, marker.token)
                if unsure
                else sentences.edit_by_hand(label, step.parts)
            )
            return outcomes.held(listing, (problem,), keep_intent=unsure)
        if step.kind in _CHANGES_CONTENT and listing.wanted is Wanted.LIVE:
            problems = adapter.validate(rendition, product)
            if problems:
                return outcomes.held(listing, tuple(problems))
        if step.kind in _NEEDS_PICTURES or Part.PICTURES in step.parts:
            blocked = self._pictures_missing(claim, product, rendition.pictures, adapter)
            if blocked is not None:
                return blocked
        return Work(
            listing=listing, rendition=rendition, capabilities=adapter.capabilities, label=label, step=step
        )

    def _pictures_missing(
        self, claim: ClaimedListing, product: Product, keys: Sequence[PictureKey], adapter: ChannelAdapter
    ) -> Outcome | None:
        missing = set(keys) - self._uow.media.ready_keys(keys)
        if not missing:
            return None
        spec = adapter.capabilities.picture
        wanted = {sha: spec for sha in product.pictures() if spec.key_for(sha) in missing}
        broken = self._uow.media.problems_of([claim.listing.product_id]).get(claim.listing.product_id, ())
        problems = tuple(
            sentences.broken_picture(_source_of(product, sha), problem)
            for sha, problem in broken
            if sha in wanted
        )
        if problems:
            return outcomes.held(claim.listing, problems)
        ids = self._uow.media.ids(wanted)
        self._uow.media.want(((ids[sha], sha, spec) for sha in wanted), now=self._now)
        return outcomes.waits_for_media(claim.listing)

    def _begin(self, works: Sequence[Work], token: LeaseToken) -> Mapping[ListingId, AttemptId]:
        self._uow.listings.begin(
            {
                work.listing.id: Intent(verb=work.step.verb, since=self._now, parts=work.rendition.parts)
                for work in works
                if work.step.verb is not None
            }
        )
        steps = {work.listing.id: work.step.kind.value for work in works}
        return self._uow.attempts.begin(
            steps, token=token, now=self._now, correlation_id=self._correlation_id
        )


def _dated(listing: Listing, now: datetime) -> Listing:
    """Note when a lost worker's intent was found: its lease has just run out, so none of its calls ran later."""
    if listing.intent is None or listing.intent.unsure_at is not None:
        return listing
    return replace(listing, intent=replace(listing.intent, unsure_at=now))


def offers_of(product: Product, stock: Mapping[Sku, int]) -> dict[Sku, Offer]:
    """Return price and free-to-sell units of every variant; a variant without a stock figure has none."""
    return {
        variant.sku: Offer(
            sku=variant.sku,
            price=variant.price,
            compare_at=variant.compare_at,
            available=stock.get(variant.sku, 0),
        )
        for variant in product.variants
    }


def _source_of(product: Product, sha: str) -> str:
    every = (*product.media, *(media for variant in product.variants for media in variant.media))
    return next((media.source for media in every if media.sha256 == sha), sha[:12])


def _batches(claim: _Claim) -> Iterator[Sequence[Work]]:
    """Group the slice: updates that one call can carry together, everything else alone."""
    size = claim.adapter.capabilities.update_batch
    together = [w for w in claim.works if size > 1 and _is_batchable(w)]
    for parts in {w.step.parts for w in together}:
        alike = [w for w in together if w.step.parts == parts]
        for start in range(0, len(alike), size):
            yield alike[start : start + size]
    alone = [w for w in claim.works if w not in together]
    if alone:
        yield alone


def _is_batchable(work: Work) -> bool:
    return work.step.kind in {StepKind.SET_STOCK, StepKind.UPDATE} and work.step.parts <= BATCHED_PARTS


def _perform(
    batch: Sequence[Work], adapter: ChannelAdapter, policy: RetryPolicy, clock: Clock
) -> dict[ListingId, Ending]:
    if (
        len(batch) > 1
        and all(_is_batchable(work) for work in batch)
        and adapter.capabilities.update_batch > 1
    ):
        return _perform_together(batch, cast("BatchingAdapter", adapter), policy, clock)
    return {work.listing.id: _perform_one(work, adapter, policy, clock) for work in batch}


def _perform_together(
    batch: Sequence[Work], adapter: BatchingAdapter, policy: RetryPolicy, clock: Clock
) -> dict[ListingId, Ending]:
    try:
        answers: Sequence[Receipt | ChannelError] = adapter.update_many([_change(work) for work in batch])
    except Exception as exc:  # noqa: BLE001 - whatever it was, each listing of the batch is recorded
        answers = [_as_channel_error(exc)] * len(batch)
    now = clock.now()
    return {
        work.listing.id: outcomes.failed(work, answer, now, policy)
        if isinstance(answer, ChannelError)
        else outcomes.succeeded(work, answer, now)
        for work, answer in zip(batch, answers, strict=True)
    }


def _perform_one(work: Work, adapter: ChannelAdapter, policy: RetryPolicy, clock: Clock) -> Ending:
    try:
        if work.step.kind is StepKind.VERIFY:
            return _verify(work, adapter, policy, clock)
        answer = _call(work, adapter)
    except Exception as exc:  # noqa: BLE001 - a bug in mid-call leaves the outcome unknown, which is recorded
        return outcomes.failed(work, _as_channel_error(exc), clock.now(), policy)
    if isinstance(answer, Pending):
        return outcomes.begun(work, answer)
    return outcomes.succeeded(work, answer, clock.now())


def _as_channel_error(exc: Exception) -> ChannelError:
    if isinstance(exc, ChannelError):
        return exc
    log.error("listing.step_crashed", exc_info=exc)
    return OutcomeUnknown(f"{type(exc).__name__}: {exc}")


def _call(work: Work, adapter: ChannelAdapter) -> Receipt | Pending | None:
    match work.step.kind:
        case StepKind.PUBLISH:
            return adapter.publish(work.rendition)
        case StepKind.RESUME if work.listing.pending is not None:
            return adapter.resume(work.rendition, work.listing.pending)
        case StepKind.UPDATE:
            return adapter.update(_change(work))
        case StepKind.SET_STOCK:
            return adapter.set_stock(_change(work))
        case StepKind.COMMENT:
            return adapter.comment(_change(work))
        case StepKind.WITHDRAW | StepKind.REPUBLISH:
            adapter.withdraw(work.listing.ref(work.rendition.marker))
            return None
    raise ValueError(f"no adapter verb for the step {work.step.kind}")


def _change(work: Work) -> Change:
    ref = work.listing.ref(work.rendition.marker)
    return Change(ref=ref, rendition=work.rendition, parts=work.step.parts)


def _verify(work: Work, adapter: ChannelAdapter, policy: RetryPolicy, clock: Clock) -> Ending:
    intent = work.listing.intent
    if intent is None:
        raise ValueError(f"listing {work.listing.id} has nothing to verify")
    remotes = adapter.find_by_marker(work.rendition.marker, since=intent.since, pending=work.listing.pending)
    if not remotes:
        return outcomes.absent(work, clock.now(), policy)
    visible = [remote for remote in remotes if remote.visible]
    if len(visible) > 1:
        log.error("listing.duplicate_found", listing=work.listing.id, count=len(visible))
    return outcomes.found(work, (visible or list(remotes))[0], clock.now())


def _record(uow: UnitOfWork, claim: _Claim, endings: Mapping[ListingId, Ending], clock: Clock) -> None:
    """The second transaction: outcomes, attempts, and what the account learns, before anything is raised."""
    now = clock.now()
    uow.attempts.end({claim.attempts[id_]: ending.attempt for id_, ending in endings.items()}, now=now)
    lost = uow.listings.record(claim.token, [ending.outcome for ending in endings.values()], now=now)
    for listing_id, ending in endings.items():
        account_id = claim.account.account.id
        if ending.account_rest is not None:
            uow.accounts.rest(account_id, now=now, wait=ending.account_rest)
        if ending.account_problem is not None and uow.accounts.set_state(
            account_id, AccountState.NEEDS_REAUTH, ending.account_problem
        ):
            log.warning("account.needs_reauth", account=account_id, problem=ending.account_problem.en)
        if ending.dead_cause is not None:
            detail = ending.attempt.message or ending.dead_cause
            uow.attempts.bury_listing(listing_id, cause=ending.dead_cause, detail=detail)
        log.info(
            "listing.step",
            listing=listing_id,
            account=account_id,
            outcome=ending.attempt.outcome,
            state=ending.outcome.state.value,
            lease_lost=listing_id in lost,
        )
