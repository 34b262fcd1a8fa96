"""What people are shown: read models over the tables, made for the command line and the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.channel import AccountState
from schemas.ids import AccountId, ChannelKind, ListingId, SellerId, Sku
from schemas.listing import ListingState
from schemas.pace import BrakeReason
from schemas.problem import Problem
from syndicator.domain.listing import Wanted
from syndicator.store.attempts import LOST
from syndicator.store.tables import Attempt as AttemptTable
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import DeadLetter as DeadLetterTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Media as MediaTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import table

_LISTING = table(ListingTable)
_ACCOUNT = table(AccountTable)
_PRODUCT = table(ProductTable)
_ATTEMPT = table(AttemptTable)
_DEAD = table(DeadLetterTable)
_MEDIA = table(MediaTable)
_SELLER = table(SellerTable)

_FLOWING = frozenset({AccountState.ACTIVE.value, AccountState.RENEWING.value})
"""States of an account in which its listings go on without a person."""
_STATE = sa.case(
    (
        (_LISTING.c.state == ListingState.WORKING.value) & _ACCOUNT.c.state.not_in(_FLOWING),
        ListingState.STOPPED.value,
    ),
    else_=_LISTING.c.state,
)
"""The plain state of a listing: what an account holds back does not move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingReport:
    """A listing as a person sees it.

    ``state`` is the plain state: an account that needs reconnecting stops what is not live yet. ``confirmed_at`` is when
    the channel last confirmed what is there, ``seen_at`` when it was last read back; None means never.
    """

    id: ListingId
    sku: Sku
    name: str
    account_id: AccountId
    account: str
    kind: ChannelKind
    state: ListingState
    wanted: Wanted
    problems: tuple[Problem, ...]
    external_id: str | None
    permalink: str | None
    confirmed_at: datetime | None
    seen_at: datetime | None
    due_at: datetime | None
    unconfirmed: bool
    pending: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakedAccount:
    """An account to which nothing is sent before ``until``; ``reason`` is None for a brake of an older version."""

    seller: str
    account: str
    kind: ChannelKind
    until: datetime
    reason: BrakeReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneReport:
    """How one lane of listings stands: due now, oldest due, under lease, waiting for a later moment."""

    lane: int
    due: int
    oldest_due_at: datetime | None
    in_progress: int
    scheduled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """What became of the steps whose worker ended in the middle.

    Attributes:
        taken_over: Steps that another worker took over since the moment asked for.
        longest_s: Seconds from the beginning of such a step until it was taken over, at most; None where none was.
        overdue: Listings and pictures whose lease ended longer ago than ``patience``, and that nobody has taken up.
    """

    taken_over: int
    longest_s: float | None
    overdue: int


