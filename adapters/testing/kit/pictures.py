"""Picture hosts for tests: every key names a picture, and equal keys name equal pictures."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from PIL import Image

from schemas.ids import PictureKey

SIDE: Final = 1080
"""Pixels: within what every shipped channel takes."""


class MadePictures:
    """Makes a square JPEG for any key, of a colour that follows from the key."""

    def __init__(self, base_url: str = "https://pictures.example.test") -> None:
        self.base_url = base_url

    def url(self, key: PictureKey) -> str:
        """Return the address of a picture."""
        return f"{self.base_url}/{key}"

    def read(self, key: PictureKey) -> bytes:
        """Return the bytes of a picture."""
        return _jpeg(key)


@lru_cache(maxsize=256)
def _jpeg(key: str) -> bytes:
    red, green, blue = sha256(key.encode()).digest()[:3]
    buffer = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (red, green, blue)).save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


@contextmanager
def loopback_pictures() -> Iterator[MadePictures]:
    """Serve made pictures on a free loopback port, for channels that fetch them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield MadePictures(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _jpeg(self.path.lstrip("/"))
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Keep quiet."""
