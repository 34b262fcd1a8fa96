"""The most memory a process has used, as the kernel remembers it."""

from pathlib import Path

import psutil

KIB = 1024


def peak_bytes(process: psutil.Process) -> int:
    """Return the highest resident memory of a process so far, in bytes; 0 when it is gone.

    Linux keeps the peak itself (VmHWM, proc(5)), so that no moment between two looks is missed; elsewhere it
    is the memory of this moment.
    """
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        status = ""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * KIB
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def descendants(pid: int) -> list[psutil.Process]:
    """Return the processes below one, at any depth; none when it is gone."""
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []
