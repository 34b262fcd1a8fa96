"""Take in orders as channels report them: what they sold moves the ledger once, and what was not there is found out.

Everything happens in the transaction of whoever read the orders, so that a cursor and what it stands behind are kept
together. Reports may come twice, late and in any order; ``domain.orders`` says why that changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from schemas.channel import ChannelAccount
from schemas.ids import AccountId, OrderId, OrderLineId, SellerId, Sku, VariantId
from schemas.orders import ChannelOrder, OrderLine
from syndicator.domain import order_sentences
from syndicator.domain.orders import NOTHING, Counters, LineMoves, counters_of, is_absurd, merged
from syndicator.domain.stock import Level, Movement, StockRefused
from syndicator.store.engine import UnitOfWork
from syndicator.store.orders import LineToSave, Sold, StoredLine, UnknownLine
from syndicator.store.oversells import NewOversell
from syndicator.usecases.stock_changes import tell_channels

log = structlog.get_logger()

UNKNOWN: Final = "orders_unknown"
"""Kind of the notice that an account sold what nobody knows; closed once everything it sold is known."""
REFUSED: Final = "orders_refused"
"""Kind of the notice that a line was not taken in, for it cannot be."""
MOST_UNKNOWN: Final = 500
"""Lines of one account that are tried again in one transaction."""
_LineKey = tuple[OrderId, str]


def record_orders(
    uow: UnitOfWork, account: ChannelAccount, orders: Sequence[ChannelOrder], *, now: datetime
) -> None:
    """Store the orders and bring the ledger to them; the other channels hear of it when the transaction commits.

    Safe to repeat, and beside others that do the same: one transaction of a seller at a time writes orders or products.

    Effects: orders, lines, movements, oversells; notices where something sold is unknown or cannot be.
    """
    if not orders:
        return
    uow.accounts.lock_seller(account.seller_id)
    _Recording(uow, account, now).record(orders)


def apply_unknown_lines(uow: UnitOfWork, seller_id: SellerId, skus: Iterable[Sku], now: datetime) -> None:
    """Apply the lines that sold codes nobody knew when they came in. To be called once the codes are stored and counted.

    The caller holds the lock of the seller.
    """
    by_account: dict[AccountId, list[UnknownLine]] = {}
    for line in uow.orders.unknown_lines_of_codes(seller_id, list(skus)):
        by_account.setdefault(line.account_id, []).append(line)
    for account_id, lines in by_account.items():
        _apply_late(uow, seller_id, account_id, lines, now)


def apply_unknown_lines_of(uow: UnitOfWork, account: ChannelAccount, now: datetime) -> None:
    """Apply the account's lines of listings and codes that have become known since they came in."""
    if uow.orders.has_unknown_lines(account.id):
        uow.accounts.lock_seller(account.seller_id)
        lines = uow.orders.unknown_lines_of_account(account.id, most=MOST_UNKNOWN)
        _apply_late(uow, account.seller_id, account.id, lines, now)


