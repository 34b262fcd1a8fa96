"""Errors as other systems read them: ``application/problem+json`` (RFC 9457) with a code, a path, Thai and English."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from adapters.errors import ChannelError, Rejected
from schemas.problem import Problem
from syndicator.api import sentences
from syndicator.api.request_ids import request_id_of
from syndicator.domain.invalid import invalid
from syndicator.media.storage import StorageError

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
MOST_PROBLEMS: Final = 100
"""Problems told of one request; whoever mends a hundred sends it again and hears of the rest."""
_DATABASE_AWAY_S: Final = 5


class ProblemDocument(BaseModel):
    """What every refusal looks like. ``code``, ``path``, ``th`` and ``en`` are those of the first problem."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str
    code: str
    path: str
    th: str
    en: str
    request_id: str
    problems: tuple[Problem, ...]


class ApiError(Exception):
    """A refusal of a request, with everything that is wrong with it."""

    def __init__(
        self, status: HTTPStatus, *problems: Problem, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.status = status
        self.problems: Sequence[Problem] = problems
        self.headers = dict(headers or {})


def add_problem_answers(api: FastAPI) -> None:
    """Answer every error of the application in this form."""
    for kind in (
        ApiError,
        HTTPException,
        RequestValidationError,
        ChannelError,
        DBAPIError,
        PoolTimeoutError,
        StorageError,
    ):
        api.add_exception_handler(kind, answer)
    api.add_exception_handler(Exception, _our_fault)


def answer(request: Request, exc: Exception) -> Response:
    """Answer an error that is known.

    Raises:
        Exception: The error itself, where nothing is known about it.
    """
    match exc:
        case ApiError():
            return document(request, exc.status, exc.problems, exc.headers)
        case RequestValidationError():
            problems = [invalid(error) for error in exc.errors()]
            return document(request, HTTPStatus.UNPROCESSABLE_ENTITY, problems)
        case HTTPException() | DataError():
            # A text with a zero character, say: no rule of ours names it, and no table holds it.
            code = exc.status_code if isinstance(exc, HTTPException) else HTTPStatus.UNPROCESSABLE_ENTITY
            headers = dict(exc.headers or {}) if isinstance(exc, HTTPException) else None
            return document(request, HTTPStatus(code), [sentences.of_status(HTTPStatus(code))], headers)
        case Rejected():
            return document(request, HTTPStatus.UNPROCESSABLE_ENTITY, exc.problems)
        case ChannelError():
            problem = exc.problem or sentences.channel_refused()
            return document(request, HTTPStatus.BAD_GATEWAY, [problem])
        case OperationalError() | PoolTimeoutError() | StorageError():
            log.warning("request.store_away", error=type(exc).__name__)
            return document(
                request,
                HTTPStatus.SERVICE_UNAVAILABLE,
                [sentences.of_status(HTTPStatus.SERVICE_UNAVAILABLE)],
                {"Retry-After": str(_DATABASE_AWAY_S)},
            )
    raise exc


def document(
    request: Request,
    status: HTTPStatus,
    problems: Sequence[Problem],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer that says what is wrong."""
    first = problems[0]
    body = ProblemDocument(
        type=f"urn:syndicator:problem:{first.code}",
        title=status.phrase,
        status=status.value,
        detail=first.en,
        code=first.code,
        path=first.path,
        th=first.th,
        en=first.en,
        request_id=request_id_of(request.scope),
        problems=tuple(problems[:MOST_PROBLEMS]),
    )
    return Response(
        body.model_dump_json(), status_code=status.value, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


async def _our_fault(request: Request, exc: Exception) -> Response:
    log.error("request.crashed", exc_info=exc, path=request.url.path)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return document(request, status, [sentences.of_status(status)])