class ReportRepository:
    """Reads only."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def listings(
        self,
        seller_id: SellerId,
        *,
        skus: Sequence[Sku] | None = None,
        states: Sequence[ListingState] | None = None,
        account_ids: Sequence[AccountId] | None = None,
        limit: int | None = None,
    ) -> Sequence[ListingReport]:
        """Return the seller's listings, by product and account."""
        statement = _listings(seller_id).order_by(_PRODUCT.c.id, _ACCOUNT.c.id)
        if skus is not None:
            statement = statement.where(_PRODUCT.c.sku.in_(skus))
        if account_ids is not None:
            statement = statement.where(_LISTING.c.account_id.in_(account_ids))
        if states is not None:
            statement = statement.where(_STATE.in_([state.value for state in states]))
        if limit is not None:
            statement = statement.limit(limit)
        return [_report(row) for row in self._connection.execute(statement)]

    def listings_after(
        self,
        seller_id: SellerId,
        *,
        after: int,
        limit: int,
        sku: Sku | None = None,
        account: str | None = None,
        state: ListingState | None = None,
    ) -> Sequence[ListingReport]:
        """Return the seller's listings whose id is greater than ``after``, by id; for reading them in pages."""
        statement = _listings(seller_id).where(_LISTING.c.id > after).order_by(_LISTING.c.id).limit(limit)
        for asked, column in ((sku, _PRODUCT.c.sku), (account, _ACCOUNT.c.name), (state, _STATE)):
            if asked is not None:
                statement = statement.where(column == asked)
        return [_report(row) for row in self._connection.execute(statement)]

    def listings_of(self, seller_id: SellerId, listing_ids: Sequence[ListingId]) -> Sequence[ListingReport]:
        """Return those of the listings that are the seller's, by id."""
        statement = _listings(seller_id).where(_LISTING.c.id.in_(listing_ids)).order_by(_LISTING.c.id)
        return [_report(row) for row in self._connection.execute(statement)]

    def lanes(self, now: datetime) -> Sequence[LaneReport]:
        """Return the four lanes of listings; those of a braked account are scheduled, not due."""
        leased = _LISTING.c.lease_token.is_not(None) & (_LISTING.c.due_at > now)
        due = (_LISTING.c.due_at <= now) & (sa.func.coalesce(_ACCOUNT.c.not_before, now) <= now)
        rows = self._connection.execute(
            sa.select(
                _LISTING.c.lane,
                sa.func.count().filter(due).label("due"),
                sa.func.min(_LISTING.c.due_at).filter(due).label("oldest"),
                sa.func.count().filter(leased).label("leased"),
                sa.func.count().filter(~due & ~leased).label("scheduled"),
            )
            .select_from(_LISTING.join(_ACCOUNT, _ACCOUNT.c.id == _LISTING.c.account_id))
            .where(_LISTING.c.due_at.is_not(None))
            .group_by(_LISTING.c.lane)
        )
        found = {row.lane: row for row in rows}
        return [
            LaneReport(
                lane=lane,
                due=found[lane].due if lane in found else 0,
                oldest_due_at=found[lane].oldest if lane in found else None,
                in_progress=found[lane].leased if lane in found else 0,
                scheduled=found[lane].scheduled if lane in found else 0,
            )
            for lane in range(4)
        ]

    def media(self, now: datetime) -> LaneReport:
        """Return how the preparing of pictures stands, as a lane numbered -1."""
        leased = _MEDIA.c.lease_token.is_not(None) & (_MEDIA.c.due_at > now)
        due = _MEDIA.c.due_at <= now
        row = self._connection.execute(
            sa.select(
                sa.func.count().filter(due).label("due"),
                sa.func.min(_MEDIA.c.due_at).filter(due).label("oldest"),
                sa.func.count().filter(leased).label("leased"),
                sa.func.count().filter(~due & ~leased).label("scheduled"),
            ).where(_MEDIA.c.due_at.is_not(None))
        ).one()
        return LaneReport(
            lane=-1, due=row.due, oldest_due_at=row.oldest, in_progress=row.leased, scheduled=row.scheduled
        )

    def unsettled(
        self, seller_id: SellerId, *, horizon: datetime, account_ids: Sequence[AccountId] | None = None
    ) -> int:
        """Count the seller's listings that will move by themselves before ``horizon``: due, leased or soon due.

        ``account_ids`` counts those accounts only. Listings of accounts that wait for a person, or are braked beyond the
        horizon, do not move and are not counted.
        """
        return (
            self._connection.scalar(
                sa.select(sa.func.count())
                .select_from(_LISTING.join(_ACCOUNT, _ACCOUNT.c.id == _LISTING.c.account_id))
                .where(
                    _LISTING.c.seller_id == seller_id,
                    _LISTING.c.due_at < horizon,
                    sa.true() if account_ids is None else _LISTING.c.account_id.in_(account_ids),
                    _ACCOUNT.c.state == AccountState.ACTIVE.value,
                    sa.or_(_ACCOUNT.c.not_before.is_(None), _ACCOUNT.c.not_before < horizon),
                )
            )
            or 0
        )

    def braked(self, now: datetime, *, limit: int) -> Sequence[BrakedAccount]:
        """Return accounts to which nothing is sent for a while, the longest brake first."""
        rows = self._connection.execute(
            sa.select(
                _SELLER.c.code,
                _ACCOUNT.c.name,
                _ACCOUNT.c.kind,
                _ACCOUNT.c.not_before,
                _ACCOUNT.c.brake_reason,
            )
            .join(_SELLER, _SELLER.c.id == _ACCOUNT.c.seller_id)
            .where(_ACCOUNT.c.state == AccountState.ACTIVE.value, _ACCOUNT.c.not_before > now)
            .order_by(_ACCOUNT.c.not_before.desc(), _ACCOUNT.c.id)
            .limit(limit)
        )
        return [
            BrakedAccount(
                seller=row.code,
                account=row.name,
                kind=ChannelKind(row.kind),
                until=row.not_before,
                reason=None if row.brake_reason is None else BrakeReason(row.brake_reason),
            )
            for row in rows
        ]

    def braked_count(self, now: datetime) -> int:
        """Count them."""
        where = (_ACCOUNT.c.state == AccountState.ACTIVE.value, _ACCOUNT.c.not_before > now)
        return self._connection.scalar(sa.select(sa.func.count()).select_from(_ACCOUNT).where(*where)) or 0

    def attempts(self, listing_id: ListingId, *, limit: int = 50) -> Sequence[sa.Row[Any]]:
        """Return the listing's attempts, newest first."""
        return self._connection.execute(
            sa.select(_ATTEMPT)
            .where(_ATTEMPT.c.listing_id == listing_id)
            .order_by(_ATTEMPT.c.id.desc())
            .limit(limit)
        ).all()

    def attempt_outcomes(self) -> Sequence[sa.Row[Any]]:
        """Count attempts by step and outcome."""
        return self._connection.execute(
            sa.select(_ATTEMPT.c.step, _ATTEMPT.c.outcome, sa.func.count().label("count"))
            .group_by(_ATTEMPT.c.step, _ATTEMPT.c.outcome)
            .order_by(_ATTEMPT.c.step, _ATTEMPT.c.outcome)
        ).all()

    def recovery(self, *, since: datetime, now: datetime, patience: timedelta) -> RecoveryReport:
        """Return how the work of ended workers fared since a moment, and how much of it still waits."""
        row = self._connection.execute(
            sa.select(
                sa.func.count().label("taken_over"),
                sa.func.max(sa.extract("epoch", _ATTEMPT.c.ended_at - _ATTEMPT.c.began_at)).label("longest"),
            ).where(_ATTEMPT.c.outcome == LOST, _ATTEMPT.c.ended_at >= since)
        ).one()
        waiting = [
            sa.select(sa.func.count())
            .where(source.c.lease_token.is_not(None), source.c.due_at < now - patience)
            .scalar_subquery()
            for source in (_LISTING, _MEDIA)
        ]
        return RecoveryReport(
            taken_over=row.taken_over,
            longest_s=None if row.longest is None else float(row.longest),
            overdue=self._connection.scalar(sa.select(waiting[0] + waiting[1])) or 0,
        )

    def dead_count(self) -> int:
        """Count the dead letters that wait for a person."""
        return (
            self._connection.scalar(
                sa.select(sa.func.count()).select_from(_DEAD).where(_DEAD.c.closed_at.is_(None))
            )
            or 0
        )


