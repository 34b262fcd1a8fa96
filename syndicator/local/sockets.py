"""Where a unix socket can live: its path is limited to some hundred bytes, and not every file system has sockets."""

import hashlib
import os
import re
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from syndicator.local.accounts import Account, make_private_folder

# sun_path holds 108 bytes with its final zero on Linux (unix(7)), 104 on macOS.
MAX_SOCKET_PATH_BYTES = 103
# libpq reads a comma as the start of another host, and configuration files read % as a reference. A path that
# needs no escaping survives every place an address passes through.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+@-]+")


def socket_folder(preferred: Path, name: str, account: Account | None) -> Path:
    """Return a private folder in which a socket ``name`` can be bound, the preferred one if that works.

    Otherwise the user's runtime folder, then the temporary folder, in a subfolder named after the preferred
    path, so that the same ``var`` gets the same socket every time.

    Effects: creates the folder with mode 0700, owned by ``account`` (ours when None).

    Raises:
        OSError: None of the places works; the message names each with its reason.
    """
    mark = f"syndicator-{os.geteuid()}-{hashlib.sha256(os.fsencode(preferred.absolute())).hexdigest()[:12]}"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    candidates = [preferred, *([Path(runtime) / mark] if runtime else []), Path(tempfile.gettempdir()) / mark]
    reasons = []
    for candidate in candidates:
        try:
            _prepare(candidate, name, account)
        except OSError as exc:
            reasons.append(f"{candidate}: {exc}")
            continue
        return candidate
    raise OSError("no place for a socket; " + "; ".join(reasons))


def _prepare(folder: Path, name: str, account: Account | None) -> None:
    length = len(os.fsencode(folder / name))
    if length > MAX_SOCKET_PATH_BYTES:
        raise OSError(f"the path would be {length} bytes long, more than {MAX_SOCKET_PATH_BYTES}")
    if not PLAIN_PATH.fullmatch(str(folder)):
        raise OSError("the path has characters that addresses would have to escape")
    _refuse_strangers(folder, account)
    make_private_folder(folder, account)
    # The trial socket has a name as long as the real one, which may be in use.
    trial = folder / ("." + "t" * (len(name) - 1))
    trial.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(str(trial))
    trial.unlink()


def _refuse_strangers(folder: Path, account: Account | None) -> None:
    """In a folder everybody may write, somebody else may have made ours first and would own the socket."""
    if not os.path.lexists(folder):
        return
    ours = {os.geteuid(), account.user_id if account else os.geteuid()}
    if folder.is_symlink() or folder.stat().st_uid not in ours:
        raise PermissionError(f"{folder} belongs to somebody else")


def remove_if_borrowed(folder: Path, home: Path) -> None:
    """Remove the socket folder of a stopped server when it lies outside the server's own home; empty ones only."""
    if not folder.is_relative_to(home):
        with suppress(OSError):
            folder.rmdir()
