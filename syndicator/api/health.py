"""``/health/live`` and ``/health/ready``: does the process answer, and can the system do its work."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Generic, TypeVar

import redis
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from syndicator import __version__
from syndicator.api import health_sentences as sentences
from syndicator.api.problems import MEDIA_TYPE
from syndicator.bootstrap import App
from syndicator.store.health import DatabaseHealth, HealthReader
from syndicator.store.processes import ALIVE_WITHIN

log = structlog.get_logger()

ANSWER_WITHIN: Final = timedelta(seconds=2)
"""A server that takes longer does not answer, for all that depends on it."""
BELIEVED_FOR: Final = timedelta(seconds=1)
"""Probes within this time get the same answer, so that a storm of them costs nothing."""
_JOIN_WITHIN_S: Final = 2.5
_T = TypeVar("_T")


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """What it stands on did not answer."""


class Check(BaseModel):
    """One thing looked at. ``value`` and ``limit`` are seconds, where the check is about a time."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: State
    th: str
    en: str
    value: float | None = None
    limit: float | None = None


class Live(BaseModel):
    """The process answers."""

    status: str = "live"
    version: str = __version__


class Probe(Generic[_T]):
    """Asks one server in a thread of its own and waits for it no longer than it may take.

    A call that hangs is not begun a second time: however long a server is stuck, one thread waits for it.
    """

    def __init__(self, ask: Callable[[], _T], name: str) -> None:
        self._ask = ask
        self._name = name
        self._thread: threading.Thread | None = None
        self._answer: _T | None = None

    def start(self) -> None:
        """Begin to ask."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._answer = None
        self._thread = threading.Thread(target=self._run, name=f"health-{self._name}", daemon=True)
        self._thread.start()

    def answer(self, *, until: float) -> _T | None:
        """Return what it said; None where it did not."""
        if self._thread is not None:
            self._thread.join(max(0.0, until - time.monotonic()))
        return None if self._thread is None or self._thread.is_alive() else self._answer

    def _run(self) -> None:
        try:
            self._answer = self._ask()
        except Exception as exc:  # noqa: BLE001 - whatever it was, the server did not answer
            log.warning("health.no_answer", of=self._name, error=type(exc).__name__)


class Readiness:
    """Says whether the system can do its work. Safe for use from many threads."""

    def __init__(self, app: App, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._oldest_due = app.settings.api.oldest_due
        self._redis_url = app.redis_url
        self._steady = steady
        reader = HealthReader(app.database_url, within=ANSWER_WITHIN)
        self._database = Probe[DatabaseHealth](reader.read, "database")
        self._redis = Probe[bool](self._ping, "redis")
        self._lock = threading.Lock()
        self._checks: Sequence[Check] = ()
        self._believed_until = float("-inf")

    def checks(self) -> Sequence[Check]:
        """Return every check, made now or a moment ago."""
        with self._lock:
            if self._steady() >= self._believed_until:
                self._checks = self._look()
                self._believed_until = self._steady() + BELIEVED_FOR.total_seconds()
            return self._checks

    def _look(self) -> Sequence[Check]:
        until = time.monotonic() + _JOIN_WITHIN_S
        self._database.start()
        self._redis.start()
        found, is_redis_up = self._database.answer(until=until), self._redis.answer(until=until)
        return (
            _check("database", sentences.DATABASE, is_ok=found is not None),
            _check("redis", sentences.REDIS, is_ok=bool(is_redis_up)),
            _check("migrations", sentences.MIGRATIONS, is_ok=None if found is None else not found.is_behind),
            self._scheduler(found),
            self._due(found),
        )

    def _scheduler(self, found: DatabaseHealth | None) -> Check:
        limit = ALIVE_WITHIN.total_seconds()
        value = None if found is None or found.is_behind else found.scheduler_s
        is_ok = None if found is None or found.is_behind else value is not None and value <= limit
        return _check("scheduler", sentences.SCHEDULER, is_ok=is_ok, value=value, limit=limit)

    def _due(self, found: DatabaseHealth | None) -> Check:
        limit = self._oldest_due.total_seconds()
        value = None if found is None or found.is_behind else found.oldest_due_s or 0.0
        is_ok = None if value is None else value <= limit
        return _check("due_listings", sentences.DUE, is_ok=is_ok, value=value, limit=limit)

    def _ping(self) -> bool:
        seconds = ANSWER_WITHIN.total_seconds()
        with redis.Redis.from_url(
            self._redis_url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=None
        ) as client:
            return bool(client.ping())


def _check(
    name: str,
    said: sentences.Said,
    *,
    is_ok: bool | None,
    value: float | None = None,
    limit: float | None = None,
) -> Check:
    state = State.UNKNOWN if is_ok is None else State.OK if is_ok else State.FAILED
    th, en = sentences.UNKNOWN if is_ok is None else said.ok if is_ok else said.failed
    shown = None if value is None else round(value, 1)
    return Check(name=name, state=state, th=th, en=en, value=shown, limit=limit)


def add_health(api: FastAPI, app: App) -> None:
    """Add both addresses. They ask for no key and tell nothing but names and figures."""
    readiness = Readiness(app)

    def ready(request: Request) -> Response:
        """Say whether the system can do its work: 200, or 503 with what is wrong."""
        return ready_answer(readiness.checks(), request.state.request_id)

    api.add_api_route("/health/live", live, methods=["GET"], include_in_schema=False)
    api.add_api_route("/health/ready", ready, methods=["GET"], include_in_schema=False)


def live() -> Live:
    """Say that the process answers."""
    return Live()


class Ready(BaseModel):
    """Every check."""

    status: str = "ready"
    checks: tuple[Check, ...]


class NotReady(BaseModel):
    """A problem document (RFC 9457) with every check; ``th`` and ``en`` are those of the first that failed."""

    type: str = "urn:syndicator:problem:not_ready"
    title: str = HTTPStatus.SERVICE_UNAVAILABLE.phrase
    status: int = HTTPStatus.SERVICE_UNAVAILABLE.value
    detail: str
    code: str = "not_ready"
    path: str
    th: str
    en: str
    request_id: str
    checks: tuple[Check, ...]


def ready_answer(checks: Sequence[Check], request_id: str) -> Response:
    """Return the answer: not ready as soon as one check failed."""
    failed = [check for check in checks if check.state is State.FAILED]
    headers = {"Cache-Control": "no-store"}
    if not failed:
        body = Ready(checks=tuple(checks)).model_dump_json()
        return Response(body, media_type="application/json", headers=headers)
    first = failed[0]
    document = NotReady(
        detail=first.en,
        path=first.name,
        th=first.th,
        en=first.en,
        request_id=request_id,
        checks=tuple(checks),
    )
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return Response(document.model_dump_json(), status_code=status, media_type=MEDIA_TYPE, headers=headers)
