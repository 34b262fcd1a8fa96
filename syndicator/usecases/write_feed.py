"""Write the file that a channel reads: all goods of an account that are wanted live and valid, in one file.

One writer for each account at a time, so that an older file never replaces a newer one. No transaction is open while the
file is built and stored. A listing enters the file with its own publish only, so what the file holds is always known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from adapters.base import FeedFile, FeedingAdapter, FeedShrank
from schemas.ids import AccountId, ExternalId, ListingId, PictureKey, Sku
from schemas.listing import Receipt, Rendition
from schemas.problem import Problem
from syndicator.domain import sentences
from syndicator.domain.listing import Wanted
from syndicator.domain.plan import StepKind
from syndicator.domain.stock_rule import Shown
from syndicator.media.storage import MediaStore, StorageError
from syndicator.ports import Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.attempts import AttemptEnd
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.feeds import ListedProduct, WrittenFeed, feed_key, new_feed
from syndicator.usecases import outcomes
from syndicator.usecases.claiming import offers_of
from syndicator.usecases.outcomes import Ending, Work

log = structlog.get_logger()

PAGE = 200
"""Listings read in one transaction."""
AGAIN_WHEN_BUSY = timedelta(seconds=5)
"""Pause when another worker is writing the account's file."""
AGAIN_AFTER_STORE = timedelta(seconds=30)
"""Pause when the media store cannot be written."""
AGAIN_AFTER_SHRINKING = timedelta(hours=1)
"""Pause after a file with far fewer rows was refused: the goods may come back, or an operator may allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What goes into the file, in order, and why the rest does not."""

    rows: dict[ListingId, Rendition] = field(default_factory=dict)
    problems: dict[ListingId, tuple[Problem, ...]] = field(default_factory=dict)


def write_feed(
    works: Sequence[Work],
    account: StoredAccount,
    adapter: FeedingAdapter,
    *,
    database: Database,
    store: MediaStore,
    clock: Clock,
) -> Mapping[ListingId, Ending]:
    """Write the account's file with everything that ``works`` change; return what came of each.

    Effects: the file in the store, replaced whole; the account's row says what was written. The endings are the caller's
    to record: when that fails, the listings fall due again and the next file carries them.
    """
    with database.alone(f"feed/{account.account.id}") as is_ours:
        if not is_ours:
            return {work.listing.id: _waiting(work, AGAIN_WHEN_BUSY, "feed_busy") for work in works}
        return _Writing(
            works=works, account=account, adapter=adapter, database=database, store=store, clock=clock
        ).write()


