"""A proxy on loopback that cuts the first connection off after some bytes and carries every later one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

_PIECE = 16_384


@dataclass
class CuttingProxy:
    """Where it listens, and how many connections it carried."""

    url: str = ""
    connections: int = 0


@contextmanager
def cutting_proxy(url: str, *, after_bytes: int) -> Iterator[CuttingProxy]:
    """Carry connections to ``url``; the first one ends when so many bytes of the caller's went through."""
    target = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = CuttingProxy(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller, _ = listener.accept()
                proxy.connections += 1
                most = after_bytes if proxy.connections == 1 else None
                upstream = socket.create_connection((target.hostname, target.port))
                for way in ((caller, upstream, most), (upstream, caller, None)):
                    threading.Thread(target=_carry, args=way, daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _carry(source: socket.socket, target: socket.socket, most: int | None) -> None:
    with suppress(OSError):
        carried = 0
        while (piece := source.recv(_PIECE)) and (most is None or carried < most):
            target.sendall(piece)
            carried += len(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
