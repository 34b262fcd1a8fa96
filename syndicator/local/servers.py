"""The private PostgreSQL and Redis of one ``var`` folder, and who holds them."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from schemas.problem import Problem
from syndicator.local.errors import ServerDown, VarHeld
from syndicator.local.postgres import PrivatePostgres
from syndicator.local.probes import probe_database, probe_redis
from syndicator.local.redis import PrivateRedis
from syndicator.local.var import MIN_FREE_BYTES, check_var

LOCK_PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the servers are."""

    database_url: str
    redis_url: str


class PrivateServers:
    """Both servers under ``var``, held by one process at a time; a context manager.

    Args:
        var: The folder; ``postgres/``, ``redis/`` and ``run/`` are made below it.
        min_free_bytes: Room its disk must have before anything is started.
        database_settings: PostgreSQL settings that differ from ours.
    """

    def __init__(
        self,
        var: Path,
        *,
        min_free_bytes: int = MIN_FREE_BYTES,
        database_settings: Mapping[str, str] | None = None,
    ) -> None:
        self._var = var.absolute()
        self._min_free_bytes = min_free_bytes
        self.postgres = PrivatePostgres(self._var / "postgres", settings=database_settings)
        self.redis = PrivateRedis(self._var / "redis")
        self._held = ExitStack()

    def start(self) -> Endpoints:
        """Start both servers and tell other commands where they are.

        Effects: processes that end with this one; files below ``var``; ``var/run/endpoints.json``.

        Raises:
            VarUnusable: ``var`` cannot be written or is too full.
            VarHeld: Another process holds this ``var``; the sentence names it.
            ServerDown: A server did not start; the other one is stopped again.
        """
        check_var(self._var, min_free_bytes=self._min_free_bytes)
        with ExitStack() as stack:
            stack.enter_context(_hold(self._var))
            _endpoints_file(self._var).unlink(missing_ok=True)
            stack.enter_context(self.postgres)
            stack.enter_context(self.redis)
            stack.callback(_endpoints_file(self._var).unlink, missing_ok=True)
            _publish(self._var, self.endpoints)
            self._held = stack.pop_all()
        return self.endpoints

    @property
    def endpoints(self) -> Endpoints:
        """Where the servers are; valid once started, and the same after a restart."""
        return Endpoints(self.postgres.url, self.redis.url)

    def keep_running(self) -> tuple[str, ...]:
        """Start again whichever server has died, at its old address, and return the names of those.

        Raises:
            ServerDown: It does not start any more.
        """
        servers: dict[str, PrivatePostgres | PrivateRedis] = {"postgres": self.postgres, "redis": self.redis}
        dead = tuple(name for name, server in servers.items() if not server.is_running())
        for name in dead:
            servers[name].start()
        return dead

    def stop(self) -> None:
        """Stop both servers and let go of ``var``. Stopping twice is no error."""
        self._held.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def running_endpoints(var: Path) -> Endpoints | None:
    """Return where the private servers of ``var`` are when some process holds them and both answer, else None."""
    var = var.absolute()
    try:
        written = json.loads(_endpoints_file(var).read_text())
        endpoints = Endpoints(written["database_url"], written["redis_url"])
        if holder(var) != written["pid"]:
            return None
        probe_database(endpoints.database_url)
        probe_redis(endpoints.redis_url)
    except (OSError, ValueError, KeyError, TypeError, ServerDown):
        return None
    return endpoints


def holder(var: Path) -> int | None:
    """Return the process id that holds ``var``, or None when nobody does. A dead process holds nothing."""
    try:
        with _lock_file(var).open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _pid_in(file)
    except (FileNotFoundError, NotADirectoryError):
        pass
    return None


def _hold(var: Path) -> IO[str]:
    """Lock ``var`` for this process; the lock goes with the returned file, or with the process."""
    path = _lock_file(var)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    # A command that looks who holds it (see holder) has the lock for an instant; that is no reason to give up.
    give_up_at = time.monotonic() + LOCK_PATIENCE_S
    while not _try_lock(file):
        if time.monotonic() > give_up_at:
            pid = _pid_in(file)
            file.close()
            raise VarHeld(_held_problem(var, pid), pid=pid)
        time.sleep(0.02)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(file: IO[str]) -> int | None:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdigit() else None


def _held_problem(var: Path, pid: int | None) -> Problem:
    who_th, who_en = (f"โปรเซส {pid}", f"process {pid}") if pid else ("โปรเซสอื่น", "another process")
    return Problem(
        path=str(var),
        code="var_held",
        th=f"โฟลเดอร์ {var} กำลังถูกใช้โดย syndicator อีกตัว ({who_th}) โปรดปิดตัวนั้นก่อน หรือใช้โฟลเดอร์อื่น",
        en=f"{var} is in use by another syndicator ({who_en}); stop that one first, or use another folder",
    )


def _publish(var: Path, endpoints: Endpoints) -> None:
    """Write the endpoints so that a reader sees the whole file or none."""
    path = _endpoints_file(var)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".endpoints-")
    with os.fdopen(handle, "w") as file:
        json.dump({**asdict(endpoints), "pid": os.getpid()}, file)
    Path(name).replace(path)


def _endpoints_file(var: Path) -> Path:
    return var / "run" / "endpoints.json"


def _lock_file(var: Path) -> Path:
    return var / "run" / "lock"
