"""Orders as channels report them, without anything about their buyers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import AccountId, ExternalId, OrderId, OrderLineId, SellerId, Sku, VariantId
from schemas.orders import ChannelOrder
from syndicator.domain.orders import Counters
from syndicator.store.tables import ChannelOrder as OrderTable
from syndicator.store.tables import ChannelOrderLine as LineTable
from syndicator.store.tables import Listing, Variant, table

_ORDER = table(OrderTable)
_LINE = table(LineTable)
_LISTING = table(Listing)
_VARIANT = table(Variant)
_COUNTERS = ("ordered", "cancelled", "shipped", "returned")

Sold = tuple[ExternalId | None, Sku]
"""What an order line says was sold: the listing, where the channel names it, and the code it carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLine:
    """A line as stored; ``variant_id`` is None until it is known what was sold."""

    id: OrderLineId
    order_id: OrderId
    reference: str
    sku: Sku
    external_id: ExternalId | None
    variant_id: VariantId | None
    counters: Counters

    @property
    def sold(self) -> Sold:
        """What it says was sold."""
        return self.external_id, self.sku


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLine:
    """A line that nobody could apply, with what is known of its order."""

    line: StoredLine
    account_id: AccountId
    order: str
    placed_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToSave:
    """What is now known of a line."""

    order_id: OrderId
    reference: str
    sku: Sku
    external_id: ExternalId | None
    variant_id: VariantId | None
    counters: Counters


