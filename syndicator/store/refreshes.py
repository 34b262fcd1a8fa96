"""Refreshes of credentials: which are due, which one is under way, what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.channel import AccountState, Credentials
from schemas.ids import AccountId
from syndicator.ports import Cipher
from syndicator.store.accounts import AccountRepository, StoredAccount
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_WAITS_FOR_NOBODY = sa.text("state <> 'needs_reauth'")
"""Written out, so that the partial index serves."""
REFUSED_ANYWAY = timedelta(minutes=10)
"""A refreshed credential that is refused sooner, before its own expiry, is not mended by refreshing once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to refresh one account, until ``until``; nobody else takes it before.

    ``begun_at`` is when a refresh was begun whose outcome is not known; None where none is in doubt.
    """

    stored: StoredAccount
    until: datetime
    attempts: int
    begun_at: datetime | None


class RefreshRepository:
    """Reads and writes refreshes. The row of the account is locked by every method until the transaction ends."""

    def __init__(self, connection: sa.Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._accounts = AccountRepository(connection, cipher)
        self._cipher = cipher

    def take(self, *, now: datetime, until: datetime) -> Turn | None:
        """Take the account that has been due longest, passing over those another refresher holds; None when none is."""
        row = self._connection.execute(
            sa.select(_ACCOUNT.c.id, _ACCOUNT.c.refresh_attempts, _ACCOUNT.c.refresh_begun_at)
            .where(_ACCOUNT.c.refresh_at <= now, _WAITS_FOR_NOBODY)
            .order_by(_ACCOUNT.c.refresh_at)
            .limit(1)
            .with_for_update(skip_locked=True, key_share=True)
        ).one_or_none()
        if row is None:
            return None
        account_id = AccountId(row.id)
        self._connection.execute(
            sa.update(_ACCOUNT).where(_ACCOUNT.c.id == account_id).values(refresh_at=until)
        )
        stored = self._accounts.get([account_id])[account_id]
        return Turn(stored=stored, until=until, attempts=row.refresh_attempts, begun_at=row.refresh_begun_at)

    def begin(self, turn: Turn, *, begun_at: datetime) -> None:
        """Record that the refresh is sent next; to be committed before it is."""
        self._write(turn, refresh_begun_at=begun_at)

    def save(
        self, turn: Turn, credentials: Credentials, *, now: datetime, expires_at: datetime, next_at: datetime
    ) -> bool | None:
        """Store the new credentials; return whether the account had stopped for them.

        None means that the turn had passed to somebody else, or a person gave other credentials: nothing was written.
        """
        state = self._connection.scalar(
            sa.select(_ACCOUNT.c.state).where(*_mine(turn)).with_for_update(key_share=True)
        )
        if state is None:
            return None
        had_stopped = bool(state == AccountState.RENEWING.value)
        self._write(
            turn,
            credentials=self._cipher.encrypt(credentials),
            credential_version=_ACCOUNT.c.credential_version + 1,
            state=AccountState.ACTIVE.value if had_stopped else state,
            expires_at=expires_at,
            refreshed_at=now,
            refresh_at=next_at,
            refresh_begun_at=None,
            refresh_attempts=0,
        )
        return had_stopped

    def postpone(self, turn: Turn, *, until: datetime, begun_at: datetime | None = None) -> None:
        """Try again at ``until``; ``begun_at`` is kept where the refresh may have been made."""
        self._write(turn, refresh_at=until, refresh_begun_at=begun_at, refresh_attempts=turn.attempts + 1)

    def end(self, turn: Turn, *, begun_at: datetime | None = None) -> bool:
        """Refresh no more until a person reconnects; return whether the turn was still ours.

        ``begun_at`` is kept where the means of refreshing is spent: it is never sent a second time.
        """
        return self._write(turn, refresh_at=None, refresh_begun_at=begun_at)

    def ask(self, account_id: AccountId, *, credential_version: int, now: datetime) -> bool:
        """Let an account whose credential was refused wait for a refresh, which falls due at once.

        Returns:
            False where no refresh can help: the credential is a fresh one, or its means of refreshing is spent. True where
            one is asked for, was asked for before, or the credential has been replaced meanwhile.
        """
        row = self._connection.execute(
            sa.select(_ACCOUNT).where(_ACCOUNT.c.id == account_id).with_for_update(key_share=True)
        ).one()
        if row.credential_version != credential_version or row.state == AccountState.RENEWING.value:
            return True
        if row.state == AccountState.NEEDS_REAUTH.value or not _may_help(row, now):
            return False
        is_active = row.state == AccountState.ACTIVE.value
        is_on_its_way = row.refresh_begun_at is not None or row.refresh_attempts > 0
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id)
            .values(
                state=AccountState.RENEWING.value if is_active else row.state,
                refresh_at=row.refresh_at if is_on_its_way else now,
            )
        )
        return True

    def _write(self, turn: Turn, **values: Any) -> bool:
        written = self._connection.execute(sa.update(_ACCOUNT).where(*_mine(turn)).values(values))
        return written.rowcount == 1


def _mine(turn: Turn) -> tuple[sa.ColumnElement[bool], ...]:
    """The row, as long as the turn is ours: each turn has an end of its own, and a reconnecting another version."""
    return (
        _ACCOUNT.c.id == turn.stored.account.id,
        _ACCOUNT.c.refresh_at == turn.until,
        _ACCOUNT.c.credential_version == turn.stored.credential_version,
    )


def _may_help(row: sa.Row[Any], now: datetime) -> bool:
    if row.refresh_begun_at is not None and row.refresh_at is None:
        return False
    is_fresh = row.refreshed_at is not None and now - row.refreshed_at < REFUSED_ANYWAY
    has_expired = row.expires_at is not None and row.expires_at <= now
    return has_expired or not is_fresh
