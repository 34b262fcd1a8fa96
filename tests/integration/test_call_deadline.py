"""No byte of a call leaves once its lease is nearly over, whatever held the process up after it had looked."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from adapters.errors import Transient
from adapters.http import DeadlinePassed, call_deadline, classify_transport, make_client
from adapters.settings import HttpSettings


class HeldUp(httpx.HTTPTransport):
    """The real transport of a process that stands still for a moment before it connects."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        time.sleep(self._seconds)
        return super().handle_request(request)


class Counting(ThreadingHTTPServer):
    """A channel that counts what reaches it."""

    seen = 0


class Handler(BaseHTTPRequestHandler):
    server: Counting

    def do_POST(self) -> None:
        self.server.seen += 1
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def channel() -> Iterator[Counting]:
    with Counting(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def post(channel: Counting, *, held_up_s: float, lease_s: float) -> httpx.Response:
    with (
        make_client(HttpSettings(), transport=HeldUp(held_up_s)) as client,
        call_deadline(timedelta(seconds=lease_s)),
    ):
        return client.post(f"http://127.0.0.1:{channel.server_port}/post")


def test_a_call_held_up_beyond_its_lease_is_not_sent(channel: Counting) -> None:
    with pytest.raises(DeadlinePassed) as refused:
        post(channel, held_up_s=0.3, lease_s=0.1)

    assert channel.seen == 0
    assert isinstance(classify_transport(refused.value, mutating=True), Transient)


def test_a_call_within_its_lease_is_sent(channel: Counting) -> None:
    assert post(channel, held_up_s=0.0, lease_s=30.0).status_code == 200
    assert channel.seen == 1
