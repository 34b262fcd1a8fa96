"""Jobs: one submission each, and what became of every product of it and of its listings."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel

from schemas.ids import JobId, ListingId, SellerId
from schemas.listing import ListingState
from schemas.problem import Problem
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, SellerPart
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.store.engine import UnitOfWork
from syndicator.store.jobs import Job as StoredJob
from syndicator.store.jobs import JobSource, JobState, LineOutcome
from syndicator.usecases.take_message import sent_reference

router = api_router("jobs")
JobName = Annotated[str, Path(alias="job", description="The job's id.", max_length=64)]


class Job(BaseModel):
    """One submission of products.

    ``state``: receiving while lines come in, received when the last one was taken, failed where the whole was refused; then
    ``problem`` says why. ``lines`` are the products taken so far, each counted once in created, updated, unchanged or refused.
    ``listings`` counts the listings of its products by state, as they are now. ``is_settled``: nothing of it moves by itself
    any more; every listing is live, stopped, or waits for a person. ``reference`` is the one in a message, null for others.
    """

    id: str
    source: JobSource
    reference: str | None
    state: JobState
    problem: Problem | None
    lines: int
    created: int
    updated: int
    unchanged: int
    refused: int
    listings: Mapping[ListingState, int]
    is_settled: bool
    request_id: str | None
    created_at: datetime
    received_at: datetime | None


class JobLine(BaseModel):
    """One product of a job, in the order they came, counted from 1."""

    line: int
    sku: str | None
    outcome: LineOutcome
    problems: tuple[Problem, ...]


class JobListing(BaseModel):
    """How one product of a job fares on one account. ``is_moving``: it goes on by itself, now or later."""

    id: int
    sku: str
    account: str
    channel: str
    state: ListingState
    is_moving: bool
    permalink: str | None
    problems: tuple[Problem, ...]
    attempts: int


@router.get("/sellers/{seller}/jobs")
def list_jobs(app: AppPart, seller: SellerPart, paging: PagingPart) -> Page[Job]:
    """List the seller's submissions, the newest first."""
    with app.database.begin() as uow:
        found = uow.jobs.page(seller.id, after=JobId(paging.after), limit=paging.asked)
        return paging.page([job_shown(uow, one) for one in found], [one.id for one in found])


@router.get("/sellers/{seller}/jobs/{job}")
def show_job(app: AppPart, seller: SellerPart, job: JobName) -> Job:
    """Show how far a submission is."""
    with app.database.begin() as uow:
        return job_shown(uow, _job(uow, seller.id, job))


@router.get("/sellers/{seller}/jobs/{job}/lines")
def list_lines(
    app: AppPart,
    seller: SellerPart,
    job: JobName,
    paging: PagingPart,
    only_refused: Annotated[bool, Query(description="Only what was not taken.")] = False,  # noqa: FBT002 - a query parameter
) -> Page[JobLine]:
    """List the products of a submission with what became of each."""
    with app.database.begin() as uow:
        found = uow.jobs.lines(
            _job(uow, seller.id, job), after=paging.after, limit=paging.asked, only_refused=only_refused
        )
    lines = [JobLine(line=one.line, sku=one.sku, outcome=one.outcome, problems=one.problems) for one in found]
    return paging.page(lines, [one.line for one in found])


@router.get("/sellers/{seller}/jobs/{job}/listings")
def list_job_listings(app: AppPart, seller: SellerPart, job: JobName, paging: PagingPart) -> Page[JobListing]:
    """List the listings of a submission's products."""
    with app.database.begin() as uow:
        found = uow.jobs.listing_page(
            _job(uow, seller.id, job), after=ListingId(paging.after), limit=paging.asked
        )
    listings = [
        JobListing(
            id=one.id,
            sku=one.sku,
            account=one.account,
            channel=one.channel,
            state=one.state,
            is_moving=one.is_moving,
            permalink=one.permalink,
            problems=one.problems,
            attempts=one.attempts,
        )
        for one in found
    ]
    return paging.page(listings, [one.id for one in found])


def job_shown(uow: UnitOfWork, job: StoredJob) -> Job:
    """Return a job as other systems read it."""
    listings = uow.jobs.listings(job)
    return Job(
        id=job.public_id,
        source=job.source,
        reference=sent_reference(job),
        state=job.state,
        problem=job.problem,
        lines=job.lines,
        created=job.created,
        updated=job.updated,
        unchanged=job.unchanged,
        refused=job.refused,
        listings=listings.states,
        is_settled=job.state is not JobState.RECEIVING and listings.moving == 0,
        request_id=job.request_id,
        created_at=job.created_at,
        received_at=job.received_at,
    )


def _job(uow: UnitOfWork, seller_id: SellerId, public_id: str) -> StoredJob:
    found = uow.jobs.find(seller_id, public_id)
    if found is None:
        raise ApiError(HTTPStatus.NOT_FOUND, _unknown())
    return found


def _unknown() -> Problem:
    return Problem(
        path="job",
        code="job_not_found",
        th="ไม่พบงานนี้ของผู้ขายรายนี้",
        en="this seller has no such job",
    )
