"""Writes through the API: begun, completed, and answered alike when they are asked for again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import ApiKeyId, SellerId
from syndicator.store.tables import ApiKey as ApiKeyTable
from syndicator.store.tables import Audit as AuditTable
from syndicator.store.tables import IdempotencyKey as IdempotencyTable
from syndicator.store.tables import table

_AUDIT = table(AuditTable)
_KEY = table(IdempotencyTable)
_CALLER = table(ApiKeyTable)
GIVEN_UP_AFTER = timedelta(minutes=2)
"""A write that was begun longer ago and has no answer is done again: the process that did it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it was given."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A write that has a name of the caller's: the same name and fingerprint means the same write."""

    key: str
    fingerprint: str


class NameTaken(Exception):
    """The name was used for another request."""


class StillRunning(Exception):
    """The same request is being worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A write as it was asked for."""

    key_id: ApiKeyId | None
    seller_id: SellerId | None
    method: str
    route: str
    target: Mapping[str, str]
    request_id: str


class WriteRepository:
    """Keeps what was written through the API, and under which names."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def begin(self, entry: AuditEntry, *, now: datetime) -> int:
        """Note that a write begins; return the number to end it with."""
        number: int = self._connection.scalars(
            sa.insert(_AUDIT)
            .values(
                api_key_id=entry.key_id,
                seller_id=entry.seller_id,
                method=entry.method,
                route=entry.route,
                target=dict(entry.target),
                request_id=entry.request_id,
                at=now,
            )
            .returning(_AUDIT.c.id)
        ).one()
        return number

    def end(self, audit_id: int, status: int, *, seller_id: SellerId | None = None) -> None:
        """Note how it ended, and about whose goods it was, where that is known only now."""
        values: dict[str, Any] = {"status": status}
        if seller_id is not None:
            values["seller_id"] = seller_id
        self._connection.execute(sa.update(_AUDIT).where(_AUDIT.c.id == audit_id).values(values))

    def claim(self, key_id: ApiKeyId, named: Named, *, now: datetime) -> Answer | None:
        """Take the name for a write that begins now; return the answer where it has been done already.

        Raises:
            NameTaken: Another request was made under it.
            StillRunning: The same request is being worked on.
        """
        taken = self._connection.scalar(
            insert(_KEY)
            .values(api_key_id=key_id, key=named.key, fingerprint=named.fingerprint, began_at=now)
            .on_conflict_do_nothing()
            .returning(_KEY.c.key)
        )
        if taken is not None:
            return None
        row = self._connection.execute(
            sa.select(_KEY).where(_KEY.c.api_key_id == key_id, _KEY.c.key == named.key).with_for_update()
        ).one()
        if row.fingerprint != named.fingerprint:
            raise NameTaken
        if row.status is not None:
            return Answer(status=row.status, headers=row.headers, body=row.body)
        if now - row.began_at < GIVEN_UP_AFTER:
            raise StillRunning
        self._connection.execute(
            sa.update(_KEY).where(_KEY.c.api_key_id == key_id, _KEY.c.key == named.key).values(began_at=now)
        )
        return None

    def answer(self, key_id: ApiKeyId, named: Named, answer: Answer) -> None:
        """Keep the answer for whoever asks again."""
        self._connection.execute(
            sa.update(_KEY)
            .where(_KEY.c.api_key_id == key_id, _KEY.c.key == named.key)
            .values(status=answer.status, headers=dict(answer.headers), body=answer.body)
        )

    def release(self, key_id: ApiKeyId, named: Named) -> None:
        """Let the name be used again: nothing was done under it."""
        self._connection.execute(
            sa.delete(_KEY).where(
                _KEY.c.api_key_id == key_id, _KEY.c.key == named.key, _KEY.c.status.is_(None)
            )
        )

    def forget(self, *, before: datetime) -> int:
        """Drop the names of older writes; return how many."""
        return self._connection.execute(sa.delete(_KEY).where(_KEY.c.began_at < before)).rowcount

    def of_seller(self, seller_id: SellerId, *, before: int | None, limit: int) -> Sequence[sa.Row[Any]]:
        """Return the writes about a seller, the newest first, each with the name of the key."""
        statement = (
            sa.select(_AUDIT, _CALLER.c.public_id.label("key"), _CALLER.c.name.label("key_name"))
            .outerjoin(_CALLER, _CALLER.c.id == _AUDIT.c.api_key_id)
            .where(_AUDIT.c.seller_id == seller_id)
            .order_by(_AUDIT.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(_AUDIT.c.id < before)
        return self._connection.execute(statement).all()
