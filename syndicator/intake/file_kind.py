"""What a file is, judged by its first bytes and never by its name."""

import re
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import Final

from syndicator.intake.errors import refusal
from syndicator.intake.limits import IntakeLimits

_HEAD_BYTES: Final = 65_536
_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM: Final = "EncryptedPackage".encode("utf-16-le")
_ZIP_MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_MARKUP: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|meta|\?xml)", re.IGNORECASE
)
_OTHER_MAGIC: Final = {
    b"%PDF": "PDF",
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\x1f\x8b": "gzip",
}


class FileKind(StrEnum):
    """The formats an import reads and writes."""

    CSV = "csv"
    XLSX = "xlsx"


def file_kind(path: Path, limits: IntakeLimits) -> FileKind:
    """Say whether ``path`` is a CSV or an XLSX.

    Raises:
        IntakeError: It is missing, a folder, unreadable, empty, too large, or something else.
    """
    head = _head(path, limits)
    if head.startswith(_ZIP_MAGICS):
        return _workbook(path)
    if head.startswith(_OLE_MAGIC):
        raise refusal("file_encrypted" if _is_encrypted(path) else "file_old_excel", file=path.name)
    if head.startswith(_UTF16_MARKS):
        raise refusal("file_utf16", file=path.name)
    if _MARKUP.match(head):
        raise refusal("file_markup", file=path.name)
    for magic, name in _OTHER_MAGIC.items():
        if head.startswith(magic):
            raise refusal("file_other_kind", file=path.name, kind=name)
    if b"\0" in head:
        raise refusal("file_binary", file=path.name)
    return FileKind.CSV


def _head(path: Path, limits: IntakeLimits) -> bytes:
    try:
        if path.is_dir():
            raise refusal("file_is_folder", file=path.name)
        if not path.is_file():
            raise refusal("file_missing", file=path.name)
        if (size := path.stat().st_size) > limits.max_file_bytes:
            raise refusal(
                "file_too_large", file=path.name, size=_mib(size), limit=_mib(limits.max_file_bytes)
            )
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise refusal("file_unreadable", file=path.name, reason=reason) from exc
    if not head.removeprefix(b"\xef\xbb\xbf").strip():
        raise refusal("file_empty", file=path.name)
    return head


def _mib(size: int) -> str:
    return f"{size / 1024 / 1024:.0f}"


def _workbook(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        raise refusal("workbook_broken", file=path.name) from exc
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise refusal("file_other_kind", file=path.name, kind="ZIP")
    return FileKind.XLSX


def _is_encrypted(path: Path) -> bool:
    """Look for the stream in which Office keeps a workbook with a password; its name stands in the directory."""
    with path.open("rb") as stream:
        tail = b""
        while chunk := stream.read(1024 * 1024):
            if _ENCRYPTED_STREAM in tail + chunk:
                return True
            tail = chunk[-len(_ENCRYPTED_STREAM) :]
    return False
