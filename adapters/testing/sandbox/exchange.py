"""One request and its answer, free of any channel's dialect."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Receive, Scope

if TYPE_CHECKING:
    from adapters.testing.sandbox.sandbox import Sandbox

JSON: Final = "application/json; charset=UTF-8"
_CHUNK_LIMIT: Final = 40 * 1024 * 1024
"""Bytes of a request body that are read; Graph itself stops at 28 MB (catalog batches)."""
_ESCAPES: Final = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")


@dataclass(slots=True)
class Answer:
    """What the sandbox answers.

    Attributes:
        body: JSON-able, None for an empty body, bytes for something that is not JSON.
        error: The vendor's own code when this is a refusal, for the journal.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    content_type: str = JSON

    def encoded(self) -> bytes:
        """Return the bytes of the body."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":")).encode()


class Refused(Exception):
    """The channel refuses the call; nothing was done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.error)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as read: ``path`` is what stands below ``mount``, the channel's root, without its query."""

    method: str
    mount: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    raw_body: bytes
    body: Any
    files: Mapping[str, bytes]
    origin: str
    """Address of the sandbox as the caller wrote it, for addresses the sandbox hands out."""

    def first(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)

    def every(self, name: str) -> list[str]:
        """Return all values of a repeated query parameter."""
        return [value for key, value in self.query if key == name]


@dataclass(slots=True)
class Call:
    """One call while it is served: who, what, and what became of it."""

    sandbox: "Sandbox"
    request: Incoming
    channel: str
    operation: str = "unknown"
    account: str = ""
    mutating: bool = False
    visible: bool = False
    """Whether it changed what a buyer sees; set by the handler."""
    params: dict[str, Any] = field(default_factory=dict)
    serve_part: Callable[[Incoming], Awaitable[Answer]] | None = None
    """Serves a call that is part of this one (a Graph batch)."""
    opens_by_access_token: bool = True
    """False where the call carries no access token, so that an expired one does not matter."""
    lookup_delay_s: float = 0.0
    """Extra seconds until what it creates can be found; set by a fault order."""

    @property
    def now(self) -> float:
        """Unix seconds by the sandbox's clock."""
        return self.sandbox.clock.now()

    @property
    def searchable_at(self) -> float:
        """When what this call creates appears in lists and look-ups."""
        return self.now + max(self.sandbox.options.read_lag_s, self.lookup_delay_s)


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of a channel."""

    operation: str
    handler: Handler


async def read_incoming(scope: Scope, receive: Receive) -> Incoming:
    """Read a whole request: query, body by its content type, uploaded files apart from fields."""
    request = Request(scope, receive)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    kind = headers.get("content-type", "")
    raw: bytes = b""
    body: Any = None
    files: dict[str, bytes] = {}
    if kind.startswith("multipart/form-data"):
        body, files = await _read_multipart(request)
    elif scope["method"] not in {"GET", "HEAD"}:
        raw = (await request.body())[:_CHUNK_LIMIT]
        body = read_body(raw, kind)
    root = scope.get("root_path", "")
    path = scope["path"]
    query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Incoming(
        method=scope["method"],
        mount=root,
        path=path.removeprefix(root),
        query=query,
        headers=headers,
        raw_body=raw,
        body=body,
        files=files,
        origin=f"{scope.get('scheme', 'http')}://{headers.get('host', '127.0.0.1')}",
    )


def read_body(raw: bytes, content_type: str) -> Any:
    """Read a form or JSON body; None when there is none or it cannot be read."""
    if not raw:
        return None
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(_form_pairs(raw))
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _form_pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    """Read a form; Thai text is long runs of escapes, which urllib decodes one by one and this a run at a time."""
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name:
            yield _form_text(name), _form_text(value)


def _form_text(raw: bytes) -> str:
    plain = _ESCAPES.sub(
        lambda run: bytes.fromhex(run[0].replace(b"%", b"").decode()), raw.replace(b"+", b" ")
    )
    return plain.decode("utf-8", "replace")


async def _read_multipart(request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    async with request.form(max_part_size=_CHUNK_LIMIT) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = await value.read()
            else:
                fields[name] = value
    return fields, files
