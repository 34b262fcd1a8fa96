"""Make the photos that the sample products name: photo-like, 12 megapixels, made once and then kept."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from syndicator.media.formats import SNIFF_BYTES, sniff
from syndicator.media.problems import MediaProblemError
from syndicator.media.sample_files import PhotoKind, write_photo
from syndicator.media.sample_scenes import draw_scene

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many photos are done, of how many."""

LONG_SIDE: Final = 4000
"""Pixels; with the 4:3 of phone cameras this is 12 megapixels."""
PROCESSES: Final = 2
_ODD_KINDS: Final = tuple(kind for kind in PhotoKind if kind is not PhotoKind.PHONE)
_ODD_FROM: Final = 2 * len(_ODD_KINDS)
"""A list shorter than this gets phone photos only."""


@dataclass(frozen=True, slots=True)
class SamplePhotos:
    """How many photos were made now, and how many were there already."""

    made: int
    kept: int


def make_photos(
    names: Iterable[str],
    folder: Path,
    *,
    progress: Progress | None = None,
    long_side: int = LONG_SIDE,
    processes: int = PROCESSES,
) -> SamplePhotos:
    """Make the photos ``names`` below ``folder``, in a few processes of some 400 MB each.

    The same names give the same pictures. A few are not the JPEG that their name says (:func:`kinds_of`).
    Each file appears whole or not at all; interrupted, the next call makes the rest.

    Raises:
        ValueError: A name leads out of the folder.
        OSError: The folder cannot be written.
    """
    kinds = kinds_of(names)
    missing = {name: kind for name, kind in kinds.items() if not _is_photo(_path(folder, name))}
    report = progress or (lambda _done, _total: None)
    kept = len(kinds) - len(missing)
    report(kept, len(kinds))
    make = partial(make_photo, folder, long_side=long_side)
    if processes <= 1 or len(missing) <= 1:
        for done, (name, kind) in enumerate(missing.items(), start=kept + 1):
            make(name, kind)
            report(done, len(kinds))
    else:
        _make_in_processes(make, missing, processes, lambda done: report(kept + done, len(kinds)))
    return SamplePhotos(made=len(missing), kept=kept)


def kinds_of(names: Iterable[str]) -> dict[str, PhotoKind]:
    """Say what each photo really is: one of every odd kind, spread evenly over the sorted names, phones elsewhere."""
    ordered = sorted(set(names))
    kinds = dict.fromkeys(ordered, PhotoKind.PHONE)
    if len(ordered) >= _ODD_FROM:
        step = len(ordered) // len(_ODD_KINDS)
        for index, kind in enumerate(_ODD_KINDS):
            kinds[ordered[index * step + step // 2]] = kind
    return kinds


def make_photo(folder: Path, name: str, kind: PhotoKind, *, long_side: int = LONG_SIDE) -> None:
    """Make one photo; the file appears when it is whole.

    Raises:
        OSError: The folder cannot be written; nothing of the file remains.
    """
    path = _path(folder, name)
    upright_is_tall = sum(name.encode()) % 3 == 0
    short_side = long_side * 3 // 4
    size = (short_side, long_side) if upright_is_tall else (long_side, short_side)
    data = write_photo(draw_scene(PurePosixPath(name).stem, size), name, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _make_in_processes(
    make: Callable[[str, PhotoKind], None],
    missing: Mapping[str, PhotoKind],
    processes: int,
    done: Callable[[int], None],
) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        # The odd kinds take longest to encode, so they go first.
        ordered = sorted(missing.items(), key=lambda entry: entry[1] is PhotoKind.PHONE)
        tasks = [pool.submit(make, name, kind) for name, kind in ordered]
        try:
            for count, task in enumerate(as_completed(tasks), start=1):
                task.result()
                done(count)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _path(folder: Path, name: str) -> Path:
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ValueError(f"the photo name {name!r} leads out of its folder")
    return folder / relative


def _is_photo(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            sniff(file.read(SNIFF_BYTES))
    except (OSError, MediaProblemError):
        return False
    return True
