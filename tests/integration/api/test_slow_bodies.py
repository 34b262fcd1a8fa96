"""Bodies that do not come, or that are far too long, over a real connection."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn

from syndicator.settings import ApiSettings
from tests.support.api_door import ApiDoor
from tests.support.app import CoreApp
from tests.support.waiting import wait_until

SILENCE = timedelta(seconds=0.3)


@pytest.fixture
def impatient(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[ApiDoor]:
    core = CoreApp(database_url)
    opened = ApiDoor(core, database_url, redis_url, tmp_path, api=ApiSettings(body_silence=SILENCE))
    yield opened
    opened.close()
    core.close()


@contextmanager
def listening(door: ApiDoor) -> Iterator[int]:
    """Serve the API on a port of this machine for the block."""
    server = uvicorn.Server(uvicorn.Config(door.api, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the server listens")
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def head(door: ApiDoor, path: str, kind: str, length: int) -> bytes:
    key = door.caller("A").key
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: test",
        f"Authorization: Bearer {key}",
        f"Content-Type: {kind}",
        "Idempotency-Key: slow-1",
        f"Content-Length: {length}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer_to(port: int, *pieces: bytes) -> bytes:
    """Send the pieces and nothing more; return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        told = b""
        while piece := connection.recv(65_536):
            told += piece
            if b"}" in piece:
                break
    return told


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/sellers/A/stock/adjust", "application/json"),
        ("/v1/sellers/A/imports", "application/x-ndjson"),
        ("/v1/sellers/A/imports", "text/csv"),
    ],
    ids=["json", "ndjson", "csv"],
)
def test_a_body_that_stops_coming_is_let_go_of(impatient: ApiDoor, path: str, kind: str) -> None:
    with listening(impatient) as port:
        told = answer_to(port, head(impatient, path, kind, 1_000), b'{"sku"')

    assert b"408 Request Timeout" in told.splitlines()[0]
    assert b'"code":"body_too_slow"' in told


def test_a_body_that_says_it_is_huge_is_refused_unread(impatient: ApiDoor) -> None:
    with listening(impatient) as port:
        told = answer_to(port, head(impatient, "/v1/sellers/A/stock/adjust", "application/json", 10**9), b"{")

    assert b"413 " in told.splitlines()[0]
    assert b'"code":"body_too_large"' in told


def test_a_slow_caller_delays_nobody_else(impatient: ApiDoor) -> None:
    key = impatient.caller("A").key.encode()
    asked = b"GET /v1/me HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + key + b"\r\n\r\n"
    slow_head = head(impatient, "/v1/sellers/A/imports", "application/x-ndjson", 1_000)
    with listening(impatient) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        slow.sendall(slow_head)
        quick = answer_to(port, asked)

    assert b"200 OK" in quick
