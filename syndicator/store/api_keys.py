"""The keys of other systems."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.ids import ApiKeyId, CentreId, SellerId
from syndicator.domain.access import ApiKeyText, Caller, Reach, Rights, Role
from syndicator.store.tables import ApiKey as ApiKeyTable
from syndicator.store.tables import Centre as CentreTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import table

_KEY = table(ApiKeyTable)
_SELLER = table(SellerTable)
_CENTRE = table(CentreTable)
USE_NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a key is known; noting every one would write a row for every read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyReport:
    """A key as people see it; its secret cannot be shown again."""

    id: ApiKeyId
    public_id: str
    name: str
    role: Role
    rights: Rights
    seller: str | None
    centre: str | None
    requests_per_minute: int | None
    made_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeyRepository:
    """Reads and writes keys."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(
        self,
        key: ApiKeyText,
        reach: Reach,
        *,
        rights: Rights,
        name: str,
        made_by: str,
        requests_per_minute: int | None = None,
    ) -> ApiKeyId:
        """Keep a new key, of its secret the hash alone."""
        return ApiKeyId(
            self._connection.scalars(
                sa.insert(_KEY)
                .values(
                    public_id=key.public_id,
                    secret_hash=key.secret_hash,
                    name=name,
                    role=reach.role.value,
                    rights=rights.value,
                    seller_id=reach.seller_id,
                    centre_id=reach.centre_id,
                    requests_per_minute=requests_per_minute,
                    made_by=made_by,
                )
                .returning(_KEY.c.id)
            ).one()
        )

    def caller(self, key: ApiKeyText, *, now: datetime) -> Caller | None:
        """Return who holds the key, and note that it was used; None where it is wrong or was revoked."""
        row = self._connection.execute(
            sa.select(_KEY).where(_KEY.c.public_id == key.public_id, _KEY.c.revoked_at.is_(None))
        ).one_or_none()
        if row is None or not key.opens(row.secret_hash):
            return None
        if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY:
            self._connection.execute(sa.update(_KEY).where(_KEY.c.id == row.id).values(last_used_at=now))
        return Caller(
            key_id=ApiKeyId(row.id),
            name=row.name,
            reach=_reach(row),
            rights=Rights(row.rights),
            requests_per_minute=row.requests_per_minute,
        )

    def revoke(self, public_id: str, *, now: datetime) -> bool:
        """End a key at once; return whether it was valid until now."""
        ended = self._connection.execute(
            sa.update(_KEY)
            .where(_KEY.c.public_id == public_id, _KEY.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return ended.rowcount > 0

    def reach_of(self, public_id: str) -> Reach | None:
        """Return how far a key reaches, revoked or not; None where there is none of that name."""
        row = self._connection.execute(sa.select(_KEY).where(_KEY.c.public_id == public_id)).one_or_none()
        return None if row is None else _reach(row)

    def within(self, reach: Reach, *, after: int = 0, limit: int = 1_000) -> Sequence[ApiKeyReport]:
        """Return the keys that reach no further than ``reach``, the oldest first."""
        statement = (
            sa.select(_KEY, _SELLER.c.code.label("seller"), _CENTRE.c.code.label("centre"))
            .outerjoin(_SELLER, _SELLER.c.id == _KEY.c.seller_id)
            .outerjoin(_CENTRE, _CENTRE.c.id == _KEY.c.centre_id)
            .where(_KEY.c.id > after)
            .order_by(_KEY.c.id)
            .limit(limit)
        )
        if reach.role is Role.SELLER:
            statement = statement.where(_KEY.c.seller_id == reach.seller_id)
        if reach.role is Role.CENTRE:
            statement = statement.where(
                sa.or_(_KEY.c.centre_id == reach.centre_id, _SELLER.c.centre_id == reach.centre_id)
            )
        return [_report(row) for row in self._connection.execute(statement)]


def _reach(row: sa.Row[Any]) -> Reach:
    return Reach(
        role=Role(row.role),
        seller_id=None if row.seller_id is None else SellerId(row.seller_id),
        centre_id=None if row.centre_id is None else CentreId(row.centre_id),
    )


def _report(row: sa.Row[Any]) -> ApiKeyReport:
    return ApiKeyReport(
        id=ApiKeyId(row.id),
        public_id=row.public_id,
        name=row.name,
        role=Role(row.role),
        rights=Rights(row.rights),
        seller=row.seller,
        centre=row.centre,
        requests_per_minute=row.requests_per_minute,
        made_by=row.made_by,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
