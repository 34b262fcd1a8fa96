"""The process that opens pictures: ``python -m syndicator.media.decoder_child``.

It holds no credential and no connection, may not write files, and may be killed at any moment. It reads requests
from its standard input and answers on its standard output until the input ends, which it does when its parent
dies. The wire is described in ``decoder_wire``.
"""

import resource
import sys
from pathlib import Path
from typing import BinaryIO, Final

from syndicator.media.decoder_wire import Answer, Request, read_request, write_answer
from syndicator.media.limits import DecodeLimits
from syndicator.media.pipeline import render_pictures
from syndicator.media.problems import MediaProblemError

_OPEN_FILES: Final = 64


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _harden()
    while (request := read_request(requests)) is not None:
        _allow(request.limits)
        _answer(request, answers)


def _answer(request: Request, answers: BinaryIO) -> None:
    try:
        pictures = render_pictures(request.source(), request.specs, request.limits)
        write_answer(answers, Answer(pictures=pictures, peak_bytes=_peak_bytes()))
    except MediaProblemError as exc:
        write_answer(answers, Answer(problem=exc.problem, peak_bytes=_peak_bytes()))
    except BrokenPipeError:
        sys.exit(0)  # The parent is gone and nobody waits for the answer.


def _harden() -> None:
    """Give up what a decoder never needs: core dumps, new files, many descriptors."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))


def _allow(limits: DecodeLimits) -> None:
    """Bound memory, and the CPU time of this one picture.

    The data limit counts heap and private maps but not the libraries' code, so the figure means what it says.
    Crossing it is a ``MemoryError``; crossing the CPU limit kills the process.
    """
    _limit(resource.RLIMIT_DATA, limits.memory_bytes)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _limit(resource.RLIMIT_CPU, int(used + limits.timeout.total_seconds()) + 1)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _peak_bytes() -> int:
    """Return the most memory this process has held.

    Linux carries ``ru_maxrss`` over from the parent that started us, so its own book is read there.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    main()
