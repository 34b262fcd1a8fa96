"""Submissions of other systems, line by line, and how the listings of their products fare."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import AccountId, ChannelKind, JobId, ListingId, ProductId, SellerId, Sku
from schemas.listing import ListingState
from schemas.problem import Problem
from syndicator.store.bulk import among, insert_rows, rows
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import Job as JobTable
from syndicator.store.tables import JobLine as JobLineTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import table

_JOB = table(JobTable)
_LINE = table(JobLineTable)
_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)
_ACCOUNT = table(AccountTable)
_INSERT_LINES = insert_rows(_LINE, "job_id", "line", "sku", "product_id", "outcome", "problems")


class JobSource(StrEnum):
    """The door a submission came through."""

    API = "api"
    MESSAGE = "message"
    FILE = "file"


class JobState(StrEnum):
    """How far a submission is taken in."""

    RECEIVING = "receiving"
    RECEIVED = "received"
    FAILED = "failed"


class LineOutcome(StrEnum):
    """What became of one line when it was taken in."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A submission as it is announced.

    Attributes:
        seller_id: Whose products it holds.
        reference: Names it; the same name again is the same job.
        source: The door it comes through.
        account_ids: Accounts that new products are listed on; None means all of the seller's.
        request_id: The request or message that brings it.
    """

    seller_id: SellerId
    reference: str
    source: JobSource
    account_ids: Sequence[AccountId] | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A submission as far as it was taken in. ``public_id`` names it outside; ``lines`` is what a resumed one skips."""

    id: JobId
    public_id: str
    seller_id: SellerId
    reference: str
    source: JobSource
    state: JobState
    problem: Problem | None
    account_ids: tuple[AccountId, ...] | None
    lines: int
    created: int
    updated: int
    unchanged: int
    refused: int
    request_id: str | None
    created_at: datetime
    received_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    """One line of a job, counted from 1, and what became of it."""

    line: int
    sku: str | None
    product_id: ProductId | None
    outcome: LineOutcome
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobListings:
    """The listings of a job's products by state. ``moving`` are those that go on by themselves, now or later."""

    states: Mapping[ListingState, int]
    moving: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobListing:
    """How one product of a job fares on one account."""

    id: ListingId
    sku: Sku
    account: str
    channel: ChannelKind
    state: ListingState
    is_moving: bool
    permalink: str | None
    problems: tuple[Problem, ...]
    attempts: int


class JobRepository:
    """Reads and writes jobs. Lines are only ever added together with the products they brought."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def open(self, wanted: NewJob) -> Job:
        """Return the seller's job of that reference, made where there is none, and hold it until the transaction ends."""
        values = {
            "public_id": uuid.uuid4().hex,
            "seller_id": wanted.seller_id,
            "reference": wanted.reference,
            "source": wanted.source.value,
            "account_ids": None if wanted.account_ids is None else list(wanted.account_ids),
            "request_id": wanted.request_id,
        }
        self._connection.execute(insert(_JOB).values(**values).on_conflict_do_nothing())
        row = self._connection.execute(
            sa.select(_JOB)
            .where(_JOB.c.seller_id == wanted.seller_id, _JOB.c.reference == wanted.reference)
            .with_for_update()
        ).one()
        return _job(row)

    def lock(self, job_id: JobId) -> Job:
        """Hold a job until the transaction ends."""
        return _job(
            self._connection.execute(sa.select(_JOB).where(_JOB.c.id == job_id).with_for_update()).one()
        )

    def find(self, seller_id: SellerId, public_id: str) -> Job | None:
        """Return a seller's job, or None."""
        row = self._connection.execute(
            sa.select(_JOB).where(_JOB.c.seller_id == seller_id, _JOB.c.public_id == public_id)
        ).one_or_none()
        return None if row is None else _job(row)

    def page(self, seller_id: SellerId, *, after: JobId, limit: int) -> Sequence[Job]:
        """Return the seller's jobs, the newest first; ``after`` is the last of the page before, 0 for the first."""
        wanted = sa.select(_JOB).where(_JOB.c.seller_id == seller_id)
        if after:
            wanted = wanted.where(_JOB.c.id < after)
        found = self._connection.execute(wanted.order_by(_JOB.c.id.desc()).limit(limit))
        return [_job(row) for row in found]

    def stored_before(self, job: Job, skus: Iterable[str]) -> Mapping[str, int]:
        """Return which of the product codes an earlier line of the job stored, with that line."""
        if not job.lines:
            return {}
        found = self._connection.execute(
            sa.select(_PRODUCT.c.sku, sa.func.min(_LINE.c.line))
            .join(_LINE, _LINE.c.product_id == _PRODUCT.c.id)
            .where(
                _PRODUCT.c.seller_id == job.seller_id,
                among(_PRODUCT.c.sku, skus),
                _LINE.c.job_id == job.id,
            )
            .group_by(_PRODUCT.c.sku)
        )
        return {row[0]: row[1] for row in found}

    def add_lines(self, job: Job, lines: Sequence[LineReport]) -> Job:
        """Write down what became of further lines; return the job with them counted."""
        written = [
            {
                "job_id": job.id,
                "line": one.line,
                "sku": one.sku,
                "product_id": one.product_id,
                "outcome": one.outcome.value,
                "problems": [problem.model_dump() for problem in one.problems],
            }
            for one in lines
        ]
        if not written:
            return job
        self._connection.execute(_INSERT_LINES, rows(written))
        counts = {
            outcome.value: getattr(job, outcome.value) + sum(one.outcome is outcome for one in lines)
            for outcome in LineOutcome
        }
        counts["lines"] = job.lines + len(lines)
        self._connection.execute(sa.update(_JOB).where(_JOB.c.id == job.id).values(**counts))
        return replace(job, **counts)

    def end(self, job: Job, state: JobState, *, now: datetime, problem: Problem | None = None) -> Job:
        """Say that nothing more is taken, and why not where that is a problem."""
        written = None if problem is None else problem.model_dump()
        self._connection.execute(
            sa.update(_JOB)
            .where(_JOB.c.id == job.id)
            .values(state=state.value, received_at=now, problem=written)
        )
        return replace(job, state=state, received_at=now, problem=problem)

    def lines(self, job: Job, *, after: int, limit: int, only_refused: bool) -> Sequence[LineReport]:
        """Return lines of a job in their order, those after ``after``."""
        wanted = sa.select(_LINE).where(_LINE.c.job_id == job.id, _LINE.c.line > after)
        if only_refused:
            wanted = wanted.where(_LINE.c.outcome == LineOutcome.REFUSED.value)
        found = self._connection.execute(wanted.order_by(_LINE.c.line).limit(limit))
        return [_line(row) for row in found]

    def listings(self, job: Job) -> JobListings:
        """Count the listings of the job's products."""
        found = self._connection.execute(
            sa.select(
                _LISTING.c.state,
                sa.func.count().label("all"),
                sa.func.count().filter(_is_moving()).label("moving"),
            )
            .where(_LISTING.c.product_id.in_(_products_of(job)))
            .group_by(_LISTING.c.state)
        ).all()
        return JobListings(
            states={ListingState(row.state): row.all for row in found},
            moving=sum(row.moving for row in found),
        )

    def listing_page(self, job: Job, *, after: ListingId, limit: int) -> Sequence[JobListing]:
        """Return listings of the job's products by id, those after ``after``."""
        found = self._connection.execute(
            sa.select(
                _LISTING.c.id,
                _PRODUCT.c.sku,
                _ACCOUNT.c.name,
                _ACCOUNT.c.kind,
                _LISTING.c.state,
                _is_moving().label("is_moving"),
                _LISTING.c.permalink,
                _LISTING.c.problems,
                _LISTING.c.attempts,
            )
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .join(_ACCOUNT, _ACCOUNT.c.id == _LISTING.c.account_id)
            .where(_LISTING.c.product_id.in_(_products_of(job)), _LISTING.c.id > after)
            .order_by(_LISTING.c.id)
            .limit(limit)
        )
        return [_listing(row) for row in found]


def _is_moving() -> sa.ColumnElement[bool]:
    return sa.or_(_LISTING.c.due_at.is_not(None), _LISTING.c.lease_token.is_not(None))


def _products_of(job: Job) -> sa.ScalarSelect[Any]:
    return (
        sa.select(_LINE.c.product_id)
        .where(_LINE.c.job_id == job.id, _LINE.c.product_id.is_not(None))
        .scalar_subquery()
    )


def _job(row: sa.Row[Any]) -> Job:
    return Job(
        id=JobId(row.id),
        public_id=row.public_id,
        seller_id=SellerId(row.seller_id),
        reference=row.reference,
        source=JobSource(row.source),
        state=JobState(row.state),
        problem=None if row.problem is None else Problem.model_validate(row.problem),
        account_ids=None if row.account_ids is None else tuple(map(AccountId, row.account_ids)),
        lines=row.lines,
        created=row.created,
        updated=row.updated,
        unchanged=row.unchanged,
        refused=row.refused,
        request_id=row.request_id,
        created_at=row.created_at,
        received_at=row.received_at,
    )


def _line(row: sa.Row[Any]) -> LineReport:
    return LineReport(
        line=row.line,
        sku=row.sku,
        product_id=None if row.product_id is None else ProductId(row.product_id),
        outcome=LineOutcome(row.outcome),
        problems=tuple(Problem.model_validate(one) for one in row.problems),
    )


def _listing(row: sa.Row[Any]) -> JobListing:
    return JobListing(
        id=ListingId(row.id),
        sku=Sku(row.sku),
        account=row.name,
        channel=ChannelKind(row.kind),
        state=ListingState(row.state),
        is_moving=row.is_moving,
        permalink=row.permalink,
        problems=tuple(Problem.model_validate(one) for one in row.problems),
        attempts=row.attempts,
    )
