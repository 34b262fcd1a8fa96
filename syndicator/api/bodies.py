"""Bounds of what a caller may send, kept before more of it is read into memory."""

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.types import Message

from schemas.problem import Problem
from syndicator.api import sentences
from syndicator.api.problems import ApiError

JSON_BYTES: Final = 1024 * 1024
"""Longest body of an ordinary request; a product with a hundred variants takes some 60 kB."""
_CLOSE: Final = {"Connection": "close"}


def bounded(request: Request, most_bytes: int, *, silence: timedelta) -> Request:
    """Return the request with a body that is refused where it is longer than it may be, or does not come.

    Reading it raises ``ApiError``: 413 where it is too long, 408 where nothing came for ``silence``.
    """
    taken, is_whole = 0, False

    async def receive() -> Message:
        nonlocal taken, is_whole
        if is_whole:
            return await request.receive()
        if _announced(request) > most_bytes:
            raise _too_large(most_bytes)
        try:
            message = await asyncio.wait_for(request.receive(), silence.total_seconds())
        except TimeoutError as exc:
            problem = sentences.of_status(HTTPStatus.REQUEST_TIMEOUT)
            raise ApiError(HTTPStatus.REQUEST_TIMEOUT, problem, headers=_CLOSE) from exc
        is_whole = not message.get("more_body", False)
        taken += len(message.get("body", b""))
        if taken > most_bytes:
            raise _too_large(most_bytes)
        return message

    return Request(request.scope, receive)


def _too_large(most: int) -> ApiError:
    problem = Problem(
        path="",
        code="body_too_large",
        th=f"ข้อมูลที่ส่งมาใหญ่เกิน {most:,} ไบต์ กรุณาแบ่งส่ง",
        en=f"the body is longer than {most:,} bytes; send it in parts",
    )
    return ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem, headers=_CLOSE)


def _announced(request: Request) -> int:
    text = request.headers.get("content-length", "")
    return int(text) if text.isdecimal() and text.isascii() else 0
