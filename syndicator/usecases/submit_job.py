"""A submission of another system as a job: opened under a name, taken line by line, gone on with where it was cut off.

A line is one product. Its outcome is written in the transaction that stores the product, so a job that was cut off goes on
behind its last counted line, whatever happened in between.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from schemas.channel import Lane
from schemas.ids import AccountId, SellerId, Sha256, Sku
from schemas.problem import Problem
from syndicator.intake.documents import read_document
from syndicator.intake.result import IntakeProduct
from syndicator.store.engine import UnitOfWork
from syndicator.store.jobs import Job, JobSource, JobState, LineOutcome, LineReport, NewJob
from syndicator.store.products import StoredProduct
from syndicator.usecases.intake_tools import IntakeTools
from syndicator.usecases.job_pictures import settle_pictures
from syndicator.usecases.submit_products import CHUNK, Submission, SubmitResult, Terms, submit_chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of a job as it was read. ``submission`` is None where there are problems."""

    sku: str | None
    submission: Submission | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of some lines, with the job as it stands after them."""

    job: Job
    lines: Sequence[LineReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the sender of one product believes is stored: this version; or nothing, or something."""

    version: int | None = None
    exists: bool | None = None

    def holds(self, stored: StoredProduct | None) -> bool:
        """Say whether it is so."""
        if self.exists is not None and self.exists is not (stored is not None):
            return False
        return self.version is None or (stored is not None and stored.version == self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTaken:
    """A submission of one product that was taken."""

    job: Job
    outcome: LineOutcome
    stored: StoredProduct


class LinesRefused(Exception):
    """Nothing was taken; ``problems`` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class VersionDiffers(Exception):
    """The product is not stored as its sender believes; nothing was taken."""


class JobMoved(Exception):
    """Somebody else took lines of the job meanwhile, or ended it; nothing of this chunk was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A submission as its sender announces it.

    Attributes:
        seller_id: Whose products it holds.
        reference: Names it; the same name again is the same job, and goes on where it stopped.
        source: The door it comes through.
        account_names: Accounts, or kinds of channel, that new products are listed on; None means all of the seller's.
        request_id: The request or message that brings it.
    """

    seller_id: SellerId
    reference: str
    source: JobSource
    account_names: Sequence[str] | None = None
    request_id: str | None = None


def line_of(document: Mapping[str, Any]) -> Line:
    """Read a product document, in the form of ``syndicator.intake.documents``."""
    read = read_document(document)
    submission = None if read.product is None else Submission(product=read.product, stock=read.stock)
    return Line(sku=read.sku, submission=submission, problems=read.problems)


def line_of_rows(item: IntakeProduct) -> Line:
    """Return the line of a product read from rows of a file."""
    return Line(sku=item.product.sku, submission=Submission(product=item.product, stock=item.stock))


def open_job(announced: Announcement, *, tools: IntakeTools) -> Job:
    """Return the job of that name, made where there is none.

    Raises:
        LinesRefused: An account that it names is none of the seller's.
    """
    with tools.database.begin() as uow:
        return _open(uow, announced)


def take_lines(
    job: Job, lines: Iterable[Line | Mapping[str, Any]], *, tools: IntakeTools, lane: Lane = Lane.CONTENT
) -> Iterator[Taken]:
    """Take lines in, chunk by chunk; those that the job took before are skipped. Yield after each committed chunk.

    Args:
        job: As ``open_job`` returned it.
        lines: All lines of the submission from its first on, read or as documents. They may come as slowly as they like.
        tools: The ports.
        lane: Where what they make due stands in line.

    Raises:
        JobMoved: The same job is taken in by somebody else, too.
        StorageError: The media store failed; what was yielded before is stored.
    """
    rest = islice(lines, job.lines, None)
    while chunk := [one if isinstance(one, Line) else line_of(one) for one in islice(rest, CHUNK)]:
        taken = take_chunk(job, chunk, tools=tools, lane=lane)
        job = taken.job
        yield taken


def take_chunk(job: Job, lines: Sequence[Line], *, tools: IntakeTools, lane: Lane = Lane.CONTENT) -> Taken:
    """Take the next lines of a job in one transaction; errors as ``take_lines``."""
    settled = settle_pictures(job.seller_id, [line.submission for line in lines], tools)
    chunk = _Chunk.of(lines, settled.submissions, settled.problems)
    with tools.database.begin() as uow:
        uow.accounts.lock_seller(job.seller_id)
        current = uow.jobs.lock(job.id)
        if current.lines != job.lines or current.state is not JobState.RECEIVING:
            raise JobMoved
        reports, _ = chunk.submit(uow, current, settled.sizes, lane, tools)
        return Taken(job=uow.jobs.add_lines(current, reports), lines=reports)


def close_job(job: Job, *, tools: IntakeTools, problem: Problem | None = None) -> Job:
    """Say that the last line was taken; ``problem`` says why lines that came after it were not."""
    return _end(job, JobState.RECEIVED, tools, problem)


def fail_job(job: Job, problem: Problem, *, tools: IntakeTools) -> Job:
    """Say that the submission as a whole cannot be taken, and why."""
    return _end(job, JobState.FAILED, tools, problem)


def submit_one(
    announced: Announcement, line: Line, *, tools: IntakeTools, expected: Expected | None = None
) -> OneTaken:
    """Take a job of one product in one transaction.

    Raises:
        LinesRefused: The product is refused; nothing was stored, and there is no job.
        VersionDiffers: It is not stored as ``expected``; likewise.
        StorageError: The media store failed; likewise.
    """
    if line.submission is None:
        raise LinesRefused(line.problems)
    settled = settle_pictures(announced.seller_id, [line.submission], tools)
    chunk = _Chunk.of([line], settled.submissions, settled.problems)
    sku = line.submission.product.sku
    with tools.database.begin() as uow:
        uow.accounts.lock_seller(announced.seller_id)
        job = _open(uow, announced)
        if job.lines:
            # The same write once more, whose answer was lost: it is not done again.
            (report,) = uow.jobs.lines(job, after=0, limit=1, only_refused=False)
        else:
            stored = uow.products.by_sku(announced.seller_id, [sku]).get(sku)
            if expected is not None and not expected.holds(stored):
                raise VersionDiffers
            (report,), _ = chunk.submit(uow, job, settled.sizes, Lane.CONTENT, tools)
            if report.problems:
                raise LinesRefused(report.problems)
            job = uow.jobs.add_lines(job, [report])
            job = uow.jobs.end(job, JobState.RECEIVED, now=tools.clock.now())
        stored = uow.products.by_sku(announced.seller_id, [sku]).get(sku)
        if stored is None:
            raise RuntimeError("a product that was just stored is not found")
    return OneTaken(job=job, outcome=report.outcome, stored=stored)


def _open(uow: UnitOfWork, announced: Announcement) -> Job:
    return uow.jobs.open(
        NewJob(
            seller_id=announced.seller_id,
            reference=announced.reference,
            source=announced.source,
            account_ids=_account_ids(uow, announced.seller_id, announced.account_names),
            request_id=announced.request_id,
        )
    )


def _account_ids(
    uow: UnitOfWork, seller_id: SellerId, names: Sequence[str] | None
) -> Sequence[AccountId] | None:
    if names is None:
        return None
    accounts = [stored.account for stored in uow.accounts.of_seller(seller_id)]
    known = {word for account in accounts for word in (account.name, account.kind)}
    if unknown := [name for name in names if name not in known]:
        raise LinesRefused([_account_unknown(name) for name in unknown])
    return [account.id for account in accounts if {account.name, account.kind} & set(names)]


def _end(job: Job, state: JobState, tools: IntakeTools, problem: Problem | None) -> Job:
    with tools.database.begin() as uow:
        current = uow.jobs.lock(job.id)
        if current.state is not JobState.RECEIVING:
            return current
        return uow.jobs.end(current, state, now=tools.clock.now(), problem=problem)


@dataclass(slots=True, kw_only=True)
class _Chunk:
    """Some lines: those that can be stored, and why the others cannot, by their place."""

    lines: Sequence[Line]
    submissions: dict[int, Submission] = field(default_factory=dict)
    problems: dict[int, tuple[Problem, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        lines: Sequence[Line],
        submissions: Sequence[Submission | None],
        problems: Mapping[int, Sequence[Problem]],
    ) -> "_Chunk":
        chunk = cls(lines=lines)
        for at, (line, submission) in enumerate(zip(lines, submissions, strict=True)):
            if wrong := (*line.problems, *problems.get(at, ())):
                chunk.problems[at] = wrong
            elif submission is not None:
                chunk.submissions[at] = submission
        return chunk

    def submit(
        self, uow: UnitOfWork, job: Job, sizes: Mapping[Sha256, int], lane: Lane, tools: IntakeTools
    ) -> tuple[Sequence[LineReport], SubmitResult]:
        self._refuse_twins(uow, job)
        terms = Terms(
            seller_id=job.seller_id,
            reference=job.reference,
            account_ids=job.account_ids,
            lane=lane,
            request_id=job.request_id,
        )
        result = SubmitResult()
        if self.submissions:
            result = submit_chunk(
                uow,
                terms,
                list(self.submissions.values()),
                sizes,
                adapters=tools.adapters,
                now=tools.clock.now(),
            )
        outcomes = dict.fromkeys(result.created, LineOutcome.CREATED)
        outcomes |= dict.fromkeys(result.updated, LineOutcome.UPDATED)
        outcomes |= dict.fromkeys(result.unchanged, LineOutcome.UNCHANGED)
        return [
            self._report(at, job.lines + at + 1, result, outcomes) for at in range(len(self.lines))
        ], result

    def _refuse_twins(self, uow: UnitOfWork, job: Job) -> None:
        """A code stands once in a submission: of two lines about one product nobody knows which one is meant."""
        codes = {at: one.product.sku for at, one in self.submissions.items()}
        first = dict(uow.jobs.stored_before(job, codes.values()))
        for at, sku in codes.items():
            line = job.lines + at + 1
            if first.setdefault(sku, line) != line:
                del self.submissions[at]
                self.problems[at] = (_twin(sku, first[sku]),)

    def _report(
        self, at: int, number: int, result: SubmitResult, outcomes: Mapping[Sku, LineOutcome]
    ) -> LineReport:
        submission = self.submissions.get(at)
        sku = self.lines[at].sku if submission is None else submission.product.sku
        problems = self.problems.get(at) or ()
        if submission is not None:
            problems = (result.refused or {}).get(submission.product.sku, ())
        if problems or submission is None:
            return LineReport(
                line=number, sku=sku, product_id=None, outcome=LineOutcome.REFUSED, problems=problems
            )
        code = submission.product.sku
        return LineReport(line=number, sku=sku, product_id=result.ids[code], outcome=outcomes[code])


def _twin(sku: str, first: int) -> Problem:
    return Problem(
        path="sku",
        code="sku_sent_before",
        th=f"รหัสสินค้า {sku} อยู่ในบรรทัด {first} ของชุดนี้แล้ว จึงไม่รับบรรทัดนี้ ส่งเป็นชุดใหม่หากต้องการแก้ไข",
        en=f"{sku} stands on line {first} of the same submission already; send a change in a new one",
    )


def _account_unknown(name: str) -> Problem:
    return Problem(
        path="accounts",
        code="account_unknown",
        th=f"ผู้ขายรายนี้ไม่มีบัญชีช่องทางขายชื่อ {name}",
        en=f"this seller has no channel account {name}",
    )
