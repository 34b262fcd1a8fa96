"""Bring all stored credentials under the newest key, while everything runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.secrets import FernetCipher

BATCH = 200
"""Rows of one transaction: short enough that a worker never waits long for those it holds."""


class Vault(Protocol):
    """A repository whose rows hold sealed secrets."""

    def lock_sealed(self, *, after: Any, limit: int) -> Sequence[tuple[Any, str, bytes]]:
        """Return id, name and sealed secrets of the next rows by id, locked until the transaction ends."""
        ...

    def reseal(self, id_: Any, sealed: bytes, /) -> None:
        """Keep the same secrets under another key."""
        ...


@dataclass(slots=True, kw_only=True)
class Rotation:
    """What a rotation did, in accounts and subscriptions to events."""

    rotated: int = 0
    already: int = 0
    unopened: list[tuple[int, str]] = field(default_factory=list)
    """Id and name of those that no configured key opens; they are left as they are."""


def rotate_keys(*, database: Database, cipher: FernetCipher, batch: int = BATCH) -> Rotation:
    """Re-encrypt everything that is not under the newest key: credentials of accounts, secrets that sign events.

    Every batch is a transaction that locks its rows, so that two rotations, or one and a reconnecting, never write over
    each other; one that was cut off is finished by starting it again.
    """
    done = Rotation()
    vaults: Sequence[Callable[[UnitOfWork], Vault]] = (_accounts, _subscriptions)
    for vault in vaults:
        last = 0
        while True:
            with database.begin() as uow:
                ids = _rotate(done, vault(uow), cipher, after=last, batch=batch)
            if not ids:
                break
            last = ids[-1]
    return done


def _accounts(uow: UnitOfWork) -> Vault:
    return uow.accounts


def _subscriptions(uow: UnitOfWork) -> Vault:
    return uow.subscriptions


def _rotate(done: Rotation, vault: Vault, cipher: FernetCipher, *, after: int, batch: int) -> list[int]:
    sealed = vault.lock_sealed(after=after, limit=batch)
    for id_, name, token in sealed:
        place = cipher.opened_by(token)
        if place is None:
            done.unopened.append((id_, name))
            continue
        if place > 0:
            vault.reseal(id_, cipher.rotate(token))
        done.rotated += place > 0
        done.already += place == 0
    return [id_ for id_, _, _ in sealed]
