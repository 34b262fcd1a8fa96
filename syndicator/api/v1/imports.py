"""Many products in one request, taken in while they come; a stream that was cut off goes on where it stopped."""

import tempfile
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final, NoReturn

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from schemas.problem import Problem
from syndicator.api import sentences
from syndicator.api.lines import lines_of
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, RequestId, RequiredReference, SellerPart
from syndicator.api.v1.jobs import Job, job_shown
from syndicator.api.v1.routes import JOB_HEADER, REPLAYED, api_router
from syndicator.bootstrap import App
from syndicator.intake.errors import IntakeError
from syndicator.store.jobs import Job as StoredJob
from syndicator.store.jobs import JobSource, JobState
from syndicator.usecases.intake_tools import IntakeTools
from syndicator.usecases.submit_job import (
    Announcement,
    JobMoved,
    LinesRefused,
    close_job,
    fail_job,
    open_job,
)
from syndicator.usecases.submit_products import CHUNK
from syndicator.usecases.take_stream import (
    MOST_LINE_BYTES,
    JsonLines,
    TooManyLines,
    take_file,
    too_many_lines,
)

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
MOST_BYTES: Final = 1024 * 1024 * 1024
"""Longest stream: 100,000 products of ten kilobytes each."""
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "One product document a line, or the rows of a product file (those of a group together).",
        "content": {kind: {"schema": {"type": "string"}} for kind in (NDJSON, CSV)},
    }
}
router = api_router("jobs", content_types=(NDJSON, CSV), most_bytes=MOST_BYTES, is_stream=True)


@router.post("/sellers/{seller}/imports", openapi_extra=_BODY)
async def import_products(
    request: Request,
    response: Response,
    app: AppPart,
    seller: SellerPart,
    reference: RequiredReference,
    request_id: RequestId,
    accounts: Annotated[
        list[str] | None, Query(max_length=200, description="Accounts that new products are listed on.")
    ] = None,
) -> Job:
    """Take up to 100,000 products in one request; what is not sound is a line of the job with its problems.

    The ``Idempotency-Key`` names the job: the same stream sent again under it skips what was taken and goes on.
    """
    announced = Announcement(
        seller_id=seller.id,
        reference=reference,
        source=JobSource.API,
        account_names=accounts,
        request_id=request_id,
    )
    tools = app.intake_tools
    try:
        job = await run_in_threadpool(open_job, announced, tools=tools)
        response.headers[JOB_HEADER] = job.public_id
        if job.state is JobState.RECEIVING:
            job = await _take(request, job, tools)
        else:
            response.headers[REPLAYED] = "true"
            await _read_to_the_end(request)
    except LinesRefused as exc:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, *exc.problems) from exc
    except JobMoved as exc:
        again = {"Retry-After": "1"}
        raise ApiError(HTTPStatus.CONFLICT, sentences.still_running(), headers=again) from exc
    except ClientDisconnect as exc:
        raise ApiError(HTTPStatus.BAD_REQUEST, _cut_off()) from exc
    return await run_in_threadpool(_shown, app, job)


async def _take(request: Request, job: StoredJob, tools: IntakeTools) -> StoredJob:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    take = _take_file if kind == CSV else _take_lines
    return await take(request, job, tools)


async def _take_lines(request: Request, job: StoredJob, tools: IntakeTools) -> StoredJob:
    taking = JsonLines(job, tools)
    try:
        async for lines in _chunks(lines_of(request.stream(), most_bytes=MOST_LINE_BYTES)):
            await run_in_threadpool(taking.take, lines)
    except TooManyLines:
        wrong = too_many_lines(tools.limits.max_rows)
        await run_in_threadpool(close_job, taking.job, tools=tools, problem=wrong)
        _refuse(wrong, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, taking.job)
    return await run_in_threadpool(close_job, taking.job, tools=tools)


async def _take_file(request: Request, job: StoredJob, tools: IntakeTools) -> StoredJob:
    """Keep the file on the disk first: how its words are encoded is known only at its end."""
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / "products.csv"
        with path.open("wb") as file:
            async for piece in request.stream():
                await run_in_threadpool(file.write, piece)
        try:
            job = await run_in_threadpool(take_file, job, path, tools=tools)
        except IntakeError as exc:
            await run_in_threadpool(fail_job, job, exc.problem, tools=tools)
            _refuse(exc.problem, HTTPStatus.UNPROCESSABLE_ENTITY, job)
    return await run_in_threadpool(close_job, job, tools=tools)


async def _chunks(lines: AsyncIterator[bytes | None]) -> AsyncIterator[list[bytes | None]]:
    held: list[bytes | None] = []
    async for line in lines:
        held.append(line)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


async def _read_to_the_end(request: Request) -> None:
    """Let the caller finish: one whose stream is not read takes that for a broken connection."""
    async for _ in request.stream():
        pass


def _refuse(problem: Problem, status: HTTPStatus, job: StoredJob) -> NoReturn:
    raise ApiError(status, problem, headers={JOB_HEADER: job.public_id})


def _shown(app: App, job: StoredJob) -> Job:
    with app.database.begin() as uow:
        return job_shown(uow, job)


def _cut_off() -> Problem:
    return Problem(
        path="",
        code="body_cut_off",
        th="ข้อมูลขาดกลางทาง ส่วนที่รับแล้วเก็บไว้ ส่งชุดเดิมใหม่ด้วย Idempotency-Key เดิม ระบบจะทำต่อ",
        en="the stream was cut off; what was taken is kept, send it again under the same Idempotency-Key to go on",
    )
