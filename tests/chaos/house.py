"""The running system under test: ``syndicator up`` with real processes, and a second scheduler beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from syndicator.local.servers import running_endpoints

START_WITHIN_S = 120.0
END_WITHIN_S = 60.0
SECOND_SCHEDULER = "scheduler-2"


class House:
    """Starts the system, finds its processes, and starts it again when somebody killed it whole.

    Args:
        env: The whole environment of the processes; ``SYNDICATOR_VAR`` is set in it.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._var = Path(env["SYNDICATOR_VAR"])
        self._up: subprocess.Popen[bytes] | None = None
        self._second: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start everything and return when it is ready.

        Raises:
            TimeoutError: It did not come up.
        """
        info = self._var / "run" / "stack.json"
        info.unlink(missing_ok=True)
        self._up = self._spawn("up", "up", "--live", "--json")
        _wait(lambda: _names(info, self._pid) or self._failed(), START_WITHIN_S, "the start")
        if self._failed():
            raise TimeoutError(f"the system did not start; see {self._log('up')}")
        self.starts += 1
        self.keep_second_scheduler()

    def keep_second_scheduler(self) -> None:
        """Start the second scheduler where it does not run."""
        if self._second is not None and self._second.poll() is None:
            return
        endpoints = running_endpoints(self._var)
        if endpoints is None:
            return
        addresses = {
            "SYNDICATOR_DATABASE_URL": endpoints.database_url,
            "SYNDICATOR_REDIS_URL": endpoints.redis_url,
        }
        self._second = self._spawn(SECOND_SCHEDULER, "scheduler", env=addresses)

    def keep_standing(self) -> None:
        """Start again whatever of the outermost processes has ended, as a service manager does."""
        if self._failed():
            self.start()
        self.keep_second_scheduler()

    def stop(self) -> None:
        """Stop in good order and wait until every process is gone."""
        before = [*self.family(), *_family(None if self._second is None else self._second.pid)]
        for process in (self._second, self._up):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
        _wait(lambda: not alive(before), END_WITHIN_S, f"the end of {before}")

    def family(self) -> list[psutil.Process]:
        """Return the supervisor and everything below it."""
        return _family(self._pid)

    @property
    def supervisor(self) -> psutil.Process:
        """The process of ``syndicator up``."""
        return psutil.Process(self._pid)

    def children(self, name: str) -> list[psutil.Process]:
        """Return the running processes of one part.

        ``name`` is ``worker``, ``media``, ``scheduler``, ``api``, ``redis``, ``postgres`` (the first process of the
        server), ``postgres_backend`` or ``scheduler-2``.
        """
        if name == SECOND_SCHEDULER:
            return alive(_family(None if self._second is None else self._second.pid)[:1])
        return [process for process in self.family() if _is(process, name)]

    @property
    def _pid(self) -> int:
        return -1 if self._up is None else self._up.pid

    def _failed(self) -> bool:
        return self._up is None or self._up.poll() is not None

    def _log(self, name: str) -> Path:
        return self._var / "log" / f"{name}.chaos.log"

    def _spawn(self, name: str, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        self._log(name).parent.mkdir(parents=True, exist_ok=True)
        with self._log(name).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "syndicator", *argv],
                env={**self._env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@contextmanager
def frozen(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """Let the processes stand still for the block."""
    for process in processes:
        _signal(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            _signal(process, signal.SIGCONT)


def kill(processes: Sequence[psutil.Process]) -> int:
    """Kill -9; return how many of them still ran."""
    return sum(_signal(process, signal.SIGKILL) for process in processes)


def _signal(process: psutil.Process, number: int) -> bool:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _names(info: Path, pid: int) -> bool:
    try:
        return bool(json.loads(info.read_text(encoding="utf-8"))["pid"] == pid)
    except (OSError, ValueError, KeyError):
        return False


def _family(pid: int | None) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess, ValueError):
        if pid is not None:
            parent = psutil.Process(pid)
            return [parent, *parent.children(recursive=True)]
    return []


def alive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run; a zombie, which only waits for its parent's attention, does not."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _is(process: psutil.Process, name: str) -> bool:
    """Tell a process of ours by its command line; guardians carry the command they watch in theirs, as one word."""
    try:
        words, program = process.cmdline() or [""], process.name()
    except psutil.Error:
        return False
    match name:
        case "redis":
            is_it = program == "redis-server"
        case "postgres":
            is_it = program == "postgres" and "-D" in words
        case "postgres_backend":
            is_it = program == "postgres" and words[0].startswith("postgres: ") and "syndicator" in words[0]
        case "worker" | "media" | "scheduler":
            is_it = "-m" in words[1:2] and f"/ready/{name}" in words[-1]
        case _:
            is_it = "-m" in words[1:2] and words[3:4] == [name]
    return is_it


def _wait(claim: Callable[[], object], seconds: float, what: str) -> None:
    give_up_at = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{what} took more than {seconds:.0f} s")
        time.sleep(0.1)
