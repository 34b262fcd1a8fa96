"""Which system account a server runs as, since PostgreSQL refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

UNPRIVILEGED_NAMES = ("nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """A system user and its group, by number."""

    user_id: int
    group_id: int


def service_account() -> Account | None:
    """Return the account a server must change to: None when we are not root and simply stay who we are.

    Raises:
        LookupError: We are root and the machine has neither ``nobody`` nor ``daemon``.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LookupError(f"none of the system accounts {', '.join(UNPRIVILEGED_NAMES)} exists")


def make_private_folder(folder: Path, account: Account | None) -> None:
    """Create a folder that only its owner (``account``, or we) may enter.

    Raises:
        OSError: It cannot be made, or cannot be given to the account.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.user_id, account.group_id)
