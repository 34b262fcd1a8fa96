"""The class of every route of the API: who calls, whose things it is about, and each write done once and noted."""

import hashlib
import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from sqlalchemy.exc import DataError
from starlette.concurrency import run_in_threadpool

from adapters.errors import ChannelError
from adapters.redaction import KNOWN
from schemas.ids import SellerId
from syndicator.api import problems, sentences
from syndicator.api.bodies import JSON_BYTES, bounded
from syndicator.api.problems import ApiError
from syndicator.api.request_ids import request_id_of
from syndicator.bootstrap import App
from syndicator.domain.access import ApiKeyText, Caller
from syndicator.store.sellers import SellerReport
from syndicator.store.writes import Answer, AuditEntry, Named, NameTaken, StillRunning

PREFIX: Final = "/v1"
KEY_SCHEME: Final = HTTPBearer(
    scheme_name="ApiKey", description="A key made with `syndicator api-keys create`.", auto_error=False
)
"""Described with every route; checked by ``ApiRoute`` before anything else of a request is read."""
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
JSON: Final = "application/json"
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,200}")
_KNOWN_ERRORS = (ApiError, HTTPException, RequestValidationError, ChannelError, DataError)
JOB_HEADER: Final = "Syndicator-Job"
"""Names the job of a write, by which its listings are followed."""
_KEPT_HEADERS = frozenset({"content-type", "etag", "location", JOB_HEADER.lower()})
"""Headers that belong to what was answered, and not to the request that asked."""
_NOT_KEPT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers that say nothing about the request itself; asked again, it is done."""
Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class ApiRoute(APIRoute):
    """A route that only a key opens.

    Before anything of a request is read: the key is checked, its pace, its right to write, and, where the address names a
    seller, whether it reaches them; a seller beyond reach is answered like one that does not exist. A write is noted before
    it is done and completed after; one that carries an ``Idempotency-Key`` is done once and then answered alike.
    """

    most_bytes: int = JSON_BYTES
    """Longest body."""
    content_types: tuple[str, ...] = (JSON,)
    """What a body may be, where there is one."""
    is_stream: bool = False
    """Its body is read piece by piece by the handler, which does each piece once by itself."""

    shown_once: tuple[str, ...] = ()
    """Fields of its JSON answers that are never kept: the answer to the same write again has null there."""

    def get_route_handler(self) -> Handle:
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            app: App = request.app.state.app
            admission = await run_in_threadpool(_admit, app, request)
            request.state.caller, request.state.seller = admission.caller, admission.seller
            request = bounded(request, self.most_bytes, silence=app.settings.api.body_silence)
            if request.method in READS:
                response = await handle(request)
            else:
                response = await _Write(app, self, request, admission).carry_out(handle)
            response.headers.update(admission.headers)
            return response

        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Admission:
    """Who calls, for which seller, and what is told of the pace."""

    caller: Caller
    seller: SellerReport | None
    headers: Mapping[str, str]


def _admit(app: App, request: Request) -> _Admission:
    key = _key(request)
    with app.database.begin() as uow:
        caller = None if key is None else uow.api_keys.caller(key, now=app.clock.now())
        code = request.path_params.get("seller")
        seller = None if caller is None or code is None else uow.sellers.find(code, caller.reach)
    if key is None or caller is None:
        problem = sentences.of_status(HTTPStatus.UNAUTHORIZED)
        raise ApiError(HTTPStatus.UNAUTHORIZED, problem, headers={"WWW-Authenticate": "Bearer"})
    # Only now: a stranger could teach any word as a secret, and nobody would read it in the logs again.
    KNOWN.learn([key.secret])
    headers = _pace(app, caller)
    if code is not None and seller is None:
        raise ApiError(HTTPStatus.NOT_FOUND, sentences.seller_unknown(code), headers=headers)
    if request.method not in READS and not caller.may_write:
        raise ApiError(HTTPStatus.FORBIDDEN, sentences.read_only(), headers=headers)
    return _Admission(caller=caller, seller=seller, headers=headers)


def _key(request: Request) -> ApiKeyText | None:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return ApiKeyText.parse(text.strip()) if scheme.lower() == "bearer" else None


def _pace(app: App, caller: Caller) -> Mapping[str, str]:
    limit = caller.requests_per_minute or app.settings.api.requests_per_minute
    allowance = app.request_limiter.take(str(caller.key_id), limit)
    headers = {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset_s),
    }
    if allowance.wait_s:
        problem = sentences.too_many_requests(limit, allowance.wait_s)
        again = {"Retry-After": str(allowance.wait_s)}
        raise ApiError(HTTPStatus.TOO_MANY_REQUESTS, problem, headers=headers | again)
    return headers


class _Write:
    """One write: noted, done, completed."""

    def __init__(self, app: App, route: ApiRoute, request: Request, admission: _Admission) -> None:
        self._app = app
        self._route = route
        self._request = request
        self._caller = admission.caller
        self._seller_id: SellerId | None = None if admission.seller is None else admission.seller.id

    async def carry_out(self, handle: Handle) -> Response:
        self._check_type()
        # Read here and not by the handler, which would take every error of reading for one of the content.
        named = self._named(None if self._route.is_stream else await self._request.body())
        audit_id, known = await run_in_threadpool(self._begin, named)
        if known is not None:
            headers = dict(known.headers) | {REPLAYED: "true"}
            return Response(known.body, status_code=known.status, headers=headers)
        try:
            response = await handle(self._request)
        except _KNOWN_ERRORS as exc:
            response = problems.answer(self._request, exc)
        except BaseException:
            await run_in_threadpool(self._end, audit_id, named, HTTPStatus.INTERNAL_SERVER_ERROR, None)
            raise
        kept = None if named is None else _kept(response, self._route.shown_once)
        await run_in_threadpool(self._end, audit_id, named, response.status_code, kept)
        return response

    def _check_type(self) -> None:
        has_body = self._request.headers.get("content-length", "0") != "0" or (
            "transfer-encoding" in self._request.headers
        )
        given = self._request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if has_body and given not in self._route.content_types:
            wanted = sentences.content_type(" or ".join(self._route.content_types))
            raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, wanted)

    def _named(self, body: bytes | None) -> Named | None:
        """Return the caller's name for the write; None where there is none, or where the handler goes by it itself."""
        key = self._request.headers.get(IDEMPOTENCY_KEY)
        if key is None:
            return None
        if not _NAME.fullmatch(key):
            raise ApiError(HTTPStatus.BAD_REQUEST, sentences.key_name_invalid())
        digest = hashlib.sha256()
        for part in (self._request.method, self._request.url.path, self._request.url.query):
            digest.update(part.encode() + b"\x00")
        digest.update(body or b"")
        self._request.state.fingerprint = digest.hexdigest()
        return None if body is None else Named(key=key, fingerprint=digest.hexdigest())

    def _begin(self, named: Named | None) -> tuple[int, Answer | None]:
        now = self._app.clock.now()
        entry = AuditEntry(
            key_id=self._caller.key_id,
            seller_id=self._seller_id,
            method=self._request.method,
            route=self._route.path,
            target={name: KNOWN.blank(str(value)) for name, value in self._request.path_params.items()},
            request_id=request_id_of(self._request.scope),
        )
        with self._app.database.begin() as uow:
            try:
                known = None if named is None else uow.writes.claim(self._caller.key_id, named, now=now)
            except NameTaken as exc:
                raise ApiError(HTTPStatus.CONFLICT, sentences.name_taken()) from exc
            except StillRunning as exc:
                again = {"Retry-After": "1"}
                raise ApiError(HTTPStatus.CONFLICT, sentences.still_running(), headers=again) from exc
            return (0 if known else uow.writes.begin(entry, now=now)), known

    def _end(self, audit_id: int, named: Named | None, status: int, kept: Answer | None) -> None:
        with self._app.database.begin() as uow:
            uow.writes.end(audit_id, status)
            if named is None:
                return
            if kept is None:
                uow.writes.release(self._caller.key_id, named)
            else:
                uow.writes.answer(self._caller.key_id, named, kept)


def _kept(response: Response, shown_once: Sequence[str]) -> Answer | None:
    """Return what is answered to the same request again; None for an answer that says nothing of the request itself."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status_code in _NOT_KEPT:
        return None
    headers = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
    return Answer(
        status=response.status_code, headers=headers, body=_without(bytes(response.body), shown_once)
    )


def _without(body: bytes, names: Sequence[str]) -> bytes:
    """Return a JSON answer with nothing in the fields of those names."""
    if not names or not body:
        return body
    content = json.loads(body)
    return json.dumps(
        content | {name: None for name in names if name in content}, ensure_ascii=False
    ).encode()


def api_router(tag: str, **options: Any) -> APIRouter:
    """Return a router for one kind of things. ``options``: where its routes differ from ``ApiRoute``, by attribute."""
    return APIRouter(
        prefix=PREFIX,
        route_class=_route_class(**options) if options else ApiRoute,
        tags=[tag],
        dependencies=[Security(KEY_SCHEME)],
    )


def _route_class(**options: Any) -> type[ApiRoute]:
    return type("SpecialApiRoute", (ApiRoute,), options)