def _apply_late(
    uow: UnitOfWork, seller_id: SellerId, account_id: AccountId, lines: Sequence[UnknownLine], now: datetime
) -> None:
    known = uow.orders.what_was_sold(seller_id, account_id, {one.line.sold for one in lines})
    found = [(one, known[one.line.sold]) for one in lines if one.line.sold in known]
    if not found:
        return
    book = _Book(uow, seller_id, account_id, {variant for _, variant in found}, now)
    saved = []
    for one, variant_id in found:
        line = one.line
        report = _Report(
            order_id=line.order_id, order=one.order, placed_at=one.placed_at, told_at=one.updated_at
        )
        if book.move(report, line.reference, variant_id, NOTHING, line.counters):
            saved.append(
                LineToSave(
                    order_id=line.order_id,
                    reference=line.reference,
                    sku=line.sku,
                    external_id=line.external_id,
                    variant_id=variant_id,
                    counters=line.counters,
                )
            )
    book.close(uow.orders.save_lines(saved))
    if not uow.orders.has_unknown_lines(account_id):
        uow.notices.answer(account_id, kind=UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """One report of an order: when the buyer ordered, and when the report was true; never in the future."""

    order_id: OrderId
    order: str
    placed_at: datetime
    told_at: datetime


@dataclass(slots=True)
class _Known:
    """What is known of a line as the reports are read one after the other."""

    sku: Sku
    sold: Sold
    variant_id: VariantId | None
    counters: Counters
    is_applied: bool
    is_changed: bool = False


class _Recording:
    """Takes one batch of orders of one account in, inside one transaction."""

    def __init__(self, uow: UnitOfWork, account: ChannelAccount, now: datetime) -> None:
        self._uow = uow
        self._account = account
        self._now = now
        self._lines: dict[_LineKey, _Known] = {}
        self._refused: list[tuple[str, OrderLine]] = []

    def record(self, orders: Sequence[ChannelOrder]) -> None:
        # As the buyers ordered, and each order as it went on: who came first gets what is there.
        in_turn = sorted(orders, key=lambda one: (one.placed_at, one.reference, one.updated_at))
        newest = {one.reference: one for one in in_turn}
        account = self._account
        ids = self._uow.orders.save(account.seller_id, account.id, list(newest.values()), now=self._now)
        stored = self._uow.orders.lines(ids.values())
        variants = self._variants(in_turn, ids, stored)
        book = _Book(self._uow, account.seller_id, account.id, set(variants.values()), self._now)
        for order in in_turn:
            report = _Report(
                order_id=ids[order.reference],
                order=order.reference,
                placed_at=min(order.placed_at, self._now),
                told_at=min(order.updated_at, self._now),
            )
            for line in order.lines:
                self._hear(book, report, line, stored, variants)
        book.close(self._uow.orders.save_lines(self._changed()))
        self._tell_people()

    def _variants(
        self,
        orders: Sequence[ChannelOrder],
        ids: Mapping[str, OrderId],
        stored: Mapping[_LineKey, StoredLine],
    ) -> Mapping[_LineKey, VariantId]:
        """Return what each line sold, where that is known: what was found out once stays."""
        variants, sold = {}, {}
        for order in orders:
            for line in order.lines:
                key = (ids[order.reference], line.reference)
                known = stored.get(key)
                if known is not None and known.variant_id is not None:
                    variants[key] = known.variant_id
                else:
                    sold[key] = (line.external_id, line.sku)
        found = self._uow.orders.what_was_sold(self._account.seller_id, self._account.id, set(sold.values()))
        return variants | {key: found[one] for key, one in sold.items() if one in found}

    def _hear(
        self,
        book: "_Book",
        report: _Report,
        line: OrderLine,
        stored: Mapping[_LineKey, StoredLine],
        variants: Mapping[_LineKey, VariantId],
    ) -> None:
        if is_absurd(line):
            self._refused.append((report.order, line))
            return
        key = (report.order_id, line.reference)
        known = self._lines.get(key) or _known(line, stored.get(key), variants.get(key))
        after = merged(known.counters, counters_of(line))
        before = known.counters if known.is_applied else NOTHING
        if known.variant_id is not None:
            if not book.move(report, line.reference, known.variant_id, before, after):
                self._refused.append((report.order, line))
                return
            known.is_changed = known.is_changed or not known.is_applied
            known.is_applied = True
        known.is_changed = known.is_changed or after != known.counters
        known.counters = after
        self._lines[key] = known

    def _changed(self) -> Sequence[LineToSave]:
        return [
            LineToSave(
                order_id=order_id,
                reference=reference,
                sku=one.sku,
                external_id=one.sold[0],
                variant_id=one.variant_id,
                counters=one.counters,
            )
            for (order_id, reference), one in self._lines.items()
            if one.is_changed
        ]

    def _tell_people(self) -> None:
        account = self._account
        unknown = [one.sku for one in self._lines.values() if one.variant_id is None and one.is_changed]
        if unknown:
            log.warning("orders.unknown_sku", account=account.id, skus=sorted(set(unknown))[:10])
            self._uow.notices.make(account.id, UNKNOWN, order_sentences.unknown(account.name, unknown))
        for order, line in self._refused:
            log.warning("orders.line_refused", account=account.id, order=order, ordered=line.ordered)
            problem = order_sentences.refused(account.name, order, line.sku, line.ordered)
            self._uow.notices.make(account.id, REFUSED, problem)


def _known(line: OrderLine, stored: StoredLine | None, variant_id: VariantId | None) -> _Known:
    """Return what is known of a line before its first report of the batch."""
    if stored is None:
        return _Known(
            sku=line.sku,
            sold=(line.external_id, line.sku),
            variant_id=variant_id,
            counters=NOTHING,
            is_applied=False,
            is_changed=True,
        )
    return _Known(
        sku=stored.sku,
        sold=stored.sold,
        variant_id=variant_id,
        counters=stored.counters,
        is_applied=stored.variant_id is not None,
    )


@dataclass(slots=True)
class _Owed:
    """A line that sold more than there was; ``promise`` is the movement that promised it."""

    report: _Report
    variant_id: VariantId
    units: int
    wanted: int
    promise: Movement


@dataclass(slots=True)
class _Book:
    """The ledger while orders of one account are taken in: levels are kept along, and written down at the end."""

    uow: UnitOfWork
    seller_id: SellerId
    account_id: AccountId
    variant_ids: set[VariantId]
    now: datetime
    levels: dict[VariantId, Level] = field(init=False)
    movements: list[Movement] = field(default_factory=list)
    owed: dict[_LineKey, _Owed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.levels = dict(self.uow.stock.levels(self.variant_ids))

    def move(
        self, report: _Report, line: str, variant_id: VariantId, before: Counters, after: Counters
    ) -> bool:
        """Move the line from ``before`` to ``after``; return False where that cannot be."""
        moves = LineMoves(
            variant_id=variant_id,
            account_id=self.account_id,
            order=report.order,
            line=line,
            placed_at=report.placed_at,
            told_at=report.told_at,
        )
        try:
            made, level = moves.movements(before, after, self.levels[variant_id])
        except StockRefused:
            return False
        self.movements += made
        self.levels[variant_id] = level
        wanted = after.ordered - before.ordered
        if wanted and (units := min(level.owed, after.open)):
            owed = _Owed(report=report, variant_id=variant_id, units=units, wanted=wanted, promise=made[0])
            self.owed[report.order_id, line] = owed
        return True

    def close(self, line_ids: Mapping[_LineKey, OrderLineId]) -> None:
        """Write the movements down and tell whom they concern; ``line_ids`` are the ids of the lines that changed."""
        self.uow.stock.record(self.movements, now=self.now)
        moved = {one.variant_id for one in self.movements}
        if moved:
            self.uow.pushes.lock(self.uow.stock.products_of(moved))
        self.uow.oversells.record(
            [self._oversell(one, line_ids[key]) for key, one in self.owed.items()], now=self.now
        )
        if moved:
            self.uow.pushes.doubt(self.account_id, self.uow.stock.products_of(moved))
            tell_channels(self.uow, moved, now=self.now)

    def _oversell(self, one: _Owed, line_id: OrderLineId) -> NewOversell:
        log.warning(
            "orders.oversold", account=self.account_id, variant=one.variant_id, line=line_id, units=one.units
        )
        return NewOversell(
            seller_id=self.seller_id,
            account_id=self.account_id,
            variant_id=one.variant_id,
            line_id=line_id,
            units=one.units,
            wanted=one.wanted,
            placed_at=one.report.placed_at,
            source=one.promise.source,
            reference=one.promise.reference,
        )
