"""What can go wrong on this machine. Each error carries the sentence a person reads, in Thai and English.

LocalError
├── ServerDown    a server did not start, or does not answer at its address
├── VarUnusable   the ``var`` folder cannot be written or has too little room
├── VarHeld       another ``syndicator up`` uses this ``var`` folder
├── PortTaken     a TCP port we were told to use is in use
└── ChildDown     one of our own processes did not become ready
"""

import shutil
from pathlib import Path

from schemas.problem import Problem

FULL_BELOW_BYTES = 16 * 1024**2
"""Size of one file of PostgreSQL's write-ahead log: without room for it no server starts."""


class LocalError(Exception):
    """Root of the errors of this machine; ``str()`` is the English sentence."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.en)
        self.problem = problem


class ServerDown(LocalError):
    """A server did not start, or does not answer at its address."""


class VarUnusable(LocalError):
    """The ``var`` folder cannot be written or has too little room."""


class VarHeld(LocalError):
    """Another ``syndicator up`` uses this ``var`` folder; ``pid`` is its process when known."""

    def __init__(self, problem: Problem, *, pid: int | None) -> None:
        super().__init__(problem)
        self.pid = pid


class PortTaken(LocalError):
    """A TCP port we were told to use is in use."""


class ChildDown(LocalError):
    """One of our own processes did not become ready."""


def last_lines(log: Path, count: int = 5) -> str:
    """Return the last lines of a log for an error message, at most 2,000 characters; "" when there is none."""
    try:
        text = log.read_bytes()[-8_000:].decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-count:])[-2_000:]


def _is_full(folder: Path) -> bool:
    """On a disk without any room the server could not even write down why it failed."""
    try:
        return shutil.disk_usage(folder).free < FULL_BELOW_BYTES
    except OSError:
        return False


def not_started(name: str, kind: str, folder: Path, reason: str, log: Path | None = None) -> ServerDown:
    """Say why a private server did not start; the code is ``disk_full`` or ``<kind>_not_started``.

    Args:
        name: What people call the server.
        kind: What the code calls it.
        folder: Where its files are.
        reason: Why, in English.
        log: Its log when its last lines are about this failure.
    """
    words = last_lines(log) if log else ""
    if "No space left on device" in f"{reason}\n{words}" or _is_full(folder):
        return ServerDown(
            Problem(
                path=str(folder),
                code="disk_full",
                th=f"เปิด {name} ไม่ได้เพราะดิสก์ที่เก็บ {folder} เต็ม โปรดลบไฟล์ที่ไม่ใช้แล้วลองใหม่",
                en=f"{name} could not be started: the disk of {folder} is full; free some space and try again",
            )
        )
    return ServerDown(
        Problem(
            path=str(folder),
            code=f"{kind}_not_started",
            th=f"เปิด {name} ใน {folder} ไม่ได้: {reason}" + (f" ดูรายละเอียดที่ {log}" if log else ""),
            en=f"{name} in {folder} could not be started: {reason}"
            + (f"; see {log}, which ends:\n{words}" if words else ""),
        )
    )
