"""Decoding where a bomb or a corrupt file cannot hurt: in a small process of its own, bounded and replaceable."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from schemas.media import PictureSpec
from schemas.problem import Problem
from syndicator.media.decoder_wire import Answer, Request, WireBroken, read_answer, write_request
from syndicator.media.limits import DecodeLimits
from syndicator.media.pipeline import RenderedPicture
from syndicator.media.problems import MediaCode, MediaProblemError, media_problem

MAX_DEATHS: Final = 2
"""A picture that has killed its process this often is quarantined: no accident strikes twice."""
PICTURES_PER_CHILD: Final = 500
"""After so many pictures the process is replaced, so that a leak in a decoder library stays small."""
GROWN_BYTES: Final = 256 * 1024 * 1024
"""A process whose peak has passed this is replaced: freed memory of that size may never return to the system."""
_END_WAIT_S: Final = 2.0
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Environment the process sees; credentials are not among it."""


class Death(StrEnum):
    """How a decoding process ended."""

    TIMEOUT = "timeout"
    DIED = "died"


class DecoderDied(Exception):
    """The process ended without an answer. The caller counts, and quarantines at the second death.

    Attributes:
        death: Whether we ended it for taking too long, or it died.
        problem: What the seller reads once the picture is quarantined.
    """

    def __init__(self, death: Death, detail: str) -> None:
        super().__init__(f"the picture decoder ended without an answer ({death}): {detail}")
        self.death = death
        self.problem: Problem = media_problem(
            MediaCode.DECODE_TIME if death is Death.TIMEOUT else MediaCode.KILLED
        )


def is_poison(deaths: int) -> bool:
    """Tell whether a picture that has ended its process ``deaths`` times is to be quarantined."""
    return deaths >= MAX_DEATHS


class GuardedDecoder:
    """Renders pictures in a child process that is started when first needed and replaced when it dies.

    One picture at a time; calls from further threads wait. Use one per worker process, as a context manager.
    The child ends by itself when this process does: its input closes.
    """

    def __init__(self, limits: DecodeLimits, *, python: Sequence[str] = (sys.executable,)) -> None:
        self._limits = limits
        self._python = tuple(python)
        self._child: _Child | None = None
        self._turn = threading.Lock()
        self._last_peak_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def child_pid(self) -> int | None:
        """Process id of the running child; None before the first picture and after a death."""
        return self._child.pid if self._child is not None else None

    @property
    def last_peak_bytes(self) -> int:
        """The most memory the child that made the last picture had used by then; 0 before the first."""
        return self._last_peak_bytes

    def render(self, source: bytes | Path, specs: Sequence[PictureSpec]) -> Mapping[str, RenderedPicture]:
        """Do what ``pipeline.render_pictures`` does, safely.

        Raises:
            MediaProblemError: The picture is refused for good.
            DecoderDied: The process ended or was ended; a new one serves the next call.
            FileNotFoundError: ``source`` names a file that is not there.
        """
        with self._turn:
            answer = self._ask(self._request(source, specs))
        if answer.problem is not None:
            raise MediaProblemError(answer.problem)
        return answer.pictures

    def close(self) -> None:
        """End the child; the next picture would start another."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _request(self, source: bytes | Path, specs: Sequence[PictureSpec]) -> Request:
        if isinstance(source, bytes):
            too_big = len(source) > self._limits.max_bytes
            if too_big:
                raise MediaProblemError.of(
                    MediaCode.TOO_MANY_BYTES, limit=self._limits.max_bytes // 1_000_000
                )
            return Request(specs=specs, limits=self._limits, data=source)
        source.stat()
        return Request(specs=specs, limits=self._limits, path=source.absolute())

    def _ask(self, request: Request) -> Answer:
        child = self._child or _Child(self._python)
        # Until the answer is whole the child is nobody's: whatever interrupts us here (a time limit, a shutdown)
        # leaves it in mid-conversation, so it is not used again.
        self._child = None
        try:
            answer = child.ask(request)
        except BaseException:
            child.kill()
            raise
        self._last_peak_bytes = child.peak_bytes
        if child.is_worn:
            child.end()
        else:
            self._child = child
        return answer


class _Child:
    """One decoding process and the pipes to it."""

    def __init__(self, python: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [*python, "-m", "syndicator.media.decoder_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._served = 0
        self.peak_bytes = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_worn(self) -> bool:
        return self._served >= PICTURES_PER_CHILD or self.peak_bytes > GROWN_BYTES

    def ask(self, request: Request) -> Answer:
        """Exchange one request for its answer within the time limit.

        Raises:
            DecoderDied: No whole answer came.
        """
        expired = threading.Event()

        def end_it() -> None:
            expired.set()
            self._process.kill()

        watchdog = threading.Timer(request.limits.timeout.total_seconds(), end_it)
        watchdog.daemon = True
        watchdog.start()
        try:
            answer = self._exchange(request)
        except (BrokenPipeError, WireBroken) as exc:
            raise self._died(expired, repr(exc)) from exc
        finally:
            watchdog.cancel()
        if answer is None:
            raise self._died(expired, "the pipe closed")
        self._served += 1
        self.peak_bytes = answer.peak_bytes
        return answer

    def _exchange(self, request: Request) -> Answer | None:
        write_request(cast("BinaryIO", self._process.stdin), request)
        largest = max((spec.max_bytes for spec in request.specs), default=1)
        return read_answer(cast("BinaryIO", self._process.stdout), largest)

    def _died(self, expired: threading.Event, detail: str) -> DecoderDied:
        self.kill()
        death = Death.TIMEOUT if expired.is_set() else Death.DIED
        return DecoderDied(death, f"exit code {self._process.returncode}, {detail}")

    def end(self) -> None:
        """Close the input, which ends an idle child, and wait."""
        self._close_pipes()
        try:
            self._process.wait(_END_WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()
        self._close_pipes()
        self._process.wait()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # Closing flushes what a dead child can no longer read; the pipe is closed all the same.


def _environment() -> dict[str, str]:
    """What the child may know: where its code is, and no secret."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    return {
        **passed,
        "PYTHONPATH": root,
        # One arena and early trimming: memory of a large picture goes back when it is done.
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_TRIM_THRESHOLD_": "1048576",
        "MALLOC_MMAP_THRESHOLD_": "1048576",
    }
