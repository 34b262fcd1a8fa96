"""The one way to a channel: a shared httpx client whose transport bounds, redacts, counts, paces and classifies.

Every request of every adapter, ``facebook-sdk`` included, goes through ``ChannelTransport``.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx

from adapters.errors import ChannelError, OutcomeUnknown, Throttled, Transient
from adapters.pace import CallEnd, NoPace, Pace, Refusal, Step, Toll, gateway_usages, step_under_way
from adapters.redaction import KNOWN
from adapters.settings import HttpSettings

NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before a request byte can have left."""

SECRET_NAMES: Final = frozenset(
    {
        "access_token",
        "appsecret_proof",
        "sign",
        "app_key",
        "refresh_token",
        "client_secret",
        "input_token",
        "key",
    }
)
_SECRET_IN_TEXT: Final = re.compile(
    r"(?i)\b(access_token|appsecret_proof|refresh_token|client_secret|x-api-key|authorization|sign|app_key)"
    r"(\"?\s*[=:]\s*\"?)(?:bearer\s+)?[^\s&\"',}]+"
)
MAX_STORED_BODY: Final = 2_000
"""Characters of a vendor's answer that are kept with an attempt."""


def redact(text: str) -> str:
    """Blank out everything that looks like a secret and cut to the length that may be stored."""
    return _SECRET_IN_TEXT.sub(r"\1\2***", KNOWN.blank(text.replace("\x00", "")))[:MAX_STORED_BODY]


