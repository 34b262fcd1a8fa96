"""The wire between a worker and its decoding process: a length, a JSON header, then raw bytes.

JSON, not pickle: the process has just parsed a stranger's file, and nothing it answers may run code in its parent.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from schemas.media import PictureSpec
from schemas.problem import Problem
from syndicator.media.limits import DecodeLimits
from syndicator.media.pipeline import RenderedPicture
from syndicator.media.problems import MediaCode, MediaProblemError

_LENGTH: Final = struct.Struct(">I")
_MAX_HEADER: Final = 1_000_000
"""Bytes; a header beyond this means that the other side has gone mad."""


class WireBroken(Exception):
    """The other side ended in the middle of a message, or sent something that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One picture to make: a file's path, or its bytes, with what to make of it."""

    specs: Sequence[PictureSpec]
    limits: DecodeLimits
    path: Path | None = None
    data: bytes = b""

    def source(self) -> bytes:
        """Return the source's bytes; a file beyond the byte limit is refused unread.

        Raises:
            MediaProblemError: ``too_many_bytes``.
            FileNotFoundError: The file is not there.
        """
        if self.path is None:
            return self.data
        if self.path.stat().st_size > self.limits.max_bytes:
            raise MediaProblemError.of(MediaCode.TOO_MANY_BYTES, limit=self.limits.max_bytes // 1_000_000)
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The pictures or the problem, and the most memory in bytes the process has used so far."""

    pictures: Mapping[str, RenderedPicture] = field(default_factory=dict)
    problem: Problem | None = None
    peak_bytes: int = 0


def write_request(out: BinaryIO, request: Request) -> None:
    """Send one request and flush."""
    limits = request.limits
    header = {
        "specs": [spec.model_dump() for spec in request.specs],
        "limits": {
            "max_pixels": limits.max_pixels,
            "max_bytes": limits.max_bytes,
            "min_side": limits.min_side,
            "timeout_s": limits.timeout.total_seconds(),
            "memory_bytes": limits.memory_bytes,
        },
        "path": None if request.path is None else str(request.path),
        "size": len(request.data),
    }
    _write(out, header, [request.data])


def read_request(source: BinaryIO) -> Request | None:
    """Wait for the next request; None when the other side has closed."""
    header = _read_header(source)
    if header is None:
        return None
    limits = header["limits"]
    timeout = timedelta(seconds=limits.pop("timeout_s"))
    return Request(
        specs=[PictureSpec.model_validate(spec) for spec in header["specs"]],
        limits=DecodeLimits(timeout=timeout, **limits),
        path=None if header["path"] is None else Path(header["path"]),
        data=_read_exactly(source, header["size"]),
    )


def write_answer(out: BinaryIO, answer: Answer) -> None:
    """Send one answer and flush."""
    header = {
        "pictures": [
            {"spec": name, "width": made.width, "height": made.height, "size": len(made.data)}
            for name, made in answer.pictures.items()
        ],
        "problem": None if answer.problem is None else answer.problem.model_dump(),
        "peak_bytes": answer.peak_bytes,
    }
    _write(out, header, [made.data for made in answer.pictures.values()])


def read_answer(source: BinaryIO, max_picture_bytes: int) -> Answer | None:
    """Wait for an answer; None when the other side has closed without one.

    Raises:
        WireBroken: The answer is cut short, malformed, or names a picture above ``max_picture_bytes``.
    """
    header = _read_header(source)
    if header is None:
        return None
    try:
        pictures = {str(p["spec"]): _read_picture(source, p, max_picture_bytes) for p in header["pictures"]}
        problem = None if header["problem"] is None else Problem.model_validate(header["problem"])
        return Answer(pictures=pictures, problem=problem, peak_bytes=int(header["peak_bytes"]))
    except (KeyError, TypeError, ValueError) as exc:
        raise WireBroken(f"malformed answer: {exc!r}") from exc


def _read_picture(source: BinaryIO, described: Mapping[str, Any], max_bytes: int) -> RenderedPicture:
    size = int(described["size"])
    if not 0 < size <= max_bytes:
        raise WireBroken(f"a picture of {size} bytes was announced")
    return RenderedPicture(
        data=_read_exactly(source, size), width=int(described["width"]), height=int(described["height"])
    )


def _write(out: BinaryIO, header: Mapping[str, Any], bodies: Sequence[bytes]) -> None:
    encoded = json.dumps(header).encode()
    out.write(_LENGTH.pack(len(encoded)))
    out.write(encoded)
    out.writelines(bodies)
    out.flush()


def _read_header(source: BinaryIO) -> dict[str, Any] | None:
    prefix = source.read(_LENGTH.size)
    if not prefix:
        return None
    if len(prefix) < _LENGTH.size:
        raise WireBroken("the other side ended inside a length")
    (length,) = _LENGTH.unpack(prefix)
    if length > _MAX_HEADER:
        raise WireBroken(f"a header of {length} bytes was announced")
    try:
        header = json.loads(_read_exactly(source, length))
    except ValueError as exc:
        raise WireBroken("the header is not JSON") from exc
    if not isinstance(header, dict):
        raise WireBroken("the header is not an object")
    return header


def _read_exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size) if size else b""
    if len(data) < size:
        raise WireBroken("the other side ended inside a message")
    return data