class OrderRepository:
    """Reads and writes orders. Call ``AccountRepository.lock_seller`` before writing: what follows locks much more."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def save(
        self, seller_id: SellerId, account_id: AccountId, orders: Sequence[ChannelOrder], *, now: datetime
    ) -> Mapping[str, OrderId]:
        """Store the orders, each given once; return their ids by reference. An older report changes nothing."""
        statement = insert(_ORDER)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["account_id", "reference"],
                set_={name: statement.excluded[name] for name in ("state", "placed_at", "updated_at")},
                where=sa.and_(
                    statement.excluded.updated_at >= _ORDER.c.updated_at,
                    sa.or_(
                        statement.excluded.updated_at > _ORDER.c.updated_at,
                        statement.excluded.state != _ORDER.c.state,
                    ),
                ),
            ),
            [
                {
                    "seller_id": seller_id,
                    "account_id": account_id,
                    "reference": one.reference,
                    "state": one.state.value,
                    "placed_at": one.placed_at,
                    "updated_at": one.updated_at,
                    "first_seen_at": now,
                }
                for one in orders
            ],
        )
        rows = self._connection.execute(
            sa.select(_ORDER.c.reference, _ORDER.c.id).where(
                _ORDER.c.account_id == account_id, _ORDER.c.reference.in_({one.reference for one in orders})
            )
        )
        return {row.reference: OrderId(row.id) for row in rows}

    def lines(self, order_ids: Iterable[OrderId]) -> Mapping[tuple[OrderId, str], StoredLine]:
        """Return the lines of the orders, by order and reference."""
        rows = self._connection.execute(sa.select(_LINE).where(_LINE.c.order_id.in_(list(order_ids))))
        return {(OrderId(row.order_id), row.reference): _line(row) for row in rows}

    def save_lines(self, lines: Sequence[LineToSave]) -> Mapping[tuple[OrderId, str], OrderLineId]:
        """Store the lines; return their ids by order and reference."""
        if not lines:
            return {}
        statement = insert(_LINE)
        changing = ("sku", "external_id", "variant_id", *_COUNTERS)
        rows = self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["order_id", "reference"],
                set_={name: statement.excluded[name] for name in changing},
            ).returning(_LINE.c.order_id, _LINE.c.reference, _LINE.c.id),
            [
                {
                    "order_id": one.order_id,
                    "reference": one.reference,
                    "sku": one.sku,
                    "external_id": one.external_id,
                    "variant_id": one.variant_id,
                    **{name: getattr(one.counters, name) for name in _COUNTERS},
                }
                for one in lines
            ],
        )
        return {(OrderId(row.order_id), row.reference): OrderLineId(row.id) for row in rows}

    def what_was_sold(
        self, seller_id: SellerId, account_id: AccountId, sold: Collection[Sold]
    ) -> Mapping[Sold, VariantId]:
        """Return the variants that order lines mean: by the account's listing and code, else by the seller's code alone.

        A listing with a single variant needs no code. What nobody knows is left out.
        """
        listed = self._variants_of_listings(account_id, {id_ for id_, _ in sold if id_ is not None})
        coded = self._variants_of_codes(seller_id, {sku for _, sku in sold if sku})
        found: dict[Sold, VariantId] = {}
        for id_, sku in sold:
            own = {} if id_ is None else listed.get(id_, {})
            only = next(iter(own.values())) if len(own) == 1 and not sku else None
            variant = own.get(sku) or only or coded.get(sku)
            if variant is not None:
                found[id_, sku] = variant
        return found

    def unknown_lines_of_codes(self, seller_id: SellerId, skus: Collection[Sku]) -> Sequence[UnknownLine]:
        """Return the lines with these codes that nobody could apply, in the order they were placed."""
        return self._unknown_lines(_ORDER.c.seller_id == seller_id, _LINE.c.sku.in_(list(skus)))

    def unknown_lines_of_account(self, account_id: AccountId, *, most: int) -> Sequence[UnknownLine]:
        """Return the oldest lines of an account that nobody could apply."""
        return self._unknown_lines(_ORDER.c.account_id == account_id, most=most)

    def _unknown_lines(
        self, *conditions: sa.ColumnElement[bool], most: int | None = None
    ) -> Sequence[UnknownLine]:
        rows = self._connection.execute(
            sa.select(
                _LINE,
                _ORDER.c.account_id,
                _ORDER.c.reference.label("order"),
                _ORDER.c.placed_at,
                _ORDER.c.updated_at,
            )
            .join(_ORDER, _ORDER.c.id == _LINE.c.order_id)
            .where(_LINE.c.variant_id.is_(None), *conditions)
            .order_by(_ORDER.c.placed_at, _LINE.c.id)
            .limit(most)
        )
        return [
            UnknownLine(
                line=_line(row),
                account_id=AccountId(row.account_id),
                order=row.order,
                placed_at=row.placed_at,
                updated_at=row.updated_at,
            )
            for row in rows
        ]

    def has_unknown_lines(self, account_id: AccountId) -> bool:
        """Say whether the account has sold what nobody knows."""
        return bool(self._unknown_lines(_ORDER.c.account_id == account_id, most=1))

    def _variants_of_listings(
        self, account_id: AccountId, external_ids: Collection[ExternalId]
    ) -> Mapping[ExternalId, Mapping[Sku, VariantId]]:
        if not external_ids:
            return {}
        found: dict[ExternalId, dict[Sku, VariantId]] = {}
        rows = self._connection.execute(
            sa.select(_LISTING.c.external_id, _VARIANT.c.sku, _VARIANT.c.id)
            .join(_VARIANT, _VARIANT.c.product_id == _LISTING.c.product_id)
            .where(_LISTING.c.account_id == account_id, _LISTING.c.external_id.in_(list(external_ids)))
        )
        for row in rows:
            found.setdefault(ExternalId(row.external_id), {})[Sku(row.sku)] = VariantId(row.id)
        return found

    def _variants_of_codes(self, seller_id: SellerId, skus: Collection[Sku]) -> Mapping[Sku, VariantId]:
        if not skus:
            return {}
        rows = self._connection.execute(
            sa.select(_VARIANT.c.sku, _VARIANT.c.id).where(
                _VARIANT.c.seller_id == seller_id, _VARIANT.c.sku.in_(list(skus))
            )
        )
        return {Sku(row.sku): VariantId(row.id) for row in rows}


def _line(row: sa.Row[Any]) -> StoredLine:
    return StoredLine(
        id=OrderLineId(row.id),
        order_id=OrderId(row.order_id),
        reference=row.reference,
        sku=Sku(row.sku),
        external_id=None if row.external_id is None else ExternalId(row.external_id),
        variant_id=None if row.variant_id is None else VariantId(row.variant_id),
        counters=Counters(
            ordered=row.ordered, cancelled=row.cancelled, shipped=row.shipped, returned=row.returned
        ),
    )
