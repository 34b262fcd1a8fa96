"""Refuse connections that would leave this machine, loudly, so that no test depends on the world."""

import functools
import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine. Not an OSError, which code under test may rightly swallow."""


def allow_loopback_only() -> None:
    """Guard the sockets and the name look-ups of this process for the rest of its life."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded_method(getattr(socket.socket, name)))
    socket.getaddrinfo = _guarded_lookup(socket.getaddrinfo)


def is_local(host: Any) -> bool:
    """Tell whether a host is this machine: a loopback or wildcard address, its name, or no host at all."""
    if host in {None, "", b"", "localhost", b"localhost"}:
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guarded_method(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def guarded(sock: socket.socket, address: Any) -> Any:
        if sock.family != socket.AF_UNIX and not is_local(address[0]):
            raise NetworkForbidden(f"a test tried to connect to {address}")
        return original(sock, address)

    return guarded


def _guarded_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_local(host) and not _is_address(host):
            raise NetworkForbidden(f"a test tried to look up {host!r}")
        return original(host, *args, **kwargs)

    return guarded


def _is_address(host: Any) -> bool:
    """Resolving a numeric address asks nobody, and the guard against private addresses is tested with them."""
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True
