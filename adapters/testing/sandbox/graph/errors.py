"""Graph's error envelope. Shape: meta.md §4.1."""

import hashlib
from typing import Any

from adapters.testing.sandbox.exchange import Answer, Refused


def graph_answer(
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    status: int = 400,
    kind: str = "OAuthException",
    user_msg: str | None = None,
) -> Answer:
    """Build the answer that carries an error. Graph answers 400 even when it throttles (meta.md §4.1)."""
    error: dict[str, Any] = {
        "message": f"(#{code}) {message}",
        "type": kind,
        "code": code,
        "is_transient": False,
        "fbtrace_id": "A" + hashlib.sha256(f"{code}{subcode}{message}".encode()).hexdigest()[:22],
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    if user_msg is not None:
        error["error_user_title"] = message
        error["error_user_msg"] = user_msg
    shown = str(code) if subcode is None else f"{code}/{subcode}"
    return Answer(status, {"error": error}, error=shown)


def refusal(
    code: int, message: str, *, subcode: int | None = None, status: int = 400, user_msg: str | None = None
) -> Refused:
    """Build the exception that refuses a call with a Graph error."""
    return Refused(graph_answer(code, message, subcode=subcode, status=status, user_msg=user_msg))


def bad_parameter(message: str) -> Refused:
    """Refuse a parameter: code 100."""
    return refusal(100, message)


def missing_object(node: str) -> Refused:
    """Refuse an id that is unknown, foreign or cannot do this: 100/33."""
    message = f"Unsupported request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions, or does not support this operation"
    return Refused(graph_answer(100, message, subcode=33, kind="GraphMethodException"))
