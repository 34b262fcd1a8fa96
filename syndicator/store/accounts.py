"""Sellers and their channel accounts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.channel import AccountState, ChannelAccount, Credentials
from schemas.ids import AccountId, ChannelKind, SellerId
from schemas.problem import Problem
from syndicator.ports import Cipher
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_SELLER = table(SellerTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """An account with what only the store knows of it. Its credentials stay sealed until they are needed."""

    account: ChannelAccount
    sealed: bytes = field(repr=False)
    cipher: Cipher = field(repr=False, compare=False)
    problem: Problem | None
    not_before: datetime | None

    @property
    def credentials(self) -> Credentials:
        """Open the credentials.

        Raises:
            ValueError: None of the configured keys opens them.
        """
        return self.cipher.decrypt(self.sealed)


class AccountRepository:
    """Reads and writes sellers and accounts."""

    def __init__(self, connection: sa.Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def ensure_seller(self, code: str, name: str | None = None) -> SellerId:
        """Return the seller's id, creating the seller on first mention."""
        found = self.seller(code)
        if found is not None:
            return found
        statement = insert(_SELLER).values(code=code, name=name or code).on_conflict_do_nothing()
        self._connection.execute(statement)
        return SellerId(self._connection.scalars(sa.select(_SELLER.c.id).where(_SELLER.c.code == code)).one())

    def seller(self, code: str) -> SellerId | None:
        """Return the id of the seller with that code, or None."""
        value = self._connection.scalar(sa.select(_SELLER.c.id).where(_SELLER.c.code == code))
        return None if value is None else SellerId(value)

    def lock_seller(self, seller_id: SellerId) -> None:
        """Let one submission of a seller run at a time, until the transaction ends."""
        self._connection.execute(
            sa.select(_SELLER.c.id).where(_SELLER.c.id == seller_id).with_for_update(key_share=True)
        )

    def connect(
        self,
        seller_id: SellerId,
        *,
        kind: ChannelKind,
        name: str,
        external_id: str,
        settings: Mapping[str, Any],
        credentials: Credentials,
    ) -> AccountId:
        """Create the account, or give an existing one of that name new credentials; either way it is active after."""
        values = {
            "external_id": external_id,
            "settings": dict(settings),
            "credentials": self._cipher.encrypt(credentials),
            "state": AccountState.ACTIVE.value,
            "problem": None,
            "not_before": None,
        }
        statement = (
            insert(_ACCOUNT)
            .values(seller_id=seller_id, kind=kind, name=name, **values)
            .on_conflict_do_update(index_elements=["seller_id", "name"], set_=values)
            .returning(_ACCOUNT.c.id)
        )
        return AccountId(self._connection.scalars(statement).one())

    def of_seller(self, seller_id: SellerId) -> Sequence[StoredAccount]:
        """Return the seller's accounts by name."""
        rows = self._connection.execute(
            sa.select(_ACCOUNT).where(_ACCOUNT.c.seller_id == seller_id).order_by(_ACCOUNT.c.id)
        )
        return [self._stored(row) for row in rows]

    def get(self, account_ids: Iterable[AccountId]) -> Mapping[AccountId, StoredAccount]:
        """Return the accounts by id."""
        rows = self._connection.execute(sa.select(_ACCOUNT).where(_ACCOUNT.c.id.in_(list(account_ids))))
        return {AccountId(row.id): self._stored(row) for row in rows}

    def set_state(self, account_id: AccountId, state: AccountState, problem: Problem | None = None) -> bool:
        """Change the state; return whether it was another one before, so that a person is told once."""
        changed = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id, _ACCOUNT.c.state != state.value)
            .values(state=state.value, problem=problem.model_dump() if problem else None)
        )
        return changed.rowcount == 1

    def rest(self, account_id: AccountId, *, now: datetime, wait: timedelta) -> None:
        """Dispatch nothing to the account before ``now + wait``; a longer rest already set stays."""
        until = now + wait
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(
                _ACCOUNT.c.id == account_id,
                sa.or_(_ACCOUNT.c.not_before.is_(None), _ACCOUNT.c.not_before < until),
            )
            .values(not_before=until)
        )

    def _stored(self, row: sa.Row[Any]) -> StoredAccount:
        return StoredAccount(
            account=ChannelAccount(
                id=AccountId(row.id),
                seller_id=SellerId(row.seller_id),
                kind=ChannelKind(row.kind),
                name=row.name,
                external_id=row.external_id,
                settings=row.settings,
                state=AccountState(row.state),
            ),
            sealed=bytes(row.credentials),
            cipher=self._cipher,
            problem=None if row.problem is None else Problem.model_validate(row.problem),
            not_before=row.not_before,
        )
