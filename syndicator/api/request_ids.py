"""An id for every request: in its answer, in every log line about it, and in all that follows from it."""

import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any, Final, Protocol

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

HEADER: Final = "X-Request-Id"
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")


def request_id_of(scope: MutableMapping[str, Any]) -> str:
    """Return the id of a request."""
    return str(scope.get("state", {}).get("request_id", ""))


class Answered(Protocol):
    """Hears of every request how it ended."""

    def __call__(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Note one request."""


class RequestIds:
    """Takes the caller's id of a request where it is a sound one, makes one where it is not, and tells how it ended."""

    def __init__(self, app: ASGIApp, *, answered: Answered) -> None:
        self._app = app
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], (HEADER.lower().encode(), request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(correlation_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                seconds = time.perf_counter() - began
                # The address may hold a token; the route as it is written does not.
                route = getattr(scope.get("route"), "path", "")
                self._answered(route=route, method=scope["method"], status=status, seconds=seconds)
                log.info(
                    "request.done",
                    method=scope["method"],
                    route=route,
                    status=status,
                    ms=round(seconds * 1000, 1),
                )


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == HEADER.lower().encode()), b"")
    return given.decode() if _GIVEN.fullmatch(given) else uuid.uuid4().hex
