"""Oversells: order lines that sold more than there was, and how late the channel knew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import AccountId, OrderLineId, SellerId, Sku, VariantId
from syndicator.domain.oversell import Oversold
from syndicator.store.tables import (
    ChannelAccount,
    ChannelOrder,
    ChannelOrderLine,
    Listing,
    Seller,
    StockLevel,
    StockMovement,
    StockPush,
    Variant,
    table,
)
from syndicator.store.tables import Oversell as OversellTable

_OVERSELL = table(OversellTable)
_ACCOUNT = table(ChannelAccount)
_ORDER = table(ChannelOrder)
_LINE = table(ChannelOrderLine)
_LISTING = table(Listing)
_SELLER = table(Seller)
_LEVEL = table(StockLevel)
_MOVEMENT = table(StockMovement)
_PUSH = table(StockPush)
_VARIANT = table(Variant)
LOOK_BACK = 1_000
"""Movements looked at for the one that took the units; further back lies another season."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOversell:
    """A line just applied that sold more than there was.

    Attributes:
        units: Of the line, those that are owed.
        wanted: Units that had to be free for all to be well.
        source: With ``reference``, names the movement that promised them.
    """

    seller_id: SellerId
    account_id: AccountId
    variant_id: VariantId
    line_id: OrderLineId
    units: int
    wanted: int
    placed_at: datetime
    source: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OversellReport:
    """An oversell as people look at it."""

    seller: str
    account: str
    oversold: Oversold
    found_at: datetime
    closed_at: datetime | None


class OversellRepository:
    """Reads and writes oversells."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def record(self, found: Iterable[NewOversell], *, now: datetime) -> None:
        """Write down each, with when the units went and when the account last took a figure of them.

        A line that is known as one already only grows.
        """
        for one in found:
            statement = insert(_OVERSELL).values(
                seller_id=one.seller_id,
                variant_id=one.variant_id,
                account_id=one.account_id,
                order_line_id=one.line_id,
                units=one.units,
                placed_at=one.placed_at,
                stock_changed_at=self._gone_at(one),
                told_at=self._told_at(one),
                found_at=now,
            )
            self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["order_line_id"],
                    set_={
                        "units": sa.func.greatest(_OVERSELL.c.units, statement.excluded.units),
                        "closed_at": None,
                    },
                )
            )

    def close_settled(self, variant_ids: Iterable[VariantId], *, now: datetime) -> int:
        """Close the oversells of the variants of which nothing is owed any more, or whose line waits for nothing."""
        settled = sa.or_(
            sa.exists().where(_LEVEL.c.variant_id == _OVERSELL.c.variant_id, _LEVEL.c.owed == 0),
            sa.exists().where(
                _LINE.c.id == _OVERSELL.c.order_line_id,
                _LINE.c.cancelled + _LINE.c.shipped >= _LINE.c.ordered,
            ),
        )
        closed = self._connection.execute(
            sa.update(_OVERSELL)
            .where(_OVERSELL.c.variant_id.in_(list(variant_ids)), _OVERSELL.c.closed_at.is_(None), settled)
            .values(closed_at=now)
        )
        return closed.rowcount

    def newest(
        self, *, seller_id: SellerId | None = None, with_closed: bool = False, limit: int
    ) -> Sequence[OversellReport]:
        """Return oversells, newest first: the open ones, or all; of one seller, or of everybody."""
        query = (
            sa.select(
                _OVERSELL,
                _SELLER.c.code.label("seller"),
                _ACCOUNT.c.name.label("account"),
                _ORDER.c.reference.label("order"),
                _VARIANT.c.sku,
            )
            .join(_SELLER, _SELLER.c.id == _OVERSELL.c.seller_id)
            .join(_ACCOUNT, _ACCOUNT.c.id == _OVERSELL.c.account_id)
            .join(_LINE, _LINE.c.id == _OVERSELL.c.order_line_id)
            .join(_ORDER, _ORDER.c.id == _LINE.c.order_id)
            .join(_VARIANT, _VARIANT.c.id == _OVERSELL.c.variant_id)
            .order_by(_OVERSELL.c.id.desc())
            .limit(limit)
        )
        if seller_id is not None:
            query = query.where(_OVERSELL.c.seller_id == seller_id)
        if not with_closed:
            query = query.where(_OVERSELL.c.closed_at.is_(None))
        return [
            OversellReport(
                seller=row.seller,
                account=row.account,
                oversold=Oversold(
                    account=row.account,
                    order=row.order,
                    sku=Sku(row.sku),
                    units=row.units,
                    placed_at=row.placed_at,
                    stock_changed_at=row.stock_changed_at,
                    told_at=row.told_at,
                ),
                found_at=row.found_at,
                closed_at=row.closed_at,
            )
            for row in self._connection.execute(query)
        ]

    def _gone_at(self, one: NewOversell) -> datetime | None:
        """Return when what was free became less than the line wanted; None where there never was enough."""
        own = sa.select(_MOVEMENT.c.id).where(
            _MOVEMENT.c.source == one.source,
            _MOVEMENT.c.reference == one.reference,
            _MOVEMENT.c.variant_id == one.variant_id,
        )
        newest = (
            sa.select(_MOVEMENT)
            .where(_MOVEMENT.c.variant_id == one.variant_id, _MOVEMENT.c.id < own.scalar_subquery())
            .order_by(_MOVEMENT.c.id.desc())
            .limit(LOOK_BACK)
            .subquery()
        )
        after = newest.c.on_hand_after - newest.c.promised_after
        before = after - newest.c.on_hand_change + newest.c.promised_change
        found: datetime | None = self._connection.scalar(
            sa.select(newest.c.happened_at)
            .where(before >= one.wanted, after < one.wanted)
            .order_by(newest.c.id.desc())
            .limit(1)
        )
        return found

    def _told_at(self, one: NewOversell) -> datetime | None:
        found: datetime | None = self._connection.scalar(
            sa.select(sa.func.max(_PUSH.c.sent_at))
            .join(_LISTING, _LISTING.c.id == _PUSH.c.listing_id)
            .join(_VARIANT, _VARIANT.c.product_id == _LISTING.c.product_id)
            .where(
                _VARIANT.c.id == one.variant_id,
                _LISTING.c.account_id == one.account_id,
                _PUSH.c.units.has_key(_VARIANT.c.sku),
                _PUSH.c.sent_at <= one.placed_at,
            )
        )
        return found
