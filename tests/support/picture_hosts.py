"""Stand-ins for the sites that sellers' picture links lead to."""

import ipaddress
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import httpx

from syndicator.media.fetch import PictureFetcher
from syndicator.outbound.addresses import Resolver

PUBLIC_ADDRESS = "93.184.216.34"
TIMEOUT = timedelta(seconds=5)


def public(host: str) -> list[str]:
    """Resolve every name to one public address; what is an address already stays it."""
    with suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    return [PUBLIC_ADDRESS]


def fetcher_over(
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    resolver: Resolver = public,
    max_bytes: int = 1_000_000,
    monotonic: Callable[[], float] | None = None,
) -> PictureFetcher:
    """Make a fetcher whose requests are answered by a function."""
    clock = {} if monotonic is None else {"monotonic": monotonic}
    return PictureFetcher(
        max_bytes=max_bytes,
        timeout=TIMEOUT,
        transport=httpx.MockTransport(answer),
        resolver=resolver,
        **clock,  # type: ignore[arg-type]
    )