def let_shrink(account_id: AccountId, *, uow: UnitOfWork, now: datetime) -> None:
    """Let the account's next file have far fewer rows, as an operator said; what was refused for it falls due."""
    uow.feeds.let_shrink(account_id)
    uow.listings.wake_account(account_id, now=now)
    uow.notify_due()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writing:
    """One file, by the one who may write it."""

    works: Sequence[Work]
    account: StoredAccount
    adapter: FeedingAdapter
    database: Database
    store: MediaStore
    clock: Clock

    def write(self) -> Mapping[ListingId, Ending]:
        before = self._last()
        # Another worker may have written between our claim and our turn.
        if rest := before.rest(self.adapter.feed_interval, self.clock.now()):
            return self._all_wait(rest, "feed_too_soon")
        content = self._content()
        try:
            file = self.adapter.feed(
                list(content.rows.values()), previous_rows=None if before.may_shrink else before.rows
            )
            self._store(before, file)
        except FeedShrank as exc:
            log.warning("feed.shrank", account=self.account.account.id, before=exc.before, now=exc.now)
            return {work.listing.id: self._refused(work, exc) for work in self.works}
        except StorageError as exc:
            log.warning("feed.store_failed", account=self.account.account.id, error=str(exc))
            return self._all_wait(AGAIN_AFTER_STORE, "feed_store_failed")
        now = self.clock.now()
        return {work.listing.id: self._ending(work, content, file, now) for work in self.works}

    def _last(self) -> WrittenFeed:
        with self.database.begin() as uow:
            return uow.feeds.of_accounts([self.account.account.id]).get(self.account.account.id) or new_feed()

    def _store(self, before: WrittenFeed, file: FeedFile) -> None:
        account_id = self.account.account.id
        self.store.put(feed_key(account_id, before.secret, file.filename), file.data)
        written = WrittenFeed(
            secret=before.secret,
            filename=file.filename,
            rows=file.row_count,
            sha256=file.sha256,
            written_at=self.clock.now(),
        )
        with self.database.begin() as uow:
            uow.feeds.record(account_id, written)
        log.info("feed.written", account=account_id, rows=file.row_count, size_bytes=len(file.data))

    def _content(self) -> _Content:
        beginning = [work.listing.id for work in self.works if work.listing.wanted is Wanted.LIVE]
        content = _Content()
        last = ListingId(0)
        while True:
            with self.database.begin() as uow:
                page = uow.feeds.page(self.account.account.id, beginning, after=last, most=PAGE)
                self._add(content, page, uow)
            if len(page) < PAGE:
                return content
            last = page[-1].listing.id

    def _add(self, content: _Content, page: Sequence[ListedProduct], uow: UnitOfWork) -> None:
        stock = uow.showing.shown(self.account.account.id, {listed.listing.product_id for listed in page})
        rendered: dict[ListingId, Rendition] = {}
        for listed in page:
            listing_id = listed.listing.id
            rendition, problems = self._rendered(listed, stock.get(listed.listing.product_id, {}))
            if problems:
                content.problems[listing_id] = problems
            else:
                rendered[listing_id] = rendition
        ready = uow.media.ready_keys({key for rendition in rendered.values() for key in rendition.pictures})
        for listing_id, rendition in rendered.items():
            if (row := _with_ready_pictures(rendition, ready)) is not None:
                content.rows[listing_id] = row

    def _rendered(
        self, listed: ListedProduct, stock: Mapping[Sku, Shown]
    ) -> tuple[Rendition, tuple[Problem, ...]]:
        account = self.account.account
        product = listed.product.for_channel(account.name, account.kind)
        marker = listed.listing.marker(product)
        rendition = self.adapter.render(product, offers_of(product, stock), marker=marker)
        return rendition, tuple(self.adapter.validate(rendition, product))

    def _all_wait(self, wait: timedelta, outcome: str) -> Mapping[ListingId, Ending]:
        return {work.listing.id: _waiting(work, wait, outcome) for work in self.works}

    def _refused(self, work: Work, error: FeedShrank) -> Ending:
        problem = sentences.feed_shrank(
            work.label, self.account.account.name, before=error.before, now=error.now
        )
        held = outcomes.held(work.listing, (problem,), keep_intent=work.listing.intent is not None)
        return Ending(
            outcome=replace(held, due_in=AGAIN_AFTER_SHRINKING),
            attempt=AttemptEnd(outcome="feed_shrank", message=str(error)),
        )

    def _ending(self, work: Work, content: _Content, file: FeedFile, now: datetime) -> Ending:
        row = content.rows.get(work.listing.id)
        if work.listing.wanted is Wanted.WITHDRAWN:
            return self._withdrawn(work, now) if row is None else _waiting(work, timedelta(0), "wanted_again")
        if row is not None:
            # The file carries every part, whichever of them the step was planned for.
            step = replace(work.step, parts=frozenset(row.parts))
            receipt = Receipt(external_id=ExternalId(row.marker.sku), remote={"file": file.sha256})
            return outcomes.succeeded(replace(work, rendition=row, step=step), receipt, now)
        if problems := content.problems.get(work.listing.id):
            return Ending(
                outcome=outcomes.held(work.listing, problems), attempt=AttemptEnd(outcome="rejected")
            )
        return _waiting(work, outcomes.LOOK_AGAIN_FOR_MEDIA, "left_out")

    def _withdrawn(self, work: Work, now: datetime) -> Ending:
        if work.step.kind is StepKind.NOTHING:
            return Ending(outcome=outcomes.in_sync(work.listing), attempt=AttemptEnd(outcome="done"))
        if self.adapter.absent_leaves_sale:
            return outcomes.succeeded(work, None, now)
        answer = sentences.Answering(sku=work.rendition.marker.sku, account=self.account.account.name)
        question = sentences.withdraw_by_hand(work.label, answer)
        return Ending(outcome=outcomes.held(work.listing, (question,)), attempt=AttemptEnd(outcome="done"))


def _waiting(work: Work, wait: timedelta, outcome: str) -> Ending:
    # A doubt from before stays open: the file that a lost worker wrote may hold the listing.
    values = outcomes.NO_INTENT if work.listing.intent is None else {}
    return Ending(outcome=outcomes.later(work.listing, wait, **values), attempt=AttemptEnd(outcome=outcome))


def _with_ready_pictures(
    rendition: Rendition, ready: frozenset[PictureKey] | set[PictureKey]
) -> Rendition | None:
    """Leave out pictures that are not there yet: the channel would take the whole row for broken.

    None when none of them is there: the row comes with the next file.
    """
    pictures = tuple(key for key in rendition.pictures if key in ready)
    return replace(rendition, pictures=pictures) if pictures or not rendition.pictures else None
