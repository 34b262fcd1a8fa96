"""Where pictures are kept: a local folder or an S3-compatible bucket behind one interface (obstore)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store
from pydantic import SecretStr

from schemas.ids import PictureKey
from schemas.problem import Problem
from syndicator.media.settings import MediaSettings

STREAM_CHUNK: Final = 256 * 1024
"""Bytes handed on at a time when a picture is served."""
REQUEST_TIMEOUT: Final = timedelta(seconds=30)
RETRY_TIMEOUT: Final = timedelta(seconds=60)
"""How long one operation on a bucket may go on retrying before it fails."""

_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""Segments of plain ASCII that do not start with a dot: nothing in a key can climb out of the store."""
_FULL: Final = ("No space left on device", "Disk quota exceeded", "StorageFull", "QuotaExceeded")
"""How the store's errors say "full"; they carry the system's code in their text only."""

_Store: TypeAlias = LocalStore | S3Store


class StorageError(Exception):
    """The media store failed; ``problem`` says so for people. Trying later can help."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.en)
        self.problem = problem


class StorageUnavailable(StorageError):
    """The store did not answer, or refused us."""


class StorageFull(StorageError):
    """There is no room left; nothing of the write remains."""


class InvalidKey(ValueError):
    """A key that no part of this program makes; perhaps someone tries to climb out of the store."""


class MediaStore(Protocol):
    """Bytes under keys. Writes are atomic: a key holds the whole picture or nothing."""

    def put(self, key: str, data: bytes | Path) -> None:
        """Store ``data`` (or the file it names) under ``key``, replacing what was there.

        Raises:
            StorageFull: There is no room; nothing was written.
            StorageUnavailable: The store failed.
            InvalidKey: The key is not one of ours.
            OSError: The file that ``data`` names cannot be read.
        """
        ...

    def read(self, key: str) -> bytes:
        """Return everything under ``key``.

        Raises:
            FileNotFoundError: Nothing is stored there.
            StorageUnavailable: The store failed.
            InvalidKey: The key is not one of ours.
        """
        ...

    def read_dated(self, key: str) -> tuple[bytes, datetime]:
        """Return everything under ``key`` and when it was stored, UTC; errors as :meth:`read`."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether something is stored under ``key``; errors as :meth:`read`."""
        ...

    def size(self, key: str) -> int:
        """Return the size in bytes without reading; errors as :meth:`read`."""
        ...

    def stream(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Open bytes ``start`` (inclusive) to ``end`` (exclusive, None: the last) and hand them on in chunks.

        The key is looked up before this returns, so that a missing picture is known before an answer begins.
        Errors as :meth:`read`; a range that starts behind the end yields nothing.
        """
        ...


class ObjectStore:
    """The ``MediaStore`` on an obstore store. Safe for use from many threads."""

    def __init__(self, store: _Store, where: str) -> None:
        self._store = store
        self._where = where

    def put(self, key: str, data: bytes | Path) -> None:
        """Store under ``key``; see :meth:`MediaStore.put`."""
        check_key(key)
        if isinstance(data, Path):
            data.stat()  # So that a missing source is not taken for a missing bucket.
        with self._failures():
            obstore.put(self._store, key, data)

    def read(self, key: str) -> bytes:
        """Return the bytes; see :meth:`MediaStore.read`."""
        return self.read_dated(key)[0]

    def read_dated(self, key: str) -> tuple[bytes, datetime]:
        """Return the bytes and their date; see :meth:`MediaStore.read_dated`."""
        with self._reading(key):
            found = obstore.get(self._store, key)
            return bytes(found.bytes()), found.meta["last_modified"].astimezone(UTC)

    def exists(self, key: str) -> bool:
        """Tell whether the key is taken; see :meth:`MediaStore.exists`."""
        try:
            self.size(key)
        except FileNotFoundError:
            return False
        return True

    def size(self, key: str) -> int:
        """Return the size in bytes; see :meth:`MediaStore.size`."""
        with self._reading(key):
            return obstore.head(self._store, key)["size"]

    def stream(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Hand on a range in chunks; see :meth:`MediaStore.stream`."""
        total = self.size(key)
        stop = total if end is None else min(end, total)
        if start >= stop:
            return iter(())
        with self._reading(key):
            found = obstore.get(self._store, key, options={"range": (start, stop)})
        return self._chunks(key, found)

    def _chunks(self, key: str, found: Any) -> Iterator[bytes]:
        with self._reading(key):
            for chunk in found.stream(min_chunk_size=STREAM_CHUNK):
                yield bytes(chunk)

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        check_key(key)
        with self._failures():
            try:
                yield
            except FileNotFoundError:
                raise _Absent(f"no picture {key} in {self._where}") from None

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except _Absent:
            raise
        except (BaseError, OSError) as exc:
            raise storage_error(exc, self._where) from exc


class _Absent(FileNotFoundError):
    """Nothing is stored under the key; told apart from a folder or bucket that is gone."""


def check_key(key: str) -> str:
    """Return ``key`` when it is one that this program could have made.

    Raises:
        InvalidKey: It is not: dots at the start of a segment, an absolute path, an odd character, too long.
    """
    if len(key) > 512 or _KEY.fullmatch(key) is None:  # noqa: PLR2004 - far above any key we make
        raise InvalidKey(f"not a media key: {key[:80]!r}")
    return key


def storage_error(exc: Exception, where: str) -> StorageError:
    """Say in one sentence what a failure of the store means."""
    reason = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
    if any(sign in str(exc) for sign in _FULL):
        return StorageFull(
            Problem(
                path="",
                code="storage_full",
                th=f"พื้นที่เก็บรูปเต็ม ({where}) กรุณาเพิ่มพื้นที่ว่าง แล้วระบบจะทำต่อเอง",
                en=f"The media store {where} is full; free some space and the work goes on by itself.",
            )
        )
    return StorageUnavailable(
        Problem(
            path="",
            code="storage_unavailable",
            th=f"ใช้งานที่เก็บรูปไม่ได้ชั่วคราว ({where}) ระบบจะลองใหม่เอง",
            en=f"The media store {where} cannot be used: {reason}. It is tried again.",
        )
    )


def open_store(settings: MediaSettings, *, default_folder: Path) -> ObjectStore:
    """Open the store that the settings name: a folder (made when absent) or ``s3://bucket/prefix``.

    Args:
        settings: The media group; ``store`` None means ``default_folder``.
        default_folder: Where pictures are kept when nothing is set.

    Raises:
        StorageError: The folder cannot be made. A bucket is not asked before its first use.
        ValueError: The address is neither a folder nor ``s3://bucket``.
    """
    address = settings.store or str(default_folder)
    if address.startswith("s3://"):
        return ObjectStore(_open_bucket(address, settings), address)
    if "://" in address:
        raise ValueError(f"SYNDICATOR_MEDIA__STORE is {address!r}; give a folder or s3://bucket/prefix")
    folder = Path(address).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return ObjectStore(LocalStore(folder), str(folder))
    except (BaseError, OSError) as exc:
        raise storage_error(exc, str(folder)) from exc


def _open_bucket(address: str, settings: MediaSettings) -> S3Store:
    parts = urlsplit(address)
    if not parts.netloc:
        raise ValueError(
            f"SYNDICATOR_MEDIA__STORE is {address!r}; the bucket is missing (s3://bucket/prefix)"
        )
    endpoint = settings.s3_endpoint
    options: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
    options |= _keys(settings.s3_access_key, settings.s3_secret_key)
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        region=settings.s3_region,
        virtual_hosted_style_request=not settings.s3_path_style,
        client_options={
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
            "timeout": REQUEST_TIMEOUT,
        },
        retry_config={"max_retries": 5, "retry_timeout": RETRY_TIMEOUT},
        **options,
    )


def _keys(access: SecretStr | None, secret: SecretStr | None) -> dict[str, str]:
    if access is None or secret is None:
        return {}  # The machine's own role or environment decides.
    return {"access_key_id": access.get_secret_value(), "secret_access_key": secret.get_secret_value()}


class StoredPictures:
    """The pictures as adapters see them: implements ``adapters.base.PictureHost``."""

    def __init__(self, store: MediaStore, public_url: str) -> None:
        self._store = store
        self._public_url = public_url.rstrip("/")

    def url(self, key: PictureKey) -> str:
        """Return the address under which the ``api`` process (or a CDN before it) serves the picture."""
        return f"{self._public_url}/{key}"

    def read(self, key: PictureKey) -> bytes:
        """Return the picture's bytes.

        Raises:
            FileNotFoundError: No picture is stored under that key.
        """
        return self._store.read(key)
