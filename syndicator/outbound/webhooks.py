"""Sends signed messages to the addresses of other systems; implements ``syndicator.ports.WebhookSender``.

Signed as Standard Webhooks describes, by its library. What a receiver answers is not read: its status is all we heed.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import httpx
from standardwebhooks import Webhook

from adapters.answers import wait_of
from adapters.base import Clock
from adapters.redaction import KNOWN
from syndicator.domain.events import Answer, Failure
from syndicator.outbound.addresses import Resolver, resolve
from syndicator.outbound.pinned import pinned_request, pinned_transport
from syndicator.outbound.targets import TargetRefused, numbered, parse_target

_CONNECTED: Final = "connection.connect_tcp.complete"
_UNRESOLVED: Final = "url_unresolved"


class HttpWebhookSender:
    """Sends over https. Safe for use from many threads.

    Args:
        clock: This machine's time, which receivers hold against theirs.
        allows_private: Whether http and addresses of private networks may be called: for tests and demonstrations.
        transport: Carries the requests; None means real connections. The check of addresses does not depend on it.
        resolver: Turns a host name into numeric addresses.
        monotonic: Where elapsed seconds come from.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        user_agent: str,
        allows_private: bool = False,
        transport: httpx.BaseTransport | None = None,
        resolver: Resolver = resolve,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._user_agent = user_agent
        self._allows_private = allows_private
        self._transport = transport or pinned_transport(most_connections=64)
        self._resolver = resolver
        self._monotonic = monotonic

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def check(self, url: str) -> None:
        """See whether an address may be called at all."""
        self._numbered(url)

    def send(
        self, url: str, *, message_id: str, body: str, secrets: Sequence[str], within: timedelta
    ) -> Answer:
        """Send one message and return how it ended."""
        KNOWN.learn(secrets)
        began = self._monotonic()
        status, failure, told = None, None, None
        try:
            target, address = self._numbered(url)
            request = pinned_request(
                "POST",
                target,
                address,
                headers=self._headers(message_id, body, secrets),
                content=body.encode(),
                remaining_s=within.total_seconds(),
            )
            status, told = self._exchange(request, within)
            failure = None if 200 <= status < 300 else Failure.STATUS  # noqa: PLR2004 - as HTTP counts
        except TargetRefused as exc:
            is_unknown = exc.problem.code == _UNRESOLVED
            failure = Failure.UNREACHABLE if is_unknown else Failure.ADDRESS
        except httpx.TimeoutException:
            failure = Failure.TIMEOUT
        except (httpx.TransportError, httpx.InvalidURL):
            failure = Failure.UNREACHABLE
        took = timedelta(seconds=self._monotonic() - began)
        return Answer(took=took, status=status, failure=failure, told=told)

    def _numbered(self, url: str) -> tuple[httpx.URL, str]:
        target = parse_target(url, allows_private=self._allows_private)
        return target, numbered(target, self._resolver, allows_private=self._allows_private)

    def _headers(self, message_id: str, body: str, secrets: Sequence[str]) -> dict[str, str]:
        # Whole seconds, as the header carries them and as they are signed.
        now = datetime.fromtimestamp(int(self._clock.now().timestamp()), tz=UTC)
        signatures = [Webhook(secret).sign(message_id, now, body) for secret in secrets]
        return {
            "Content-Type": "application/json",
            "User-Agent": self._user_agent,
            "Accept-Encoding": "identity",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _exchange(self, request: httpx.Request, within: timedelta) -> tuple[int, timedelta | None]:
        with _Cut(request, within) as cut:
            try:
                response = self._transport.handle_request(request)
            except httpx.TransportError as exc:
                if cut.is_made:
                    raise httpx.ReadTimeout("no whole answer came in time", request=request) from exc
                raise
            try:
                return response.status_code, wait_of(response)
            finally:
                response.close()


class _Cut:
    """Ends the connection of a request when its time is up, however slowly the other side lets an answer drip.

    Every wait of the transport is bounded, but each begins anew with every byte that comes.
    """

    def __init__(self, request: httpx.Request, within: timedelta) -> None:
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(within.total_seconds(), self._make)
        self._timer.daemon = True
        self.is_made = False
        request.extensions["trace"] = self._hear

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._socket is not None:
            self._socket.close()

    def _hear(self, event: str, info: dict[str, Any]) -> None:
        if event == _CONNECTED:
            # A handle of its own: the transport wraps the first one for TLS.
            self._socket = info["return_value"].get_extra_info("socket").dup()
            if self.is_made:
                self._make()

    def _make(self) -> None:
        self.is_made = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
