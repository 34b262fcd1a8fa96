"""Keep our own processes running: start, wait until ready, restart, measure, stop."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Self

import psutil

from schemas.problem import Problem
from syndicator.local.children import Child
from syndicator.local.errors import ChildDown, last_lines
from syndicator.local.guarded import Command, Guarded
from syndicator.local.memory import descendants, peak_bytes
from syndicator.local.ports import check_port_free

LOOK_EVERY = timedelta(milliseconds=250)
LOOKS_BETWEEN_SAMPLES = 8
"""Memory is read every two seconds only: it means a walk over all processes, and the kernel remembers the peaks."""
READY_TIMEOUT = timedelta(seconds=60)
FIRST_RESTART_WAIT = timedelta(milliseconds=500)
LONGEST_RESTART_WAIT = timedelta(seconds=30)
STEADY_AFTER = timedelta(seconds=10)
"""A child that has run this long did not die of its own start: its next restart comes after the first, short wait."""

log = logging.getLogger(__name__)


class _Kept:
    """One child, its present process and its history."""

    def __init__(self, child: Child, log_folder: Path) -> None:
        self.child = child
        self.log = log_folder / f"{child.name}.log"
        self.process: Guarded | None = None
        self.restarts = 0
        self.peak = 0
        self.largest_descendant = 0
        self._failures = 0
        self._started_at = 0.0
        self._restart_at: float | None = None

    def start(self) -> None:
        if self.child.ready:
            self.child.ready.prepare()
        self.process = Guarded(
            Command(
                argv=self.child.argv,
                log=self.log,
                env=self.child.env,
                cwd=self.child.cwd,
                grace=self.child.grace,
            )
        )
        self._started_at = time.monotonic()
        self._restart_at = None

    def exit_code(self) -> int | None:
        return self.process.exit_code() if self.process else None

    def restart_when_due(self) -> None:
        """Start the child again once it is dead and its wait is over."""
        code = self.exit_code()
        if code is None:
            return
        now = time.monotonic()
        if self._restart_at is None:
            wait = self._next_wait(now)
            self._restart_at = now + wait.total_seconds()
            log.warning(
                "child.ended name=%s code=%s restart_in_s=%s", self.child.name, code, wait.total_seconds()
            )
        elif now >= self._restart_at:
            self.start()
            self.restarts += 1

    def _next_wait(self, now: float) -> timedelta:
        steady = now - self._started_at >= STEADY_AFTER.total_seconds()
        self._failures = 1 if steady else self._failures + 1
        return restart_wait(self._failures)

    def sample(self) -> None:
        if self.process and self.exit_code() is None:
            with suppress(psutil.Error):
                self.peak = max(self.peak, peak_bytes(psutil.Process(self.process.pid)))
            below = [peak_bytes(process) for process in descendants(self.process.pid)]
            self.largest_descendant = max(self.largest_descendant, *below, 0)


class Supervisor:
    """Keeps child processes running until it is told to stop; a context manager.

    Children end with this process, however it ends: each has a guardian (see ``guarded``).

    Args:
        log_folder: What child ``x`` prints goes to ``x.log`` here, bounded to some 10 MB for each child.
        each_look: Called at every look, four times a second, from the supervisor's own thread: for example to
            keep private servers running. What it raises is logged, and it is called again at the next look.
    """

    def __init__(self, log_folder: Path, *, each_look: Callable[[], object] | None = None) -> None:
        self._log_folder = log_folder
        self._each_look = each_look
        self._kept: list[_Kept] = []
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None
        self._looks = 0
        self._lock = threading.Lock()

    def start(self, children: Sequence[Child], *, timeout: timedelta = READY_TIMEOUT) -> None:
        """Start children together and return when all are ready; may be called again for more.

        Raises:
            PortTaken: A port one of them needs is in use; none of them was started.
            ChildDown: One ended before it was ready (code ``child_ended``) or took too long
                (``child_not_ready``); the sentence carries its last words. All of them are stopped.
        """
        for child in children:
            if child.listens:
                check_port_free(child.listens.host, child.listens.port, setting=child.listens.setting)
        started = [_Kept(child, self._log_folder) for child in children]
        try:
            for kept in started:
                kept.start()
            _wait_until_ready(started, timeout)
        except BaseException:
            _stop_all(started)
            raise
        with self._lock:
            self._kept += started
        self._watch()

    def wait_for_signal(self) -> signal.Signals | None:
        """Block until SIGINT or SIGTERM arrives, or ``stop`` is called elsewhere; main thread only.

        Returns:
            The signal, None when there was none. Stopping the children is left to ``stop``.
        """
        came: list[signal.Signals] = []

        def note(number: int, _frame: FrameType | None) -> None:
            came.append(signal.Signals(number))

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not came and not self._over.wait(LOOK_EVERY.total_seconds()):
                pass
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return came[0] if came else None

    def stop(self) -> None:
        """Ask all children to stop, wait, kill the deaf, and return when none is left. Twice is no error.

        Children that listen end last: the others finish what is in hand with their help, such as the pictures that a
        channel fetches while a listing is made.
        """
        self._over.set()
        if self._watcher:
            self._watcher.join()
            self._watcher = None
        for kept in self._kept:
            kept.sample()
        _stop_all([kept for kept in self._kept if kept.child.listens is None])
        _stop_all([kept for kept in self._kept if kept.child.listens is not None])

    def pids(self) -> dict[str, int]:
        """Return the process id of each running child."""
        with self._lock:
            return {
                kept.child.name: kept.process.pid
                for kept in self._kept
                if kept.process and kept.exit_code() is None
            }

    def restarts(self) -> dict[str, int]:
        """Return how often each child had to be started again."""
        with self._lock:
            return {kept.child.name: kept.restarts for kept in self._kept}

    def peaks(self) -> dict[str, int]:
        """Return the highest resident memory of each child in bytes, over all its restarts.

        Shape: ``name`` is the child itself; ``name/child``, where it had any, the largest one process below it.
        """
        with self._lock:
            for kept in self._kept:
                kept.sample()
            own = {kept.child.name: kept.peak for kept in self._kept}
            below = {f"{kept.child.name}/child": kept.largest_descendant for kept in self._kept}
        return own | {name: size for name, size in below.items() if size}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _watch(self) -> None:
        if self._watcher is None:
            self._over.clear()
            self._watcher = threading.Thread(target=self._look_until_over, name="supervisor", daemon=True)
            self._watcher.start()

    def _look_until_over(self) -> None:
        while not self._over.wait(LOOK_EVERY.total_seconds()):
            try:
                self._look()
            except Exception:
                # The watcher must outlive any one failure (a full disk, no process left to be had).
                log.exception("supervisor.look_failed")

    def _look(self) -> None:
        self._looks += 1
        with self._lock:
            for kept in self._kept:
                if self._looks % LOOKS_BETWEEN_SAMPLES == 0:
                    kept.sample()
                kept.restart_when_due()
        if self._each_look:
            self._each_look()


def restart_wait(failures: int) -> timedelta:
    """Return how long to wait before the restart after the n-th failure in a row: doubling, up to 30 seconds."""
    return min(LONGEST_RESTART_WAIT, FIRST_RESTART_WAIT * (1 << min(failures - 1, 16)))


def _wait_until_ready(started: Sequence[_Kept], timeout: timedelta) -> None:
    give_up_at = time.monotonic() + timeout.total_seconds()
    waiting = list(started)
    while waiting:
        for kept in list(waiting):
            code = kept.exit_code()
            if code is not None:
                raise ChildDown(_ended(kept, code))
            if kept.child.ready is None or kept.child.ready.is_ready():
                waiting.remove(kept)
        if waiting and time.monotonic() > give_up_at:
            raise ChildDown(_not_ready(waiting[0], timeout))
        time.sleep(0.02 if waiting else 0)


def _stop_all(kept_ones: Sequence[_Kept]) -> None:
    """Ask all first, then wait for each, so that together they take as long as the slowest."""
    running = [kept.process for kept in kept_ones if kept.process]
    for process in running:
        process.ask_to_stop()
    for process in running:
        process.stop()


def _ended(kept: _Kept, code: int) -> Problem:
    words = last_lines(kept.log)
    return Problem(
        path=kept.child.name,
        code="child_ended",
        th=f"โปรเซส {kept.child.name} หยุดทำงานก่อนพร้อมใช้ (รหัส {code}) ดูรายละเอียดที่ {kept.log}",
        en=f"{kept.child.name} ended with code {code} before it was ready; see {kept.log}"
        + (f", which ends:\n{words}" if words else ""),
    )


def _not_ready(kept: _Kept, timeout: timedelta) -> Problem:
    seconds = int(timeout.total_seconds())
    return Problem(
        path=kept.child.name,
        code="child_not_ready",
        th=f"โปรเซส {kept.child.name} ยังไม่พร้อมใช้หลังรอ {seconds} วินาที ดูรายละเอียดที่ {kept.log}",
        en=f"{kept.child.name} was not ready after {seconds} seconds; see {kept.log}",
    )
