"""An address on loopback that a channel can call: it keeps what came, and answers as it is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from adapters.webhooks import WebhookRequest
from tests.support.loopback_server import Quiet, serving


@dataclass
class Receiver:
    """What came to ``url``, in the order of arrival; ``status`` is answered, with ``answers``, after ``slow_s`` seconds."""

    url: str = ""
    status: int = 200
    answers: dict[str, str] = field(default_factory=dict)
    """Headers of the answer."""
    slow_s: float = 0.0
    requests: list[WebhookRequest] = field(default_factory=list)

    def wait_for(self, number: int, *, seconds: float = 5.0) -> list[WebhookRequest]:
        """Wait until so many requests came, and return them."""
        deadline = time.monotonic() + seconds
        while len(self.requests) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.requests) >= number, f"{len(self.requests)} of {number} requests came"
        return list(self.requests)


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    """Listen on a free port of loopback."""
    receiver = Receiver()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append(WebhookRequest(url=receiver.url, headers=headers, body=body))
            time.sleep(receiver.slow_s)
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            for name, value in receiver.answers.items():
                self.send_header(name, value)
            self.end_headers()

    with serving(Handler) as url:
        receiver.url = f"{url}/hook"
        yield receiver
