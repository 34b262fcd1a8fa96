"""Sellers and centres, as far as a key reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import CentreId, SellerId
from syndicator.domain.access import Reach, Role
from syndicator.store.tables import Centre as CentreTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import table

_SELLER = table(SellerTable)
_CENTRE = table(CentreTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerReport:
    """A seller, and the centre that helps them, by their codes."""

    id: SellerId
    code: str
    name: str
    centre_id: CentreId | None
    centre: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreReport:
    """A digital centre."""

    id: CentreId
    code: str
    name: str
    created_at: datetime


class SellerRepository:
    """Reads and writes sellers and centres."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(self, code: str, reach: Reach) -> SellerReport | None:
        """Return the seller of that code; None where there is none, or none within reach: nobody learns which."""
        found = self._connection.execute(_select(reach).where(_SELLER.c.code == code)).one_or_none()
        return None if found is None else _report(found)

    def within(self, reach: Reach, *, after: SellerId, limit: int) -> Sequence[SellerReport]:
        """Return the sellers within reach, the oldest first."""
        statement = _select(reach).where(_SELLER.c.id > after).order_by(_SELLER.c.id).limit(limit)
        return [_report(row) for row in self._connection.execute(statement)]

    def add(self, code: str, name: str, centre_id: CentreId | None) -> SellerId | None:
        """Make a seller; None where the code is taken."""
        made = self._connection.scalar(
            insert(_SELLER)
            .values(code=code, name=name, centre_id=centre_id)
            .on_conflict_do_nothing()
            .returning(_SELLER.c.id)
        )
        return None if made is None else SellerId(made)

    def rename(self, seller_id: SellerId, name: str) -> None:
        """Give a seller another name."""
        self._connection.execute(sa.update(_SELLER).where(_SELLER.c.id == seller_id).values(name=name))

    def centres(self, *, after: int, limit: int) -> Sequence[CentreReport]:
        """Return the centres whose id is greater than ``after``, by id; for reading them in pages."""
        statement = sa.select(_CENTRE).where(_CENTRE.c.id > after).order_by(_CENTRE.c.id).limit(limit)
        return [
            CentreReport(id=CentreId(row.id), code=row.code, name=row.name, created_at=row.created_at)
            for row in self._connection.execute(statement)
        ]

    def add_centre(self, code: str, name: str) -> CentreId | None:
        """Make a centre; None where the code is taken."""
        made = self._connection.scalar(
            insert(_CENTRE).values(code=code, name=name).on_conflict_do_nothing().returning(_CENTRE.c.id)
        )
        return None if made is None else CentreId(made)

    def centre(self, code: str) -> CentreId | None:
        """Return the centre of that code."""
        found = self._connection.scalar(sa.select(_CENTRE.c.id).where(_CENTRE.c.code == code))
        return None if found is None else CentreId(found)

    def centre_of(self, seller_id: SellerId) -> CentreId | None:
        """Return the centre that helps a seller."""
        found = self._connection.scalar(sa.select(_SELLER.c.centre_id).where(_SELLER.c.id == seller_id))
        return None if found is None else CentreId(found)

    def ensure_centre(self, code: str, name: str | None = None) -> CentreId:
        """Return the centre, making it on first mention."""
        self._connection.execute(
            insert(_CENTRE).values(code=code, name=name or code).on_conflict_do_nothing()
        )
        return CentreId(self._connection.scalars(sa.select(_CENTRE.c.id).where(_CENTRE.c.code == code)).one())


def _select(reach: Reach) -> sa.Select[Any]:
    statement = sa.select(_SELLER, _CENTRE.c.code.label("centre")).outerjoin(
        _CENTRE, _CENTRE.c.id == _SELLER.c.centre_id
    )
    match reach.role:
        case Role.ADMIN:
            return statement
        case Role.CENTRE:
            return statement.where(_SELLER.c.centre_id == reach.centre_id)
        case Role.SELLER:
            return statement.where(_SELLER.c.id == reach.seller_id)


def _report(row: sa.Row[Any]) -> SellerReport:
    return SellerReport(
        id=SellerId(row.id),
        code=row.code,
        name=row.name,
        centre_id=None if row.centre_id is None else CentreId(row.centre_id),
        centre=row.centre,
        created_at=row.created_at,
    )
