"""Graph batches: up to fifty calls in one request, each answered, journalled and faulted like a call of its own.

Source: meta.md §4.4, §7 (9).
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from adapters.testing.sandbox.exchange import Answer, Call, Incoming
from adapters.testing.sandbox.graph import params
from adapters.testing.sandbox.graph.errors import bad_parameter

MAX_CALLS: Final = 50
Serve = Callable[[Incoming], Awaitable[Answer]]


async def run(call: Call, serve: Serve) -> Answer:
    """Carry out the parts in order; ``serve`` answers one of them.

    Raises:
        Refused: No list, or more than fifty parts.
    """
    parts = params.items(call, "batch")
    if not parts or len(parts) > MAX_CALLS:
        raise bad_parameter(f"batch takes 1 to {MAX_CALLS} requests")
    answers = [await serve(_incoming(call, params.record(part, "batch"))) for part in parts]
    shows_headers = params.flag(call, "include_headers", default=True)
    return Answer(200, [_shown(answer, shows_headers=shows_headers) for answer in answers])


def _incoming(call: Call, part: dict[str, Any]) -> Incoming:
    outer = call.request
    address = urlsplit(str(part.get("relative_url", "")))
    body = dict(parse_qsl(str(part.get("body") or ""), keep_blank_values=True))
    attached = [name.strip() for name in str(part.get("attached_files") or "").split(",")]
    return Incoming(
        method=str(part.get("method", "GET")).upper(),
        mount=outer.mount,
        path="/" + address.path.lstrip("/"),
        query=(("access_token", call.params["_text"]), *parse_qsl(address.query, keep_blank_values=True)),
        headers={},
        raw_body=b"",
        body=body or None,
        files={name: outer.files[name] for name in attached if name in outer.files},
        origin=outer.origin,
    )


def _shown(answer: Answer, *, shows_headers: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": answer.status, "body": json.dumps(answer.body)}
    if shows_headers:
        shown["headers"] = [{"name": name, "value": value} for name, value in answer.headers.items()]
    return shown
