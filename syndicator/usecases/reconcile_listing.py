"""Bring the listings of one lease to what is wanted: claim, plan, commit the intent, do it, commit the outcome.

No transaction is open while a channel is being called. Every call is bounded to end before the lease does.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import structlog

from adapters.base import BatchingAdapter, Change, ChannelAdapter, FeedingAdapter
from adapters.errors import ChannelError, OutcomeUnknown
from adapters.http import call_deadline
from adapters.pace import next_step, paying
from schemas.channel import Part
from schemas.ids import LeaseToken, ListingId
from schemas.listing import Pending, Receipt
from syndicator.domain.causes import DUPLICATE_FOUND
from syndicator.domain.plan import StepKind
from syndicator.domain.policy import RetryPolicy
from syndicator.media.storage import MediaStore
from syndicator.ports import Adapters, ChannelWatch, Clock, NoWatch
from syndicator.store.engine import Database, UnitOfWork
from syndicator.usecases import outcomes
from syndicator.usecases.braking import record_pace
from syndicator.usecases.claiming import Claim, Claiming
from syndicator.usecases.dispatch import SUSPECT
from syndicator.usecases.outcomes import Ending, Work
from syndicator.usecases.refresh_credentials import stop_account
from syndicator.usecases.stock_pushes import pushes_of
from syndicator.usecases.tidying import Twins, kept_of, look_for_twins, tidy
from syndicator.usecases.write_feed import write_feed

log = structlog.get_logger()

LEASE_MARGIN = timedelta(seconds=5)
"""The part of a lease kept for recording the outcome after the last call."""
BATCHED_PARTS = frozenset({Part.PRICE, Part.STOCK})
"""Parts whose updates of several listings may travel in one call."""
_NO_WATCH = NoWatch()


def reconcile_listings(
    lease: LeaseToken,
    *,
    lease_time: timedelta,
    database: Database,
    adapters: Adapters,
    store: MediaStore,
    policy: RetryPolicy,
    clock: Clock,
    watch: ChannelWatch = _NO_WATCH,
    correlation_id: str | None = None,
) -> int:
    """Do the next step of every listing under ``lease``; return how many were claimed.

    A lease that was already taken over, or has run out, claims nothing: the message was delivered twice or too late.

    Effects: at most one step for each listing; rows carry everything that follows from it. A listing that lost two
    leases without a word is counted first, in a transaction of its own, for it may end this worker too.
    """
    if lease.startswith(SUSPECT):
        with database.begin() as uow:
            uow.listings.suspect(lease)
    with database.begin() as uow:
        claim, count = Claiming(uow, adapters, policy, clock, lease_time, watch, correlation_id).claim(lease)
    if claim is None:
        return count
    with call_deadline(lease_time - LEASE_MARGIN), paying(claim.payer):
        for endings in _endings(claim, database, store, policy, clock):
            with database.begin() as uow:
                _record(uow, claim, endings, clock)
                now = clock.now()
                record_pace(uow, claim, endings.values(), policy=policy, now=now)
                uow.breakers.note(watch.due_counts(), now=now)
    return count


def _endings(
    claim: Claim, database: Database, store: MediaStore, policy: RetryPolicy, clock: Clock
) -> Iterator[Mapping[ListingId, Ending]]:
    """Do the steps; hand on what came of them as soon as it is known."""
    if isinstance(claim.adapter, FeedingAdapter):
        yield _perform_by_file(claim, claim.adapter, database, store, policy, clock)
        return
    for batch in _batches(claim):
        yield _perform(batch, claim.adapter, policy, clock)


def _perform_by_file(
    claim: Claim,
    adapter: FeedingAdapter,
    database: Database,
    store: MediaStore,
    policy: RetryPolicy,
    clock: Clock,
) -> Mapping[ListingId, Ending]:
    try:
        return write_feed(claim.works, claim.account, adapter, database=database, store=store, clock=clock)
    except Exception as exc:  # noqa: BLE001 - whatever it was, each listing of the file is recorded
        error, now = _as_channel_error(exc), clock.now()
        return {work.listing.id: outcomes.failed(work, error, now, policy) for work in claim.works}


def _batches(claim: Claim) -> Iterator[Sequence[Work]]:
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
    return _perform_in_turn(batch, adapter, policy, clock)


def _perform_in_turn(
    batch: Sequence[Work], adapter: ChannelAdapter, policy: RetryPolicy, clock: Clock
) -> dict[ListingId, Ending]:
    endings: dict[ListingId, Ending] = {}
    is_refused = False
    for work in batch:
        with _correlated([work]):
            ending = outcomes.not_tried(work) if is_refused else _perform_one(work, adapter, policy, clock)
        endings[work.listing.id] = ending
        # A throttled or locked-out account answers the rest of the slice alike; asking again would only harm it.
        is_refused = is_refused or ending.stops_account
    return endings


def _perform_together(
    batch: Sequence[Work], adapter: BatchingAdapter, policy: RetryPolicy, clock: Clock
) -> dict[ListingId, Ending]:
    next_step()
    called_at = clock.now()
    try:
        with _correlated(batch):
            answers: Sequence[Receipt | ChannelError] = adapter.update_many([_change(work) for work in batch])
    except Exception as exc:  # noqa: BLE001 - whatever it was, each listing of the batch is recorded
        answers = [_as_channel_error(exc)] * len(batch)
    now = clock.now()
    return {
        work.listing.id: outcomes.failed(work, answer, now, policy)
        if isinstance(answer, ChannelError)
        else replace(outcomes.succeeded(work, answer, now), called_at=called_at)
        for work, answer in zip(batch, answers, strict=True)
    }


def _perform_one(work: Work, adapter: ChannelAdapter, policy: RetryPolicy, clock: Clock) -> Ending:
    next_step()
    called_at = clock.now()
    try:
        if work.step.kind is StepKind.VERIFY:
            return _verify(work, adapter, policy, clock)
        answer = _call(work, adapter)
    except Exception as exc:  # noqa: BLE001 - a bug in mid-call leaves the outcome unknown, which is recorded
        return outcomes.failed(work, _as_channel_error(exc), clock.now(), policy)
    if isinstance(answer, Pending):
        return outcomes.begun(work, answer)
    twins = Twins() if answer is None else look_for_twins(work, adapter, answer.external_id)
    return replace(twins.told(outcomes.succeeded(work, answer, clock.now())), called_at=called_at)


@contextmanager
def _correlated(works: Sequence[Work]) -> Iterator[None]:
    """Let what is logged inside carry the request that brought these steps; a call for several requests names them all."""
    found = sorted({work.request_id for work in works if work.request_id is not None})
    if not found:
        yield
        return
    with structlog.contextvars.bound_contextvars(correlation_id=",".join(found)):
        yield


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
    kept = kept_of(remotes)
    twins = tidy(work, adapter, kept.external_id, remotes)
    return twins.told(outcomes.found(work, kept, clock.now()))


def _record(uow: UnitOfWork, claim: Claim, endings: Mapping[ListingId, Ending], clock: Clock) -> None:
    """The second transaction: outcomes, attempts, and what the account learns, before anything is raised."""
    now = clock.now()
    uow.attempts.end({claim.attempts[id_]: ending.attempt for id_, ending in endings.items()}, now=now)
    reached = [id_ for id_, ending in endings.items() if ending.outcome.is_reached]
    if reached:
        uow.attempts.close_dead(reached, now=now)
    lost = uow.listings.record(claim.token, [ending.outcome for ending in endings.values()], now=now)
    uow.pushes.record(pushes_of(claim.works, endings, now=now))
    works = {work.listing.id: work for work in claim.works}
    for listing_id, ending in endings.items():
        with _correlated([works[listing_id]]):
            _record_one(uow, claim, works[listing_id], ending, now)
            log.info(
                "listing.step",
                listing=listing_id,
                account=claim.account.account.id,
                step=works[listing_id].step.kind.value,
                outcome=ending.attempt.outcome,
                state=ending.outcome.state.value,
                lease_lost=listing_id in lost,
            )
    # Last, because every worker that meets the same answer waits for this row.
    ends = {id_: ending.attempt for id_, ending in endings.items()}
    uow.unlisted.note(claim.account.account.kind, ends, now=now)


def _record_one(uow: UnitOfWork, claim: Claim, work: Work, ending: Ending, now: datetime) -> None:
    """Record what follows from one ending beside the rows: a stopped account, a dead letter, a notice."""
    if ending.account_problem is not None:
        stop_account(
            uow,
            claim.account,
            claim.adapter,
            trouble=ending.account_trouble,
            problem=ending.account_problem,
            now=now,
        )
    if ending.dead_cause is not None:
        detail = ending.attempt.message or ending.dead_cause
        step = work.step.kind.value
        uow.attempts.bury_listing(work.listing.id, cause=ending.dead_cause, detail=detail, step=step)
    if ending.notice is not None:
        uow.attempts.bury_listing(
            work.listing.id, cause=DUPLICATE_FOUND, detail=ending.notice, step=None, is_notice=True
        )
