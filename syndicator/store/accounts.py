"""Sellers and their channel accounts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.channel import AccountState, AccountTrouble, ChannelAccount, Credentials
from schemas.ids import AccountId, ChannelKind, SellerId
from schemas.pace import BrakeReason
from schemas.problem import Problem
from syndicator.ports import Cipher
from syndicator.store.notices import NoticeRepository
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_SELLER = table(SellerTable)
MOST_BRAKES = 1_000
"""Brakes in a row are counted no further; the wait has long stopped growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """An account with what only the store knows of it. Its credentials stay sealed until they are needed.

    ``not_before`` is until when it is braked, ``brake_reason`` why it was braked last, ``brakes`` how often in a row; the
    last two stand until a step goes through.
    """

    account: ChannelAccount
    credential_version: int
    sealed: bytes = field(repr=False)
    cipher: Cipher = field(repr=False, compare=False)
    problem: Problem | None
    not_before: datetime | None
    expires_at: datetime | None
    brake_reason: BrakeReason | None = None
    brakes: int = 0

    @property
    def is_renewing(self) -> bool:
        """Whether the account rests until its credential is refreshed."""
        return self.account.state is AccountState.RENEWING

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
        endpoint: str | None = None,
        refresh_at: datetime | None = None,
    ) -> AccountId:
        """Create the account, or give an existing one of that name new credentials; either way it is active after.

        ``endpoint`` names what fails together with it, None the kind alone. ``refresh_at`` is when the credentials are first
        refreshed; None for those that are not.
        """
        values = {
            "external_id": external_id,
            "settings": dict(settings),
            "credentials": self._cipher.encrypt(credentials),
            "state": AccountState.ACTIVE.value,
            "problem": None,
            "not_before": None,
            "brake_reason": None,
            "brakes": 0,
            "endpoint": endpoint,
            "expires_at": None,
            "refresh_at": refresh_at,
            "refresh_begun_at": None,
            "refresh_attempts": 0,
            "refreshed_at": None,
        }
        statement = (
            insert(_ACCOUNT)
            .values(seller_id=seller_id, kind=kind, name=name, **values)
            .on_conflict_do_update(
                index_elements=["seller_id", "name"],
                set_=values | {"credential_version": _ACCOUNT.c.credential_version + 1},
            )
            .returning(_ACCOUNT.c.id)
        )
        account_id = AccountId(self._connection.scalars(statement).one())
        NoticeRepository(self._connection).answer(account_id)
        return account_id

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
        """Change the state; return whether it was another one before, so that a person is told once.

        Setting it going closes its notices, and makes the refusals of calls that still run count no more.
        """
        values: dict[str, Any] = {
            "state": state.value,
            "problem": problem.model_dump() if problem else None,
        }
        if state is AccountState.ACTIVE:
            values["credential_version"] = _ACCOUNT.c.credential_version + 1
            NoticeRepository(self._connection).answer(account_id)
        changed = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id, _ACCOUNT.c.state != state.value)
            .values(values)
        )
        return changed.rowcount == 1

    def park(
        self, account_id: AccountId, *, credential_version: int, trouble: AccountTrouble, problem: Problem
    ) -> bool:
        """Let the account wait for a person, and tell them; return whether this call was the one that did.

        Of many workers that meet the same refusal one parks: the row is locked by the update, and the others find it
        parked. A refusal of credentials that were replaced since ``credential_version`` was read changes nothing.
        """
        parked = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(
                _ACCOUNT.c.id == account_id,
                _ACCOUNT.c.credential_version == credential_version,
                _ACCOUNT.c.state != AccountState.NEEDS_REAUTH.value,
            )
            .values(state=AccountState.NEEDS_REAUTH.value, problem=problem.model_dump())
        )
        if parked.rowcount == 0:
            return False
        NoticeRepository(self._connection).make(account_id, trouble.value, problem)
        return True

    def lock_sealed(self, *, after: AccountId, limit: int) -> Sequence[tuple[AccountId, str, bytes]]:
        """Return id, name and sealed credentials of the next accounts by id, locked until the transaction ends."""
        rows = self._connection.execute(
            sa.select(_ACCOUNT.c.id, _ACCOUNT.c.name, _ACCOUNT.c.credentials)
            .where(_ACCOUNT.c.id > after)
            .order_by(_ACCOUNT.c.id)
            .limit(limit)
            .with_for_update(key_share=True)
        )
        return [(AccountId(row.id), row.name, bytes(row.credentials)) for row in rows]

    def reseal(self, account_id: AccountId, sealed: bytes) -> None:
        """Keep the same credentials under another key; their version stays."""
        self._connection.execute(
            sa.update(_ACCOUNT).where(_ACCOUNT.c.id == account_id).values(credentials=sealed)
        )

    def brake(
        self, account_id: AccountId, *, now: datetime, wait: timedelta, reason: BrakeReason, brakes: int = 1
    ) -> None:
        """Dispatch nothing to the account before ``now + wait``; a longer brake already set stays.

        ``brakes`` counts how often in a row this is. Many steps that meet the same refusal set the same number.
        """
        until = now + wait
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id)
            .values(
                not_before=sa.func.greatest(_ACCOUNT.c.not_before, until),
                brake_reason=sa.case(
                    (_ACCOUNT.c.not_before > until, _ACCOUNT.c.brake_reason), else_=reason.value
                ),
                brakes=sa.func.greatest(_ACCOUNT.c.brakes, min(brakes, MOST_BRAKES)),
            )
        )

    def release(self, account_id: AccountId, *, now: datetime) -> None:
        """Note that a step went through after the brake ended; one that began before a brake ends none."""
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(
                _ACCOUNT.c.id == account_id,
                sa.or_(_ACCOUNT.c.not_before.is_(None), _ACCOUNT.c.not_before <= now),
            )
            .values(not_before=None, brake_reason=None, brakes=0)
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
            credential_version=row.credential_version,
            sealed=bytes(row.credentials),
            cipher=self._cipher,
            problem=None if row.problem is None else Problem.model_validate(row.problem),
            not_before=row.not_before,
            brake_reason=None if row.brake_reason is None else BrakeReason(row.brake_reason),
            brakes=row.brakes,
            expires_at=row.expires_at,
        )
