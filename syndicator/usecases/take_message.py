"""Take in what another system sent over the broker: one document with products of one seller, as one job."""

from collections.abc import Sequence
from typing import Final

import structlog
from pydantic import ValidationError

from schemas.channel import Lane
from schemas.ids import SellerId
from schemas.problem import Problem, summarize
from schemas.submission import VERSION, ListingSubmit
from syndicator.domain.access import Reach, Role
from syndicator.domain.invalid import invalid
from syndicator.store.jobs import Job, JobSource, JobState
from syndicator.usecases.intake_tools import IntakeTools
from syndicator.usecases.submit_job import (
    Announcement,
    JobMoved,
    LinesRefused,
    close_job,
    open_job,
    take_lines,
)
from syndicator.usecases.submit_products import BULK_FROM

log = structlog.get_logger()

SUBMIT: Final = "listing.submit"
"""Actor that takes a document in."""
SUBMIT_QUEUE: Final = "submit"
_NAMED: Final = "message:"
"""Begins the reference of a message's job, so that it is never taken for one of another door."""
MOST_PROBLEMS: Final = 20
"""Problems told of one document; whoever mends twenty sends it again and hears of the rest."""


class MessageRefused(Exception):
    """A document as a whole is not taken; nothing of it was stored."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(summarize(problems))
        self.problems = tuple(problems)


def take_message(document: object, *, request_id: str | None, tools: IntakeTools) -> Job:
    """Take a document in; one that was taken before changes nothing, one that was cut off goes on where it stopped.

    Args:
        document: What the message carries.
        request_id: Names the message in the logs of everything that follows.
        tools: The ports.

    Raises:
        MessageRefused: It is none of ours, or names a seller or an account that is none.
        StorageError: The media store failed; what was taken before is stored, and the message can be taken again.
    """
    wanted = read_message(document)
    announced = Announcement(
        seller_id=_seller_id(wanted.seller, tools),
        reference=f"{_NAMED}{wanted.reference}",
        source=JobSource.MESSAGE,
        account_names=wanted.accounts,
        request_id=request_id,
    )
    try:
        job = open_job(announced, tools=tools)
    except LinesRefused as exc:
        raise MessageRefused(exc.problems) from exc
    if job.state is not JobState.RECEIVING:
        log.info("message.taken_before", job=job.public_id)
        return job
    lane = Lane.BULK if len(wanted.products) > BULK_FROM else Lane.CONTENT
    try:
        for taken in take_lines(job, wanted.products, tools=tools, lane=lane):
            job = taken.job
    except JobMoved:
        # The same message came twice at once; whoever was quicker does it.
        log.info("message.taken_elsewhere", job=job.public_id)
        return job
    return close_job(job, tools=tools)


def read_message(document: object) -> ListingSubmit:
    """Read a document.

    Raises:
        MessageRefused: It is none of ours, or one of a version that is not known; the problems say what to mend.
    """
    if not isinstance(document, dict):
        raise MessageRefused([_no_object()])
    version = document.get("schema_version")
    if isinstance(version, int) and version != VERSION:
        raise MessageRefused([_unknown_version(version)])
    try:
        return ListingSubmit.model_validate(document)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]
        raise MessageRefused([invalid(error) for error in errors]) from exc


def sent_reference(job: Job) -> str | None:
    """Return the name that the sender of a message gave it; None for a job that came through another door."""
    return job.reference.removeprefix(_NAMED) if job.source is JobSource.MESSAGE else None


def _seller_id(code: str, tools: IntakeTools) -> SellerId:
    with tools.database.begin() as uow:
        found = uow.sellers.find(code, Reach(role=Role.ADMIN))
    if found is None:
        raise MessageRefused([_unknown_seller(code)])
    return found.id


def _no_object() -> Problem:
    return Problem(
        path="",
        code="message_no_object",
        th="ข้อความต้องมีเอกสาร JSON หนึ่งชุด แบบ docs/messages.md",
        en="the message does not carry a JSON object; see docs/messages.md",
    )


def _unknown_version(version: int) -> Problem:
    return Problem(
        path="schema_version",
        code="message_version_unknown",
        th=f"ไม่รู้จักเอกสารรุ่น {version} ระบบนี้รับรุ่น {VERSION}",
        en=f"version {version} of the document is not known; this release takes version {VERSION}",
    )


def _unknown_seller(code: str) -> Problem:
    return Problem(
        path="seller",
        code="seller_not_found",
        th=f"ไม่มีผู้ขายรหัส {code} ผู้ดูแลต้องเพิ่มผู้ขายก่อน แล้วส่งข้อความใหม่",
        en=f"there is no seller {code}; an admin makes the seller first, then the message is sent again",
    )
