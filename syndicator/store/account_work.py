"""Leasing whole accounts for work that is done account by account, on and on: reading listings back, fetching orders.

Each kind of work has columns of its own on the account: ``<work>_cursor``, ``<work>_due_at``, ``<work>_lease_token``. A
lease is a ``due_at`` in the future together with a token, as with listings: when its holder dies, it falls due by itself.
An account whose ``due_at`` is null has no such work.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from schemas.channel import AccountState
from schemas.ids import AccountId, LeaseToken
from syndicator.ports import Cipher
from syndicator.store.accounts import AccountRepository, StoredAccount
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_ENDPOINT = sa.func.coalesce(_ACCOUNT.c.endpoint, _ACCOUNT.c.kind)
_ACTIVE = sa.text("state = 'active'")
"""Written out, so that the partial index serves."""


class AccountWork(StrEnum):
    """The work that accounts are leased for; the value begins the names of its columns."""

    ORDERS = "orders"
    SWEEP = "sweep"


_DONE_AT = {AccountWork.ORDERS: "orders_read_at", AccountWork.SWEEP: "swept_at"}
"""Where it stands when the work last reached its end."""


_ASKED_AT = {AccountWork.ORDERS: "orders_asked_at"}
"""Where it stands that the work was asked for since it began; then it begins anew as soon as it is at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedAccount:
    """An account just leased; ``endpoint`` is what fails together with it."""

    id: AccountId
    endpoint: str
    token: LeaseToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An account held under a fresh token, with where its work stands; ``done_at`` is when it last reached its end."""

    stored: StoredAccount
    token: LeaseToken
    cursor: Mapping[str, Any] | None
    done_at: datetime | None


class AccountWorkRepository:
    """Leases accounts for one kind of work, and keeps where it stands."""

    def __init__(self, connection: sa.Connection, cipher: Cipher, work: AccountWork) -> None:
        self._connection = connection
        self._accounts = AccountRepository(connection, cipher)
        self._cursor = _ACCOUNT.c[f"{work.value}_cursor"]
        self._due_at = _ACCOUNT.c[f"{work.value}_due_at"]
        self._token = _ACCOUNT.c[f"{work.value}_lease_token"]
        self._done_at = _ACCOUNT.c[_DONE_AT[work]]
        self._asked_at = _ACCOUNT.c[_ASKED_AT[work]] if work in _ASKED_AT else None

    def in_flight(self, *, now: datetime, longest: timedelta) -> int:
        """Count the running leases; ``longest`` is the longest lease there is, so that few rows are looked at."""
        counted = sa.select(sa.func.count()).where(
            self._due_at > now, self._due_at <= now + longest, self._token.is_not(None), _ACTIVE
        )
        return int(self._connection.scalar(counted) or 0)

    def lease_due(
        self, *, now: datetime, until: datetime, most: int, closed: Collection[str] = ()
    ) -> Sequence[LeasedAccount]:
        """Lease up to ``most`` active accounts until ``until``, those first that have been due longest.

        Whoever gave an account back early is due again behind the others, so all take turns. Braked accounts, and those at
        the ``closed`` endpoints, are passed over.
        """
        rows = self._connection.execute(
            sa.select(_ACCOUNT.c.id, _ENDPOINT.label("endpoint"))
            .where(
                self._due_at <= now,
                _ACTIVE,
                sa.or_(_ACCOUNT.c.not_before.is_(None), _ACCOUNT.c.not_before <= now),
                _ENDPOINT.not_in(list(closed)),
            )
            .order_by(self._due_at, _ACCOUNT.c.id)
            .limit(most)
            .with_for_update(skip_locked=True, key_share=True)
        ).all()
        leased = [
            LeasedAccount(id=AccountId(row.id), endpoint=row.endpoint, token=_fresh_token()) for row in rows
        ]
        for one in leased:
            self._connection.execute(
                sa.update(_ACCOUNT)
                .where(_ACCOUNT.c.id == one.id)
                .values({self._due_at.name: until, self._token.name: one.token})
            )
        return leased

    def take(self, account_id: AccountId, *, now: datetime, until: datetime) -> LeaseToken | None:
        """Lease one account out of turn; None while somebody else holds it, or when it has no such work."""
        token = _fresh_token()
        taken = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(
                _ACCOUNT.c.id == account_id,
                self._due_at.is_not(None),
                sa.or_(self._token.is_(None), self._due_at <= now),
            )
            .values({self._due_at.name: until, self._token.name: token})
        )
        return token if taken.rowcount else None

    def due_at(self, account_id: AccountId) -> datetime | None:
        """Return when the account is due, or its lease runs out; None where it has no such work."""
        moment: datetime | None = self._connection.scalar(
            sa.select(self._due_at).where(_ACCOUNT.c.id == account_id)
        )
        return moment

    def claim(self, token: LeaseToken, *, until: datetime) -> Turn | None:
        """Take over the account under ``token`` and hold it until ``until``; None when somebody else has.

        It gets a fresh token, so a second delivery of the same message finds nothing.
        """
        fresh = _fresh_token()
        row = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(self._token == token)
            .values({self._due_at.name: until, self._token.name: fresh} | self._not_asked())
            .returning(_ACCOUNT.c.id, self._cursor.label("cursor"), self._done_at.label("done_at"))
        ).one_or_none()
        if row is None:
            return None
        account_id = AccountId(row.id)
        stored = self._accounts.get([account_id])[account_id]
        return Turn(stored=stored, token=fresh, cursor=row.cursor, done_at=row.done_at)

    def keep(self, turn: Turn, cursor: Mapping[str, Any] | None) -> bool:
        """Keep how far the work came, and lock the account until the transaction ends; False when the lease was lost."""
        return self._write(turn, {self._cursor.name: _json(cursor)})

    def give_back(self, turn: Turn, cursor: Mapping[str, Any] | None, *, due_at: datetime) -> bool:
        """End the lease with the work unfinished; it goes on from ``cursor`` at ``due_at``. False when it was lost."""
        return self._write(
            turn, {self._cursor.name: _json(cursor), self._due_at.name: due_at, self._token.name: None}
        )

    def finish(
        self,
        turn: Turn,
        *,
        done_at: datetime,
        due_at: datetime,
        cursor: Mapping[str, Any] | None = None,
    ) -> bool:
        """End the lease with the work at its end at ``done_at``; it begins anew at ``due_at``. False when it was lost.

        It begins anew at once where it was asked for meanwhile: what was asked about may have come too late for this time.
        """
        next_at: Any = due_at
        if self._asked_at is not None:
            next_at = sa.case((self._asked_at.is_not(None), sa.func.least(done_at, due_at)), else_=due_at)
        return self._write(
            turn,
            {
                self._cursor.name: _json(cursor),
                self._due_at.name: next_at,
                self._token.name: None,
                self._done_at.name: done_at,
            },
        )

    def stop(self, turn: Turn) -> bool:
        """End the lease for good: the account has no such work to be done. False when it was lost."""
        return self._write(
            turn, {self._cursor.name: sa.null(), self._due_at.name: None, self._token.name: None}
        )

    def ask(self, account_ids: Iterable[AccountId], *, now: datetime) -> int:
        """Let accounts fall due at once; return how many did. One that is being worked on, or has no such work, stays."""
        asked = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(
                _ACCOUNT.c.id.in_(list(account_ids)),
                self._due_at.is_not(None),
                sa.or_(self._token.is_(None), self._due_at <= now),
            )
            .values({self._due_at.name: sa.func.least(self._due_at, now)})
        )
        return asked.rowcount

    def set_due(self, account_id: AccountId, due_at: datetime | None) -> None:
        """Say when the account is due, None for never; a person connected it, so what was under way is over."""
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id)
            .values({self._due_at.name: due_at, self._token.name: None, self._cursor.name: sa.null()})
        )

    def shorten_leases(self, *, now: datetime, longest: timedelta) -> int:
        """End leases that no clock of ours can have given, as after the database's clock was set back; return how many."""
        ended = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(self._token.is_not(None), self._due_at > now + 2 * longest)
            .values({self._due_at.name: now + longest})
        )
        return ended.rowcount

    def _not_asked(self) -> dict[str, Any]:
        return {} if self._asked_at is None else {self._asked_at.name: None}

    def _write(self, turn: Turn, values: Mapping[str, Any]) -> bool:
        written = self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == turn.stored.account.id, self._token == turn.token)
            .values(dict(values))
        )
        return written.rowcount == 1


def is_callable(stored: StoredAccount, now: datetime) -> bool:
    """Say whether the account may be called: nobody paused it, refused it or braked it while its message waited."""
    is_braked = stored.not_before is not None and stored.not_before > now
    return stored.account.state is AccountState.ACTIVE and not is_braked


def _fresh_token() -> LeaseToken:
    return LeaseToken(uuid.uuid4().hex)


def _json(cursor: Mapping[str, Any] | None) -> Any:
    return sa.null() if cursor is None else dict(cursor)
