"""Orders as people look at them: what was sold where, how far it is, and when a channel was last asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.ids import AccountId, OrderId, SellerId, Sku
from schemas.orders import OrderState
from syndicator.domain.orders import Counters
from syndicator.store.tables import ChannelAccount, ChannelOrder, ChannelOrderLine, Oversell, table

_ACCOUNT = table(ChannelAccount)
_ORDER = table(ChannelOrder)
_LINE = table(ChannelOrderLine)
_OVERSELL = table(Oversell)
_OPEN = _LINE.c.cancelled + _LINE.c.shipped < _LINE.c.ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineReport:
    """A line: ``is_known`` says whether it is known what was sold, ``oversold`` how many units are owed for it."""

    sku: Sku
    counters: Counters
    is_known: bool
    oversold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """An order with its lines."""

    id: OrderId
    account: str
    reference: str
    state: OrderState
    placed_at: datetime
    updated_at: datetime
    first_seen_at: datetime
    lines: Sequence[OrderLineReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersRead:
    """When an account's orders were last read to their end; ``due_at`` is None where its channel has none to give."""

    account: str
    read_at: datetime | None
    due_at: datetime | None


class OrderReportRepository:
    """Reads orders for people."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def newest(
        self,
        seller_id: SellerId,
        *,
        limit: int,
        account_id: AccountId | None = None,
        state: OrderState | None = None,
        is_open: bool = False,
        is_unknown: bool = False,
    ) -> Sequence[OrderReport]:
        """Return orders of a seller, newest first.

        ``is_open`` keeps those that a buyer waits for, ``is_unknown`` those with a line nobody could apply.
        """
        query = _orders(seller_id).order_by(_ORDER.c.placed_at.desc(), _ORDER.c.id.desc()).limit(limit)
        if account_id is not None:
            query = query.where(_ORDER.c.account_id == account_id)
        if state is not None:
            query = query.where(_ORDER.c.state == state.value)
        for asked, condition in ((is_open, _OPEN), (is_unknown, _LINE.c.variant_id.is_(None))):
            if asked:
                query = query.where(sa.exists().where(_LINE.c.order_id == _ORDER.c.id, condition))
        return self._reports(query)

    def orders_before(
        self,
        seller_id: SellerId,
        *,
        before: int | None,
        limit: int,
        account: str | None = None,
        state: OrderState | None = None,
        is_open: bool = False,
    ) -> Sequence[OrderReport]:
        """Return orders of a seller, the last one heard of first; ``before`` goes on after the one of that id."""
        query = _orders(seller_id).order_by(_ORDER.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(_ORDER.c.id < before)
        if account is not None:
            query = query.where(_ACCOUNT.c.name == account)
        if state is not None:
            query = query.where(_ORDER.c.state == state.value)
        if is_open:
            query = query.where(sa.exists().where(_LINE.c.order_id == _ORDER.c.id, _OPEN))
        return self._reports(query)

    def order(self, seller_id: SellerId, order_id: OrderId) -> OrderReport | None:
        """Return an order of the seller."""
        found = self._reports(_orders(seller_id).where(_ORDER.c.id == order_id))
        return found[0] if found else None

    def _reports(self, query: sa.Select[Any]) -> Sequence[OrderReport]:
        rows = self._connection.execute(query).all()
        lines = self._lines([OrderId(row.id) for row in rows])
        return [
            OrderReport(
                id=OrderId(row.id),
                account=row.account,
                reference=row.reference,
                state=OrderState(row.state),
                placed_at=row.placed_at,
                updated_at=row.updated_at,
                first_seen_at=row.first_seen_at,
                lines=lines.get(OrderId(row.id), ()),
            )
            for row in rows
        ]

    def read(self, seller_id: SellerId) -> Sequence[OrdersRead]:
        """Return how the reading of orders stands, for each account of the seller that has orders to give."""
        rows = self._connection.execute(
            sa.select(_ACCOUNT.c.name, _ACCOUNT.c.orders_read_at, _ACCOUNT.c.orders_due_at)
            .where(
                _ACCOUNT.c.seller_id == seller_id,
                sa.or_(_ACCOUNT.c.orders_due_at.is_not(None), _ACCOUNT.c.orders_read_at.is_not(None)),
            )
            .order_by(_ACCOUNT.c.id)
        )
        return [
            OrdersRead(account=row.name, read_at=row.orders_read_at, due_at=row.orders_due_at) for row in rows
        ]

    def read_at(self, account_id: AccountId) -> datetime | None:
        """Return when the account's orders were last read to their end."""
        found: datetime | None = self._connection.scalar(
            sa.select(_ACCOUNT.c.orders_read_at).where(_ACCOUNT.c.id == account_id)
        )
        return found

    def count(self, account_id: AccountId) -> int:
        """Return how many orders of the account are stored."""
        counted = sa.select(sa.func.count()).where(_ORDER.c.account_id == account_id)
        return int(self._connection.scalar(counted) or 0)

    def _lines(self, order_ids: Sequence[OrderId]) -> Mapping[OrderId, Sequence[OrderLineReport]]:
        found: dict[OrderId, list[OrderLineReport]] = {}
        rows = self._connection.execute(
            sa.select(_LINE, _OVERSELL.c.units.label("oversold"))
            .outerjoin(
                _OVERSELL,
                sa.and_(_OVERSELL.c.order_line_id == _LINE.c.id, _OVERSELL.c.closed_at.is_(None)),
            )
            .where(_LINE.c.order_id.in_(list(order_ids)))
            .order_by(_LINE.c.id)
        )
        for row in rows:
            found.setdefault(OrderId(row.order_id), []).append(
                OrderLineReport(
                    sku=Sku(row.sku),
                    counters=Counters(
                        ordered=row.ordered,
                        cancelled=row.cancelled,
                        shipped=row.shipped,
                        returned=row.returned,
                    ),
                    is_known=row.variant_id is not None,
                    oversold=row.oversold or 0,
                )
            )
        return found


def _orders(seller_id: SellerId) -> sa.Select[Any]:
    return (
        sa.select(_ORDER, _ACCOUNT.c.name.label("account"))
        .join(_ACCOUNT, _ACCOUNT.c.id == _ORDER.c.account_id)
        .where(_ORDER.c.seller_id == seller_id)
    )
