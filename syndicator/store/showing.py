"""What an account shows of the stock: the free units by the account's rules, and what its own open orders hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from schemas.ids import AccountId, ProductId, SellerId, Sku, VariantId
from syndicator.domain.stock_rule import AUTO, LastUnits, Shown, StockRule, shown
from syndicator.store.demand import DemandRepository
from syndicator.store.tables import (
    ChannelAccount,
    ChannelOrder,
    ChannelOrderLine,
    Seller,
    StockLevel,
    Variant,
    table,
)

_ACCOUNT = table(ChannelAccount)
_SELLER = table(Seller)
_VARIANT = table(Variant)
_LEVEL = table(StockLevel)
_ORDER = table(ChannelOrder)
_LINE = table(ChannelOrderLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRules:
    """The rules that decide what one account shows."""

    account_id: AccountId
    rule: StockRule
    last_units: LastUnits | None


class ShowingRepository:
    """Reads what accounts show, and keeps the rules."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def rules(self, account_id: AccountId) -> AccountRules:
        """Return the rules of an account.

        Raises:
            LookupError: There is no such account.
        """
        row = self._connection.execute(
            sa.select(_ACCOUNT.c.stock_rule, _SELLER.c.last_units)
            .join(_SELLER, _SELLER.c.id == _ACCOUNT.c.seller_id)
            .where(_ACCOUNT.c.id == account_id)
        ).one_or_none()
        if row is None:
            raise LookupError(f"no account {account_id}")
        return AccountRules(
            account_id=account_id,
            rule=StockRule.model_validate(row.stock_rule),
            last_units=None if row.last_units is None else LastUnits.model_validate(row.last_units),
        )

    def set_rule(self, account_id: AccountId, rule: StockRule) -> None:
        """Keep the rule of an account; only what differs from the default is stored."""
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id)
            .values(stock_rule=rule.model_dump(mode="json", exclude_defaults=True))
        )

    def set_last_units(self, seller_id: SellerId, last_units: LastUnits | None) -> None:
        """Keep which account sells a seller's last units; None lets every account sell them."""
        held = sa.null() if last_units is None else last_units.model_dump(mode="json")
        self._connection.execute(sa.update(_SELLER).where(_SELLER.c.id == seller_id).values(last_units=held))

    def shown(
        self, account_id: AccountId, product_ids: Iterable[ProductId], *, rules: AccountRules | None = None
    ) -> Mapping[ProductId, Mapping[Sku, Shown]]:
        """Return what the account shows of every variant of the products; a variant that never moved has none.

        ``rules`` tries others than those it has.
        """
        rules = rules or self.rules(account_id)
        found: dict[ProductId, dict[Sku, Shown]] = {}
        rows = self._stock_of(account_id, list(product_ids))
        buffers = self._auto_buffers(account_id, rows) if rules.rule.buffer == AUTO else {}
        for row in rows:
            figure = shown(
                row.available,
                rules.rule,
                account_id=account_id,
                last_units=rules.last_units,
                auto_buffer=buffers.get(row.id, 0),
            )
            found.setdefault(ProductId(row.product_id), {})[Sku(row.sku)] = replace(
                figure, held=int(row.held)
            )
        return found

    def shown_of(self, account_id: AccountId, product_id: ProductId) -> Mapping[Sku, Shown]:
        """Return what the account shows of every variant of one product."""
        return self.shown(account_id, [product_id]).get(product_id, {})

    def foreseen(
        self, account_id: AccountId, seller_id: SellerId, counts: Mapping[Sku, int]
    ) -> Mapping[Sku, Shown]:
        """Return what the account would show if a product file with these figures were taken in."""
        rules = self.rules(account_id)
        rows = self._connection.execute(
            sa.select(_VARIANT.c.sku, _LEVEL.c.on_hand, _LEVEL.c.promised, _LEVEL.c.submitted)
            .join(_LEVEL, _LEVEL.c.variant_id == _VARIANT.c.id)
            .where(_VARIANT.c.seller_id == seller_id, _VARIANT.c.sku.in_(list(counts)))
        )
        known = {Sku(row.sku): row for row in rows}
        found = {}
        for sku, units in counts.items():
            row = known.get(sku)
            on_hand = units if row is None or row.submitted != units else row.on_hand
            free = max(on_hand - (0 if row is None else row.promised), 0)
            found[sku] = shown(free, rules.rule, account_id=account_id, last_units=rules.last_units)
        return found

    def _auto_buffers(self, account_id: AccountId, rows: Sequence[Any]) -> Mapping[VariantId, int]:
        now = self._connection.execute(sa.select(sa.func.now())).scalar_one()
        sized = DemandRepository(self._connection).auto_buffers(
            account_id, {VariantId(row.id) for row in rows}, now=now
        )
        return {variant_id: one.units for variant_id, one in sized.items()}

    def _stock_of(self, account_id: AccountId, product_ids: Sequence[ProductId]) -> Sequence[Any]:
        held = (
            sa.select(sa.func.sum(_LINE.c.ordered - _LINE.c.cancelled - _LINE.c.shipped))
            .join(_ORDER, _ORDER.c.id == _LINE.c.order_id)
            .where(_LINE.c.variant_id == _VARIANT.c.id, _ORDER.c.account_id == account_id)
            .scalar_subquery()
        )
        return self._connection.execute(
            sa.select(
                _VARIANT.c.id,
                _VARIANT.c.product_id,
                _VARIANT.c.sku,
                sa.func.coalesce(_LEVEL.c.available, 0).label("available"),
                sa.func.coalesce(sa.case((_LEVEL.c.promised > 0, held), else_=0), 0).label("held"),
            )
            .outerjoin(_LEVEL, _LEVEL.c.variant_id == _VARIANT.c.id)
            .where(_VARIANT.c.product_id.in_(product_ids))
        ).all()
