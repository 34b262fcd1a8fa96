"""Stock as people look at it: levels by code, and the history of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.ids import ProductId, SellerId, Sku, VariantId
from syndicator.domain.stock import Level, MovementKind
from syndicator.store.tables import ChannelAccount, Product, StockLevel, StockMovement, Variant, table

_VARIANT = table(Variant)
_PRODUCT = table(Product)
_LEVEL = table(StockLevel)
_MOVEMENT = table(StockMovement)
_ACCOUNT = table(ChannelAccount)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReport:
    """What there is of one variant, and since when."""

    variant_id: VariantId
    product_id: ProductId
    sku: Sku
    name: str
    level: Level
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementReport:
    """One line of a variant's history; ``account`` is the channel account it came from."""

    id: int
    kind: MovementKind
    on_hand_change: int
    on_hand_after: int
    promised_change: int
    promised_after: int
    source: str
    reference: str
    account: str | None
    note: str | None
    happened_at: datetime
    at: datetime


class StockReportRepository:
    """Reads stock for people."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def stock(self, seller_id: SellerId, skus: Sequence[Sku] | None = None) -> Sequence[StockReport]:
        """Return the variants of a seller by code; ``skus`` may name variants or whole products."""
        query = _stock(seller_id).order_by(_VARIANT.c.sku)
        if skus is not None:
            query = query.where(sa.or_(_VARIANT.c.sku.in_(skus), _PRODUCT.c.sku.in_(skus)))
        return [_report(row) for row in self._connection.execute(query)]

    def stock_after(
        self, seller_id: SellerId, *, after: int, limit: int, sku: Sku | None = None
    ) -> Sequence[StockReport]:
        """Return the seller's variants whose id is greater than ``after``, by id; for reading them in pages."""
        query = _stock(seller_id).where(_VARIANT.c.id > after).order_by(_VARIANT.c.id).limit(limit)
        if sku is not None:
            query = query.where(sa.or_(_VARIANT.c.sku == sku, _PRODUCT.c.sku == sku))
        return [_report(row) for row in self._connection.execute(query)]

    def variant(self, seller_id: SellerId, sku: Sku) -> StockReport | None:
        """Return the seller's variant of that code."""
        row = self._connection.execute(_stock(seller_id).where(_VARIANT.c.sku == sku)).one_or_none()
        return None if row is None else _report(row)

    def history(
        self, variant_id: VariantId, *, limit: int, before: int | None = None
    ) -> Sequence[MovementReport]:
        """Return the newest movements of a variant, newest first; ``before`` goes on after the one of that id."""
        query = (
            sa.select(_MOVEMENT, _ACCOUNT.c.name.label("account"))
            .outerjoin(_ACCOUNT, _ACCOUNT.c.id == _MOVEMENT.c.account_id)
            .where(_MOVEMENT.c.variant_id == variant_id)
            .order_by(_MOVEMENT.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(_MOVEMENT.c.id < before)
        return [
            MovementReport(
                id=row.id,
                kind=MovementKind(row.kind),
                on_hand_change=row.on_hand_change,
                on_hand_after=row.on_hand_after,
                promised_change=row.promised_change,
                promised_after=row.promised_after,
                source=row.source,
                reference=row.reference,
                account=row.account,
                note=row.note,
                happened_at=row.happened_at,
                at=row.at,
            )
            for row in self._connection.execute(query)
        ]


def _stock(seller_id: SellerId) -> sa.Select[Any]:
    return (
        sa.select(
            _VARIANT.c.id,
            _VARIANT.c.sku,
            _VARIANT.c.product_id,
            _PRODUCT.c.canonical["name"].astext.label("name"),
            sa.func.coalesce(_LEVEL.c.on_hand, 0).label("on_hand"),
            sa.func.coalesce(_LEVEL.c.promised, 0).label("promised"),
            _LEVEL.c.counted_at,
            _LEVEL.c.updated_at,
        )
        .join(_PRODUCT, _PRODUCT.c.id == _VARIANT.c.product_id)
        .outerjoin(_LEVEL, _LEVEL.c.variant_id == _VARIANT.c.id)
        .where(_VARIANT.c.seller_id == seller_id)
    )


def _report(row: sa.Row[Any]) -> StockReport:
    return StockReport(
        variant_id=VariantId(row.id),
        product_id=ProductId(row.product_id),
        sku=Sku(row.sku),
        name=row.name,
        level=Level(on_hand=row.on_hand, promised=row.promised, counted_at=row.counted_at),
        changed_at=row.updated_at,
    )
