"""Take a picture from an address that a seller typed, without being led into our own network.

The name is resolved here, every address it has is checked, and the connection goes to a checked address by number,
so that a name server cannot answer differently a moment later. Each redirect is checked from the start again.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self
from urllib.parse import urljoin

import httpx

from schemas.problem import Problem
from syndicator.media.formats import SNIFF_BYTES, sniff
from syndicator.media.problems import MediaCode, MediaProblemError, media_problem
from syndicator.outbound.addresses import AddressRefused, Resolver, checked_address, is_odd_number, resolve
from syndicator.outbound.pinned import pinned_request, pinned_transport

MAX_REDIRECTS: Final = 3
_MAX_URL: Final = 2_000
_HTTPS_PORT: Final = 443
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500


class SourceUnavailable(Exception):
    """The picture could not be had just now; trying later can help. ``problem`` is for when it never does."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.en)
        self.problem = problem

    @classmethod
    def of(cls, code: MediaCode) -> "SourceUnavailable":
        """Say that the picture cannot be had for the reason ``code``."""
        return cls(media_problem(code))


@dataclass(frozen=True, slots=True)
class _Step:
    """Where the next request goes: the address as written, and the checked number to connect to."""

    url: httpx.URL
    address: str


class PictureFetcher:
    """Fetches pictures over https. Safe for use from many threads.

    Args:
        max_bytes: A longer answer is cut off and refused.
        timeout: Total time for one picture, redirects included; name look-ups have the system's own limit.
        transport: Carries the requests; None means real TLS connections. The check of addresses does not depend
            on it.
        resolver: Turns a host name into numeric addresses.
        monotonic: Where elapsed seconds come from.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        timeout: timedelta,
        user_agent: str = "Syndicator/0.1",
        transport: httpx.BaseTransport | None = None,
        resolver: Resolver = resolve,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout_s = timeout.total_seconds()
        self._user_agent = user_agent
        self._transport = transport or pinned_transport()
        self._resolver = resolver
        self._monotonic = monotonic

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def fetch(self, address: str) -> bytes:
        """Return the bytes of the picture at ``address``; their first bytes are known to be a picture's.

        Raises:
            MediaProblemError: The address is refused, or what is there is no picture; final.
            SourceUnavailable: It did not work this time.
        """
        deadline = self._monotonic() + self._timeout_s
        target = address.strip()
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._get(self._check(target), deadline)
            if isinstance(answer, bytes):
                sniff(answer[:SNIFF_BYTES])
                return answer
            target = answer
        raise MediaProblemError.of(MediaCode.URL_REDIRECTS)

    def _check(self, address: str) -> _Step:
        url = _parse(address)
        try:
            # The name as it goes over the wire: the C library would encode Thai letters by older rules.
            found = self._resolver(url.raw_host.decode("ascii"))
        except OSError as exc:
            raise SourceUnavailable.of(MediaCode.URL_UNREACHABLE) from exc
        try:
            return _Step(url, checked_address(found))
        except AddressRefused as exc:
            raise MediaProblemError.of(MediaCode.URL_REFUSED) from exc

    def _get(self, step: _Step, deadline: float) -> bytes | str:
        """Make one request; the answer is the body, or the address it redirects to."""
        try:
            response = self._transport.handle_request(self._request(step, deadline))
        except httpx.TimeoutException as exc:
            raise SourceUnavailable.of(MediaCode.URL_TIME) from exc
        except (httpx.TransportError, httpx.InvalidURL) as exc:
            raise SourceUnavailable.of(MediaCode.URL_UNREACHABLE) from exc
        try:
            return self._read(step, response, deadline)
        finally:
            response.close()

    def _request(self, step: _Step, deadline: float) -> httpx.Request:
        return pinned_request(
            "GET",
            step.url,
            step.address,
            headers={
                "User-Agent": self._user_agent,
                "Accept": "image/jpeg, image/png, image/webp, image/heic, image/tiff, image/*;q=0.5",
                # A picture does not shrink further, and an unpacked answer could be a bomb.
                "Accept-Encoding": "identity",
            },
            remaining_s=self._remaining(deadline),
        )

    def _remaining(self, deadline: float) -> float:
        remaining = deadline - self._monotonic()
        if remaining <= 0:
            raise SourceUnavailable.of(MediaCode.URL_TIME)
        return remaining

    def _read(self, step: _Step, response: httpx.Response, deadline: float) -> bytes | str:
        status = response.status_code
        if status in _REDIRECTS and "location" in response.headers:
            return urljoin(str(step.url), response.headers["location"])
        if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
            raise SourceUnavailable.of(MediaCode.URL_UNREACHABLE)
        if status != _OK:
            raise MediaProblemError.of(MediaCode.URL_STATUS, status=status)
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise self._too_many_bytes()
        return b"".join(self._bounded(response, deadline))

    def _bounded(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        received = 0
        try:
            for chunk in response.iter_raw():
                self._remaining(deadline)
                received += len(chunk)
                if received > self._max_bytes:
                    raise self._too_many_bytes()
                yield chunk
        except httpx.TimeoutException as exc:
            raise SourceUnavailable.of(MediaCode.URL_TIME) from exc
        except httpx.TransportError as exc:
            raise SourceUnavailable.of(MediaCode.URL_UNREACHABLE) from exc

    def _too_many_bytes(self) -> MediaProblemError:
        return MediaProblemError.of(MediaCode.TOO_MANY_BYTES, limit=self._max_bytes // 1_000_000)


def _parse(address: str) -> httpx.URL:
    """Read an address as a seller typed it.

    Raises:
        MediaProblemError: Not https, malformed, with a user name in it, or to another port than 443.
    """
    if len(address) > _MAX_URL or any(ord(char) <= ord(" ") for char in address):
        raise MediaProblemError.of(MediaCode.URL_INVALID)
    try:
        url = httpx.URL(address)
        host, port = url.host, url.port
        url.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError, UnicodeError) as exc:
        raise MediaProblemError.of(MediaCode.URL_INVALID) from exc
    if url.scheme != "https":
        raise MediaProblemError.of(MediaCode.URL_NOT_HTTPS if url.scheme else MediaCode.URL_INVALID)
    if not host:
        raise MediaProblemError.of(MediaCode.URL_INVALID)
    # A name before the @ is how links pretend to lead elsewhere; other ports are how inner services are probed.
    if url.userinfo or port not in {None, _HTTPS_PORT} or is_odd_number(host):
        raise MediaProblemError.of(MediaCode.URL_REFUSED)
    return url