def redact_url(url: httpx.URL) -> str:
    """Write an address with the values of secret query parameters blanked out."""
    if not url.query:
        return KNOWN.blank(str(url))
    shown = httpx.QueryParams()
    for name, value in url.params.multi_items():
        shown = shown.add(name, "***" if name.lower() in SECRET_NAMES else value)
    return KNOWN.blank(str(url.copy_with(params=shown)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What is known of one finished call, free of secrets; for logs and metrics."""

    method: str
    url: str
    status: int | None
    error: str | None
    seconds: float


CallObserver = Callable[[CallRecord], None]

_deadline: ContextVar[float | None] = ContextVar("call_deadline", default=None)


class DeadlinePassed(httpx.PoolTimeout):
    """The lease of the step is nearly over: the request was not begun, so nothing was sent."""


class TollRefused(httpx.PoolTimeout):
    """A budget is used up, or nearly: the request was not begun, so nothing was sent."""

    def __init__(self, refusal: Refusal, request: httpx.Request) -> None:
        super().__init__(
            f"braked for {refusal.wait.total_seconds():.1f} s by {refusal.scope}: {refusal.reason}",
            request=request,
        )
        self.refusal = refusal


@contextmanager
def call_deadline(remaining: timedelta) -> Iterator[None]:
    """Bound every call made inside to end before the caller's lease does.

    A call never begins after the deadline, and its timeouts are cut to what is left, so that a worker whose lease
    has run out cannot make a visible call while another worker already verifies the same listing.
    """
    token = _deadline.set(_steady() + remaining.total_seconds())
    try:
        yield
    finally:
        _deadline.reset(token)


class ChannelTransport(httpx.BaseTransport):
    """Wraps the real transport with the deadline, the toll and the observer."""

    def __init__(
        self, inner: httpx.BaseTransport, observer: CallObserver | None = None, pace: Pace | None = None
    ) -> None:
        self._inner = inner
        self._observer = observer
        self._pace = pace or NoPace()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, paid for and bounded by the deadline.

        Raises:
            DeadlinePassed: There is no time left to make the call and learn its outcome.
            TollRefused: The account must be quiet for a while.
            httpx.TransportError: As httpx raises it.
        """
        _fit_timeouts(request)
        step = step_under_way()
        if step is None:
            return self._send(request)
        self._pay(step, request)
        return self._send_paid(step, request)

    def close(self) -> None:
        """Close the pool underneath."""
        self._inner.close()

    def _pay(self, step: Step, request: httpx.Request) -> None:
        toll = Toll(
            method=request.method,
            host=request.url.host,
            path=request.url.path,
            is_begun=step.is_begun,
        )
        refusal = self._pace.pay(step.payer, toll)
        if refusal is not None:
            raise TollRefused(refusal, request)
        step.is_begun = True

    def _send_paid(self, step: Step, request: httpx.Request) -> httpx.Response:
        payer, began, start = step.payer, self._pace.began(step.payer), time.monotonic()
        is_broken = True
        try:
            response = self._send(request)
            is_broken = _is_from_broken_channel(response)
        except httpx.PoolTimeout:
            # Our own deadline or our own pool; the channel was not asked.
            is_broken = False
            raise
        finally:
            self._pace.ended(payer, began, CallEnd(seconds=time.monotonic() - start, is_broken=is_broken))
        usages = [
            *payer.read_usage(response.headers),
            *gateway_usages(response.status_code, response.headers),
        ]
        if usages:
            self._pace.told(payer, usages)
        return response

    def _send(self, request: httpx.Request) -> httpx.Response:
        began = time.monotonic()
        try:
            response = self._inner.handle_request(request)
        except httpx.TransportError as exc:
            self._observe(request, None, type(exc).__name__, began)
            raise
        self._observe(request, response.status_code, None, began)
        return response

    def _observe(self, request: httpx.Request, status: int | None, error: str | None, began: float) -> None:
        if self._observer is not None:
            record = CallRecord(
                method=request.method,
                url=redact_url(request.url),
                status=status,
                error=error,
                seconds=time.monotonic() - began,
            )
            self._observer(record)


def _is_from_broken_channel(response: httpx.Response) -> bool:
    """Say whether the channel itself failed: a server error, or a page of its gateway where only JSON is spoken."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_page = media_type == "text/html" and response.status_code != httpx.codes.UNAUTHORIZED
    return response.is_server_error or is_page


def _steady() -> float:
    """Return seconds of a clock that nobody can set and that goes on while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _fit_timeouts(request: httpx.Request) -> None:
    deadline = _deadline.get()
    if deadline is None:
        return
    remaining = _remaining(deadline, request)
    request.extensions["trace"] = _LastLook(deadline, request)
    timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
    request.extensions["timeout"] = {
        name: remaining if value is None else min(value, remaining)
        for name, value in {"connect": None, "read": None, "write": None, "pool": None, **timeouts}.items()
    }


def _remaining(deadline: float, request: httpx.Request) -> float:
    remaining = deadline - _steady()
    if remaining <= 0:
        raise DeadlinePassed("the step's lease is nearly over; the call was not begun", request=request)
    return remaining


class _LastLook:
    """Looks at the deadline once more right before the first byte leaves.

    Connecting takes its time, and a process can be frozen or its machine suspended after the first look.
    """

    def __init__(self, deadline: float, request: httpx.Request) -> None:
        self._deadline = deadline
        self._request = request

    def __call__(self, event: str, info: object) -> None:
        """Hear of the next thing the transport does; see httpcore's trace extension."""
        del info
        if event.endswith("send_request_headers.started"):
            _remaining(self._deadline, self._request)


def make_client(
    settings: HttpSettings,
    observer: CallObserver | None = None,
    transport: httpx.BaseTransport | None = None,
    pace: Pace | None = None,
) -> httpx.Client:
    """Build the client all adapters of a process share; safe for use from many threads.

    Redirects are never followed: no channel needs one, and one could carry a credential elsewhere.
    """
    inner = transport or httpx.HTTPTransport(
        limits=httpx.Limits(
            max_connections=settings.max_connections, max_keepalive_connections=settings.max_connections
        ),
        trust_env=settings.trust_env,
    )
    read = settings.read_timeout.total_seconds()
    return httpx.Client(
        transport=ChannelTransport(inner, observer, pace),
        timeout=httpx.Timeout(read, connect=settings.connect_timeout.total_seconds()),
        headers={"User-Agent": settings.user_agent},
        follow_redirects=False,
        trust_env=settings.trust_env,
    )


def classify_transport(exc: httpx.TransportError, *, mutating: bool) -> ChannelError:
    """Say what a failed exchange means: not sent, or nobody knows."""
    text = redact(f"{type(exc).__name__}: {exc}")
    if isinstance(exc, TollRefused):
        refusal = exc.refusal
        return Throttled(text, retry_after=refusal.wait, scope=refusal.scope, reason=refusal.reason)
    if isinstance(exc, NOT_SENT) or not mutating:
        return Transient(text)
    return OutcomeUnknown(text)
