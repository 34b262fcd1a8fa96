"""What the supervisor is told about a child, and how it learns that the child is ready."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

READY_ANSWER_TIMEOUT = timedelta(seconds=2)


class ReadyCheck(Protocol):
    """Tells whether a child that has been started is ready for work."""

    def prepare(self) -> None:
        """Forget what an earlier run of the child left behind; called before each start."""

    def is_ready(self) -> bool:
        """Look once, without waiting for long."""


@dataclass(frozen=True, slots=True)
class HealthUrl:
    """Ready when this http(s) URL answers with a 2xx status."""

    url: str

    def prepare(self) -> None:
        """Do nothing: an answer leaves nothing behind."""

    def is_ready(self) -> bool:
        """Ask once."""
        parts = urlsplit(self.url)
        connection = _connection(parts.scheme, parts.netloc)
        try:
            connection.request("GET", parts.path or "/")
            return 200 <= connection.getresponse().status < 300  # noqa: PLR2004 - the class of success
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """Ready when the child has created this file."""

    path: Path

    def prepare(self) -> None:
        """Remove the file of an earlier run."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """Look for the file."""
        return self.path.exists()


@dataclass(frozen=True, slots=True)
class Listens:
    """The port a child will listen on, checked before it is started.

    Attributes:
        host: Address to listen on.
        port: TCP port.
        setting: What the reader changes to use another one.
    """

    host: str
    port: int
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to keep running.

    Attributes:
        name: Short name; also names its log, ``<name>.log``.
        argv: Program and arguments.
        env: The whole environment; None means ours.
        cwd: Working folder; None means ours.
        ready: How to learn that it is ready; None means that being alive is enough.
        listens: The port it needs; None when it needs none.
        grace: How long it may take to stop before it is killed.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    ready: ReadyCheck | None = None
    listens: Listens | None = None
    grace: timedelta = timedelta(seconds=10)


def _connection(scheme: str, netloc: str) -> http.client.HTTPConnection:
    # Not urllib: that would go through a proxy named in the environment.
    timeout = READY_ANSWER_TIMEOUT.total_seconds()
    if scheme == "https":
        return http.client.HTTPSConnection(netloc, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(netloc, timeout=timeout)
