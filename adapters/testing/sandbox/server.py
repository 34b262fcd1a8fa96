"""Serving the sandbox: as a process of its own, or in a thread for tests."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapters.testing.sandbox.app import create_app, sandbox_of
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.gate import ABORT
from adapters.testing.sandbox.options import SandboxOptions

T = TypeVar("T")
_START_TIMEOUT_S = 20.0
_BACKLOG = 2_048


class AbortableProtocol(H11Protocol):
    """uvicorn's protocol with one more extension: the application may close the connection without an answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inner_app = self.app
        self.app = self._with_abort

    async def _with_abort(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[ABORT] = self._abort
        await self._inner_app(scope, receive, send)

    def _abort(self) -> None:
        # What was written so far still goes out; the peer then sees the connection end too early.
        self.transport.close()


def _bound(host: str, port: int) -> socket.socket:
    """Listen; the protocol is named because asyncio sets TCP_NODELAY only on sockets that say TCP."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _config(options: SandboxOptions) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(options),
        http=AbortableProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
        timeout_keep_alive=60,
    )


def serve(host: str, port: int, options: SandboxOptions) -> None:
    """Serve until SIGTERM or SIGINT; then save the state and return.

    Raises:
        OSError: The address cannot be used, such as a port already taken.
        SystemExit: The state file cannot be read.
    """
    config = _config(options)
    listening = _bound(host, port)
    # uvicorn passes a stop signal on once it has stopped; ending was the wish, so it then means nothing more.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    uvicorn.Server(config).run(sockets=[listening])


class _AnnouncingServer(uvicorn.Server):
    """Says when it listens, so that nobody has to poll for it."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._announce = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce.set()


class SandboxServer:
    """Runs the sandbox on a free loopback port in a thread: ``with SandboxServer() as server: server.url``.

    Attributes:
        url: ``http://127.0.0.1:<port>``.
        control: State, faults, journal and clock, safe to use from any thread.
    """

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self._options = options or SandboxOptions()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        config = _config(self._options)
        self._socket = _bound("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = _AnnouncingServer(config, self._ready)
        self.control = SandboxControl(sandbox_of(config.app), self._run_there)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_TIMEOUT_S):
            raise TimeoutError(f"the sandbox did not start within {_START_TIMEOUT_S} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread:
            self._server.should_exit = True
            self._thread.join(_START_TIMEOUT_S)

    @property
    def graph_url(self) -> str:
        """Address for ``META__GRAPH_URL``."""
        return f"{self.url}/graph"

    @property
    def instagram_url(self) -> str:
        """Address for ``META__INSTAGRAM_URL``."""
        return f"{self.url}/graph-instagram"

    @property
    def line_url(self) -> str:
        """Address for ``LINE__MYSHOP_URL``."""
        return f"{self.url}/line-shop"

    @property
    def messaging_url(self) -> str:
        """Address for ``LINE__MESSAGING_URL``."""
        return f"{self.url}/line-messaging"

    @property
    def market_url(self) -> str:
        """The market's ``base_url``."""
        return f"{self.url}/market/api"

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])

    def _run_there(self, action: Callable[[], T]) -> T:
        """Run ``action`` in the sandbox's own thread, between two requests, and return its result."""
        if self._loop is None:
            raise RuntimeError("the sandbox is not running")

        async def act() -> T:
            return action()

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(_START_TIMEOUT_S)
