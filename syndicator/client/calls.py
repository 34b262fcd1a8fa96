"""One call after another over one connection pool: bounded in time, repeated only where that is safe."""

import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from syndicator import __version__
from syndicator.client.errors import ApiProblem, ClientError, NotReached

_T = TypeVar("_T")
TIMEOUT: Final = httpx.Timeout(30, connect=5)
"""Seconds; the API itself gives up on a silent caller after thirty."""
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 60.0
"""A call that is asked to wait longer is given up, with the error that says how long."""
ATTEMPTS: Final = 6
PAGE: Final = 200
_PIECE: Final = 65_536
Value = str | int | bool | tuple[str, ...]
Params = Mapping[str, Value | None]


class Calls:
    """Calls the API with one key. Every write carries an ``Idempotency-Key``, so a repeat does nothing twice.

    Args:
        url: Where the API is, without ``/v1``.
        key: Made with ``syndicator api-keys create``.
        timeout: Of each attempt.
        attempts: How often a call is tried in all.
        transport: Carries the requests; None means the network.
        sleep: Waits between attempts.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: httpx.Timeout,
        attempts: int,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/v1",
            headers={
                "Authorization": f"Bearer {key}",
                "Accept": "application/json",
                "User-Agent": f"syndicator-client/{__version__}",
            },
            timeout=timeout,
            transport=transport,
        )
        self._attempts = attempts
        self.sleep = sleep

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(self, path: str, form: type[_T], params: Params | None = None) -> _T:
        """Read one thing.

        Raises:
            ApiProblem: The API refused.
            NotReached: No answer came, however often it was tried.
        """
        answer = self._repeated(lambda: self._once("GET", path, params=_given(params)))
        return TypeAdapter(form).validate_json(answer.content)

    def every(self, path: str, form: type[_T], params: Params | None = None) -> Iterator[_T]:
        """Yield all things of a list, asking for the next page when it is needed. Raises as ``get`` does."""
        adapter = TypeAdapter(form)
        cursor: str | None = None
        while True:
            asked = {"limit": PAGE, **(params or {}), "cursor": cursor}
            page = self.get(path, _Page, asked)
            yield from (adapter.validate_python(one) for one in page.data)
            cursor = page.next_cursor
            if cursor is None:
                return

    def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        idempotency_key: str | None = None,
        params: Params | None = None,
    ) -> httpx.Response:
        """Change something; ``body`` becomes JSON, ``files`` a form. Raises as ``get`` does."""
        options = {"json": body, "files": files, "params": _given(params)}
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        if files is not None:
            # Chosen once: under one key, every attempt must be the same to the byte.
            headers["Content-Type"] = f"multipart/form-data; boundary={uuid.uuid4().hex}"
        return self._repeated(lambda: self._once(method, path, headers=headers, **options))

    def stream(
        self,
        path: str,
        file: IO[bytes],
        content_type: str,
        *,
        idempotency_key: str,
        params: Params | None = None,
    ) -> httpx.Response:
        """Send a file piece by piece, from its beginning each time; the API skips what it has. Raises as ``get`` does."""
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": content_type}

        def send() -> httpx.Response:
            file.seek(0)
            pieces = iter(lambda: file.read(_PIECE), b"")
            return self._once("POST", path, content=pieces, headers=headers, params=_given(params))

        return self._repeated(send)

    def _once(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as exc:
            raise NotReached(f"{method} {path}: {type(exc).__name__}: {exc}") from exc
        if not answer.is_success:
            raise ApiProblem.of(answer)
        return answer

    def _repeated(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        trying = Retrying(
            retry=retry_if_exception(_may_be_repeated),
            stop=stop_after_attempt(self._attempts),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        return trying(call)


class _Page(BaseModel):
    model_config = ConfigDict(frozen=True)

    data: tuple[Any, ...]
    next_cursor: str | None


def _given(params: Params | None) -> dict[str, Value]:
    return {name: value for name, value in (params or {}).items() if value is not None}


def _may_be_repeated(error: BaseException) -> bool:
    return isinstance(error, ClientError) and error.may_pass and (error.retry_after_s or 0) <= LONGEST_WAIT_S


def _wait(state: RetryCallState) -> float:
    """Wait as long as the API asks, or else twice as long each time, less by chance so that many callers spread."""
    error = None if state.outcome is None else state.outcome.exception()
    if isinstance(error, ClientError) and error.retry_after_s is not None:
        return error.retry_after_s
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (state.attempt_number - 1))
    return longest * (1 + random.random()) / 2  # noqa: S311 - spreads callers, keeps no secret
