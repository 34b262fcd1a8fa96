"""MyShop's error envelope. Source: line.md §1.3."""

import time
from typing import Any, Final

from adapters.testing.sandbox.exchange import Answer, Refused

_STATUS: Final = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "DATA_CONFLICT": 409,
    "INTERNAL_ERROR": 500,
}


def line_answer(
    code: str, message: str, info: dict[str, Any] | None = None, status: int | None = None
) -> Answer:
    """Build the answer that carries an error."""
    body: dict[str, Any] = {"code": code, "message": message, "timestamp": int(time.time() * 1000)}
    if info:
        body["info"] = info
    return Answer(status or _STATUS.get(code, 400), body, error=code)


def bad_request(message: str, **info: Any) -> Refused:
    """Refuse content: 400."""
    return Refused(line_answer("BAD_REQUEST", message, info))


def not_found(what: str) -> Refused:
    """Refuse an unknown id: 404."""
    return Refused(line_answer("NOT_FOUND", f"{what} not found"))
