"""What can go wrong with a call: the API said no, it was not reached, or a job is not done yet."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.problem import Problem
from syndicator.client.models import Job

_MAY_PASS: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_STILL_RUNNING: Final = "idempotency_key_running"


class ClientError(Exception):
    """Root of all that this client raises."""

    may_pass: bool = False
    """Whether the same call may succeed a little later."""
    retry_after_s: float | None = None
    """How long the API asked to wait; None where it did not."""


class NotReached(ClientError):
    """No answer came. A read changed nothing; a write may have been done, and is not done again under its key."""

    may_pass = True


class ApiProblem(ClientError):
    """The API refused a call.

    Attributes:
        status: The HTTP status.
        code: Stable machine name of what is wrong.
        path: Which field it is about; "" for the whole.
        th: What to do, in Thai.
        en: The same in English.
        problems: Everything that is wrong; the first one is told in ``code``, ``path``, ``th`` and ``en``.
        request_id: Names the call in the logs of the API; tell it to the operator.
    """

    def __init__(
        self,
        status: int,
        problems: Sequence[Problem],
        *,
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        first = problems[0]
        super().__init__(f"{status} {first.code}: {first}")
        self.status = status
        self.problems = tuple(problems)
        self.code, self.path, self.th, self.en = first.code, first.path, first.th, first.en
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.may_pass = status in _MAY_PASS or first.code == _STILL_RUNNING

    @classmethod
    def of(cls, answer: httpx.Response) -> "ApiProblem":
        """Read the refusal out of an answer; one that is none of the API's (a proxy's page) is told by its status."""
        try:
            problems = _Document.model_validate_json(answer.content).problems
        except ValidationError:
            problems = ()
        return cls(
            answer.status_code,
            problems or (_unexplained(answer.status_code),),
            request_id=answer.headers.get("x-request-id", ""),
            retry_after_s=_seconds(answer.headers.get("retry-after")),
        )


class StillWorking(ClientError, TimeoutError):
    """A job was not done in the time given. It goes on by itself; ``wait`` again or look at it later."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"job {job.id} is not done yet")
        self.job = job


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)

    problems: tuple[Problem, ...]


def _unexplained(status: int) -> Problem:
    return Problem(
        path="",
        code=f"http_{status}",
        th=f"เซิร์ฟเวอร์ตอบ HTTP {status} โดยไม่บอกสาเหตุ ตรวจที่อยู่ของ API และพร็อกซีระหว่างทาง",
        en=f"the server answered HTTP {status} without saying why; check the address of the API and proxies on the way",
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None
