"""A command that never outlives us: started below a guardian, stopped by closing the guardian's pipe."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Self, cast

from syndicator.local.accounts import Account

GUARDIAN = Path(__file__).with_name("guardian.py")
LOG_BYTES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run and how to end it.

    Attributes:
        argv: Program and arguments.
        log: File that receives everything the command prints; turned over to ``<name>.1`` at 5 MB.
        env: The whole environment; None means ours.
        cwd: Working folder; None means ours.
        stop_signals: Sent one after the other, a grace apart, before SIGKILL.
        grace: How long each signal may take.
        account: Who to become first; None means stay who we are.
    """

    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    grace: timedelta = timedelta(seconds=10)
    account: Account | None = None

    def order(self) -> str:
        """Write the order that the guardian reads."""
        return json.dumps(
            {
                "argv": self.argv,
                "log": str(self.log),
                "log_bytes": LOG_BYTES,
                "cwd": str(self.cwd) if self.cwd else None,
                "stop_signals": [int(number) for number in self.stop_signals],
                "grace_s": self.grace.total_seconds(),
                "user_id": self.account.user_id if self.account else None,
                "group_id": self.account.group_id if self.account else None,
                "parent": os.getpid(),
            }
        )


class Guarded:
    """One running command."""

    def __init__(self, command: Command) -> None:
        """Start the command.

        Effects: two processes, the guardian and the command; both end when this process ends, however it ends.

        Raises:
            OSError: The log folder cannot be written, or no process can be started.
        """
        self.command = command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        with command.log.open("ab") as log:
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARDIAN), command.order()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=command.env,
                start_new_session=True,
            )
        with cast("IO[bytes]", self._guardian.stdout) as answer:
            self.pid = int(answer.readline() or 0)

    @property
    def guardian_pid(self) -> int:
        """Process id of the guardian."""
        return self._guardian.pid

    def exit_code(self) -> int | None:
        """Return the command's exit code (128 + signal when a signal ended it), or None while it runs."""
        code = self._guardian.poll()
        if code is None:
            return None
        self._close_pipe()
        return _shell_code(code)

    def wait(self, timeout: timedelta | None = None) -> int:
        """Wait until the command has ended and return its exit code.

        Raises:
            TimeoutError: It still runs after ``timeout``.
        """
        try:
            code = self._guardian.wait(timeout.total_seconds() if timeout else None)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.command.argv[0]} still runs after {timeout}") from None
        self._close_pipe()
        return _shell_code(code)

    def ask_to_stop(self) -> None:
        """Ask the command to stop without waiting; the guardian insists when the grace is over."""
        self._close_pipe()

    def stop(self) -> int:
        """Ask the command to stop, wait, and return its exit code. Stopping twice is no error."""
        self.ask_to_stop()
        patience = self.command.grace * (len(self.command.stop_signals) + 1) + timedelta(seconds=5)
        try:
            return self.wait(patience)
        except TimeoutError:
            # Its death takes the command along where the kernel supports that.
            self._guardian.kill()
            return self.wait()

    def _close_pipe(self) -> None:
        cast("IO[bytes]", self._guardian.stdin).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _shell_code(code: int) -> int:
    """Write the end of a guardian that was itself killed the way it would have written its command's."""
    return code if code >= 0 else 128 - code
