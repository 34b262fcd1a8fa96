"""Run one command and end it when the process that asked for it is gone, however it went.

This file is started as a script, with nothing of ours or of site-packages importable, so that a guardian costs
a few milliseconds. Its only argument is an order in JSON (see ``guarded.Command``). Standard input is a pipe
whose other end the parent holds: when it closes, by will or because the parent was killed, the command is
asked to stop, then made to. The first line of standard output is the process id of the command; the exit code
is the command's own, or 128 + the signal that ended it.
"""

import ctypes
import json
import os
import selectors
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

# From the Linux headers prctl.h and capability.h; other systems simply go without them.
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522

ON_LINUX = sys.platform.startswith("linux")
LOOK_EVERY_S = 0.5
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class BoundedLog:
    """An appended file that is moved to ``<name>.1`` when it has grown past its limit (bytes)."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file = path.open("ab", buffering=0)

    def write(self, block: bytes) -> None:
        """Append; a full disk loses the line, never the command."""
        with suppress(OSError):
            if self._file.tell() + len(block) > self._limit:
                self._turn()
            self._file.write(block)

    def _turn(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._path.open("ab", buffering=0)


def prctl(option: int, *values: int) -> None:
    """Set a process property where the system knows how; a refusal leaves us with one guard less, not with a failure."""
    if ON_LINUX:
        ctypes.CDLL(None).prctl(option, *(ctypes.c_ulong(value) for value in (*values, 0, 0, 0)[:4]))


def drop_to(user_id: int, group_id: int) -> None:
    """Become another user for good, keeping only root's right to pass folders closed to others.

    PostgreSQL refuses to run as root. The checkout, its environment and ``var`` may lie below a folder only
    root can enter (``/root``), and loosening the permissions of people's folders is not ours to do; hence
    CAP_DAC_OVERRIDE is kept as an ambient capability. Where the kernel refuses it, ordinary permissions rule.
    """
    prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(group_id)
    os.setuid(user_id)
    if ON_LINUX:
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        ctypes.CDLL(None).capset(header, data)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


class Guardian:
    """One command, its output and its end."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._log = BoundedLog(Path(order["log"]), order["log_bytes"])
        self._signals = [signal.Signals(number) for number in order["stop_signals"]] + [signal.SIGKILL]
        self._stopping = False
        self._escalate_at = 0.0
        self._code: int | None = None
        self._pid = 0
        self._output = -1
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Start the command, watch until it has ended, and return its exit code."""
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._listen()
        self._start()
        while self._code is None:
            self._look()
            if self._stopping and time.monotonic() >= self._escalate_at:
                self._send_next_signal()
            self._reap()
        self._end_the_rest()
        self._copy_output()
        return self._code

    def _listen(self) -> None:
        read_end, write_end = os.pipe()
        for end in (read_end, write_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: self._stop())
        self._selector.register(read_end, selectors.EVENT_READ, lambda: os.read(read_end, 512))
        self._selector.register(0, selectors.EVENT_READ, self._stop)

    def _start(self) -> None:
        self._output, theirs = os.pipe()
        # Held back until the new process no longer has our handlers, which would swallow an early stop signal.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        self._pid = os.fork()
        if self._pid == 0:
            self._become_command(theirs)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.close(theirs)
        os.set_blocking(self._output, False)
        self._selector.register(self._output, selectors.EVENT_READ, self._copy_output)
        with suppress(BrokenPipeError):
            os.write(1, f"{self._pid}\n".encode())
        os.close(1)

    def _become_command(self, output: int) -> NoReturn:
        try:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            signal.set_wakeup_fd(-1)
            for number in (*STOP_SIGNALS, signal.SIGCHLD, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            if self._order["cwd"]:
                os.chdir(self._order["cwd"])
            if self._order["user_id"] is not None:
                drop_to(self._order["user_id"], self._order["group_id"])
            # After the change of user, which clears it: the command does not outlive a killed guardian either.
            prctl(PR_SET_PDEATHSIG, self._signals[0])
            os.execvp(self._order["argv"][0], self._order["argv"])  # noqa: S606 - no shell is the point
        except OSError as exc:
            os.write(2, f"{self._order['argv'][0]} could not be started: {exc}\n".encode())
        finally:
            os._exit(127)

    def _look(self) -> None:
        for key, _ in self._selector.select(LOOK_EVERY_S):
            key.data()
        if os.getppid() != self._order["parent"]:
            self._stop()

    def _copy_output(self) -> None:
        with suppress(BlockingIOError):
            while block := os.read(self._output, 65536):
                self._log.write(block)
            with suppress(KeyError):
                self._selector.unregister(self._output)

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._selector.unregister(0)

    def _send_next_signal(self) -> None:
        number = self._signals.pop(0) if len(self._signals) > 1 else signal.SIGKILL
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._pid, number)
            else:
                os.kill(self._pid, number)
        self._escalate_at = time.monotonic() + self._order["grace_s"]

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self._pid:
                    code = os.waitstatus_to_exitcode(status)
                    self._code = code if code >= 0 else 128 - code

    def _end_the_rest(self) -> None:
        """End what the command left behind: its group, and descendants that the kernel handed to us."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        give_up_at = time.monotonic() + self._order["grace_s"]
        while (orphans := self._orphans()) and time.monotonic() < give_up_at:
            for pid in orphans:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            self._reap()
            time.sleep(0.005)

    def _orphans(self) -> list[int]:
        path = Path(f"/proc/self/task/{os.getpid()}/children")
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []


if __name__ == "__main__":
    sys.exit(Guardian(json.loads(sys.argv[1])).run())