def _listings(seller_id: SellerId) -> sa.Select[Any]:
    return (
        sa.select(
            _LISTING,
            _STATE.label("shown_state"),
            _PRODUCT.c.sku,
            _PRODUCT.c.canonical["name"].astext.label("product_name"),
            _ACCOUNT.c.name.label("account_name"),
            _ACCOUNT.c.kind,
            _ACCOUNT.c.problem.label("account_problem"),
        )
        .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == _LISTING.c.account_id)
        .where(_LISTING.c.seller_id == seller_id)
    )


def _report(row: sa.Row[Any]) -> ListingReport:
    state = ListingState(row.shown_state)
    problems = tuple(Problem.model_validate(problem) for problem in row.problems)
    is_held_by_account = row.shown_state != row.state
    if is_held_by_account and row.account_problem is not None:
        problems = (Problem.model_validate(row.account_problem), *problems)
    return ListingReport(
        id=ListingId(row.id),
        sku=Sku(row.sku),
        name=row.product_name,
        account_id=AccountId(row.account_id),
        account=row.account_name,
        kind=ChannelKind(row.kind),
        state=state,
        wanted=Wanted(row.wanted),
        problems=problems,
        external_id=row.external_id,
        permalink=row.permalink,
        confirmed_at=row.sent_at,
        seen_at=row.seen_at,
        due_at=row.due_at,
        unconfirmed=row.intent_verb is not None,
        pending=row.pending,
    )
