"""Pictures named by a seller into the store: files that came with the goods, and https addresses."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from schemas.problem import Problem
from syndicator.media.fetch import PictureFetcher, SourceUnavailable
from syndicator.media.originals import Original, store_original
from syndicator.media.problems import MediaProblemError
from syndicator.media.storage import MediaStore

STORE_THREADS = 4
"""Pictures fetched, hashed and stored at once: disk and network are the bound, not the processor."""


@dataclass(slots=True)
class KeptPictures:
    """What became of every source: the stored original, or why there is none."""

    originals: dict[str, Original] = field(default_factory=dict)
    failures: dict[str, Problem] = field(default_factory=dict)


def store_pictures(
    sources: Sequence[str],
    found: Mapping[str, Path],
    *,
    store: MediaStore,
    fetcher: PictureFetcher,
    progress: Callable[[int], None] = lambda _: None,
) -> KeptPictures:
    """Store every source once: the file in ``found``, else what is at the address. No transaction may be open.

    Raises:
        StorageError: The store failed.
    """
    outcome = KeptPictures()

    def store_one(source: str) -> Original | Problem:
        try:
            return store_original(store, found[source] if source in found else fetcher.fetch(source))
        except (MediaProblemError, SourceUnavailable) as exc:
            return exc.problem
        except OSError as exc:
            return _unreadable(exc)

    if not sources:
        return outcome
    with ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="photos") as pool:
        for done, (source, got) in enumerate(
            zip(sources, pool.map(store_one, sources), strict=True), start=1
        ):
            if isinstance(got, Original):
                outcome.originals[source] = got
            else:
                outcome.failures[source] = got
            progress(done)
    return outcome


def named(problem: Problem, source: str, path: str) -> Problem:
    """Return the problem of one source of several, with the source in its sentences."""
    return problem.model_copy(
        update={"path": path, "th": f"รูป {source}: {problem.th}", "en": f"{source}: {problem.en}"}
    )


def _unreadable(exc: OSError) -> Problem:
    return Problem(
        path="image_files",
        code="photo_unreadable",
        th="เปิดไฟล์รูปนี้ไม่ได้ กรุณาตรวจว่าไฟล์ยังอยู่และเปิดดูได้",
        en=f"the picture file cannot be read ({exc.strerror or type(exc).__name__})",
    )
