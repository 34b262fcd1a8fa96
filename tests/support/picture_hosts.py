"""Stand-ins for the sites that sellers' picture links lead to."""

from collections.abc import Callable
from datetime import timedelta

import httpx

from syndicator.media.addresses import Resolver
from syndicator.media.fetch import PictureFetcher

PUBLIC_ADDRESS = "93.184.216.34"
TIMEOUT = timedelta(seconds=5)


def public(_host: str) -> list[str]:
    """Resolve every name to one public address."""
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
