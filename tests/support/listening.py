"""A place that channels call, for tests of what sends webhooks."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

from tests.support.loopback_server import Quiet, serving

Heard = tuple[dict[str, str], bytes]
"""Headers, their names in lower case, and the body."""


class Listener:
    """Answers every test of its address with the challenge, and keeps every event.

    Attributes:
        refusals: Status of the next answers, before events are taken again.
        knows: The token that a test of the address must carry.
    """

    def __init__(self, knows: str) -> None:
        self.knows = knows
        self.url = ""
        self.heard: list[Heard] = []
        self.refusals: deque[int] = deque()

    @contextmanager
    def running(self) -> Iterator["Listener"]:
        owner = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                is_known = query.get("hub.verify_token") == owner.knows
                self.answer(200 if is_known else 403, query.get("hub.challenge", "").encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.answer(owner.refusals.popleft() if owner.refusals else 200, b"")

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        with serving(Handler) as url:
            self.url = f"{url}/hooks"
            yield self
