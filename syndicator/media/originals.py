"""Keep what a seller sent, once, under its own hash."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from schemas.ids import Sha256
from syndicator.media.storage import MediaStore


@dataclass(frozen=True, slots=True)
class Original:
    """A stored source picture: its identity and its size in bytes."""

    sha256: Sha256
    size_bytes: int


def original_key(sha256: Sha256) -> str:
    """Return the storage key of a source picture."""
    return f"originals/{sha256[:2]}/{sha256}"


def store_original(store: MediaStore, source: bytes | Path) -> Original:
    """Store a source picture under its SHA-256; one that is there already is not written again.

    Raises:
        OSError: The file that ``source`` names cannot be read.
        StorageError: The store failed.
    """
    original = _identify(source)
    key = original_key(original.sha256)
    if not store.exists(key):
        store.put(key, source)
    return original


def _identify(source: bytes | Path) -> Original:
    if isinstance(source, bytes):
        return Original(Sha256(hashlib.sha256(source).hexdigest()), len(source))
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Original(Sha256(digest), file.tell())
