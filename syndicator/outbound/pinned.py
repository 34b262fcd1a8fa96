"""Requests to a checked address by number, so that a name server cannot answer differently a moment later."""

import ssl
from collections.abc import Mapping

import httpx


def pinned_request(
    method: str,
    url: httpx.URL,
    address: str,
    *,
    headers: Mapping[str, str],
    remaining_s: float,
    content: bytes | None = None,
) -> httpx.Request:
    """Return a request to the host of ``url`` that connects to ``address``, each of its waits cut to ``remaining_s``."""
    return httpx.Request(
        method,
        url.copy_with(host=address, fragment=None),
        headers={"Host": url.netloc.decode("ascii"), **headers},
        content=content,
        extensions={
            "sni_hostname": url.raw_host.decode("ascii").rstrip("."),
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), remaining_s),
        },
    )


def pinned_transport(*, most_connections: int = 16) -> httpx.HTTPTransport:
    """Return what carries such requests: real TLS, no proxy."""
    # Connections are not kept: a kept one is found again by number, though it was verified for another name.
    return httpx.HTTPTransport(
        verify=ssl.create_default_context(),
        trust_env=False,
        limits=httpx.Limits(max_connections=most_connections, max_keepalive_connections=0),
    )
