"""Servers of an earlier life that still use a data folder."""

import signal
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psutil


def processes_in(folder: Path, program: str) -> list[psutil.Process]:
    """Find the running processes of ``program`` whose working folder is ``folder``; both servers work in theirs."""
    return [
        process
        for process in psutil.process_iter(["name", "cwd", "status"])
        if process.info["name"] == program
        and process.info["cwd"] == str(folder)
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def end_leftovers(
    folder: Path, program: str, signals: Sequence[signal.Signals], *, grace: timedelta = timedelta(seconds=10)
) -> bool:
    """End the processes that still use a data folder; two servers on one folder would destroy it.

    A parent that was killed a moment ago leaves servers that are just stopping: they are waited for first.

    Args:
        folder: Absolute data folder, symlinks resolved.
        program: Name of the server's program.
        signals: Sent one after the other to the oldest process, a grace apart, until none is left.
        grace: How long each may take.

    Returns:
        Whether the folder is free.
    """
    for number in (*signals, signal.SIGKILL):
        running = processes_in(folder, program)
        if not running:
            return True
        oldest = min(running, key=lambda process: (process.create_time(), process.pid))
        oldest.send_signal(number)
        _wait_for_end(folder, program, grace)
    return not processes_in(folder, program)


def _wait_for_end(folder: Path, program: str, grace: timedelta) -> None:
    give_up_at = time.monotonic() + grace.total_seconds()
    while processes_in(folder, program) and time.monotonic() < give_up_at:
        time.sleep(0.05)
