"""The stock ledger: levels, and the movements that made them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from schemas.ids import ProductId, SellerId, Sku, VariantId
from syndicator.domain.stock import Level, Movement, MovementKind, moved
from syndicator.store.bulk import among, insert_rows, rows
from syndicator.store.tables import StockLevel, StockMovement, table
from syndicator.store.tables import Variant as VariantTable

_LEVEL = table(StockLevel)
_MOVEMENT = table(StockMovement)
_VARIANT = table(VariantTable)
_FIGURES = ("on_hand", "promised", "counted_at", "updated_at")
_INSERT_LEVELS = insert_rows(_LEVEL, "variant_id", *_FIGURES)
_SAVE_LEVELS = _INSERT_LEVELS.on_conflict_do_update(
    index_elements=["variant_id"], set_={name: _INSERT_LEVELS.excluded[name] for name in _FIGURES}
)
_INSERT_SUBMITTED = insert_rows(_LEVEL, "variant_id", "on_hand", "submitted", "updated_at")
_SAVE_SUBMITTED = _INSERT_SUBMITTED.on_conflict_do_update(
    index_elements=["variant_id"], set_={"submitted": _INSERT_SUBMITTED.excluded.submitted}
)
_INSERT_MOVEMENTS = insert_rows(
    _MOVEMENT,
    "variant_id",
    "kind",
    "source",
    "reference",
    "on_hand_change",
    "on_hand_after",
    "promised_change",
    "promised_after",
    "account_id",
    "note",
    "happened_at",
    "at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockedVariant:
    """A variant of a seller, locked, with its level; ``submitted`` is the figure of the last product file."""

    id: VariantId
    sku: Sku
    product_id: ProductId
    level: Level
    submitted: int | None


class StockRepository:
    """Reads and writes stock. A level only ever changes together with a movement."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def levels(self, variant_ids: Iterable[VariantId]) -> Mapping[VariantId, Level]:
        """Lock the variants, in the order of their ids, and return their levels; one that never moved has nothing."""
        found = self._locked(among(_VARIANT.c.id, variant_ids))
        return {one.id: one.level for one in found}

    def find(self, seller_id: SellerId, skus: Iterable[Sku]) -> Mapping[Sku, StockedVariant]:
        """Lock the variants of a seller and return them by SKU; a SKU nobody stored is left out."""
        found = self._locked(_VARIANT.c.seller_id == seller_id, among(_VARIANT.c.sku, skus))
        return {one.sku: one for one in found}

    def products_of(self, variant_ids: Iterable[VariantId]) -> Sequence[ProductId]:
        """Return the products the variants belong to, each once."""
        found = self._connection.scalars(
            sa.select(_VARIANT.c.product_id).where(among(_VARIANT.c.id, variant_ids)).distinct()
        )
        return [ProductId(value) for value in found]

    def record(self, movements: Sequence[Movement], *, now: datetime) -> Sequence[Movement]:
        """Write the movements down in their order; return those that were not known before.

        A movement is known by source, reference and variant, so reporting one again changes nothing.

        Raises:
            StockRefused: One does not fit the level it meets. Nothing of this call may be committed then.
        """
        if not movements:
            return []
        levels = dict(self.levels({one.variant_id for one in movements}))
        known = self._known(movements)
        new: dict[tuple[str, str, VariantId], Movement] = {}
        written = []
        for one in movements:
            key = (one.source, one.reference, one.variant_id)
            if key in known or key in new:
                continue
            new[key] = one
            levels[one.variant_id] = after = _after(levels[one.variant_id], one, now)
            written.append(_row(one, after, now))
        if written:
            self._connection.execute(_INSERT_MOVEMENTS, rows(written))
            self._write({one.variant_id: levels[one.variant_id] for one in new.values()}, now)
        return list(new.values())

    def moved_since(self, variant_ids: Iterable[VariantId], moment: datetime) -> Mapping[VariantId, int]:
        """Return by how much the units on hand changed after a moment, where they did."""
        found = self._connection.execute(
            sa.select(_MOVEMENT.c.variant_id, sa.func.sum(_MOVEMENT.c.on_hand_change).label("change"))
            .where(_MOVEMENT.c.variant_id.in_(list(variant_ids)), _MOVEMENT.c.happened_at > moment)
            .group_by(_MOVEMENT.c.variant_id)
        )
        return {VariantId(row.variant_id): int(row.change) for row in found}

    def note_submitted(self, figures: Mapping[VariantId, int], *, now: datetime) -> None:
        """Remember what a product file said of each variant, in units."""
        if not figures:
            return
        self._connection.execute(
            _SAVE_SUBMITTED,
            rows(
                [
                    {"variant_id": id_, "on_hand": 0, "submitted": units, "updated_at": now}
                    for id_, units in figures.items()
                ]
            ),
        )

    def _locked(self, *conditions: sa.ColumnElement[bool]) -> Sequence[StockedVariant]:
        # The variants are locked, not their levels: a level that does not exist yet cannot be.
        ids = self._connection.scalars(
            sa.select(_VARIANT.c.id).where(*conditions).order_by(_VARIANT.c.id).with_for_update()
        ).all()
        if not ids:
            return []
        found = self._connection.execute(
            sa.select(
                _VARIANT.c.id,
                _VARIANT.c.sku,
                _VARIANT.c.product_id,
                sa.func.coalesce(_LEVEL.c.on_hand, 0).label("on_hand"),
                sa.func.coalesce(_LEVEL.c.promised, 0).label("promised"),
                _LEVEL.c.counted_at,
                _LEVEL.c.submitted,
            )
            .outerjoin(_LEVEL, _LEVEL.c.variant_id == _VARIANT.c.id)
            .where(among(_VARIANT.c.id, ids))
            .order_by(_VARIANT.c.id)
        )
        return [
            StockedVariant(
                id=VariantId(row.id),
                sku=Sku(row.sku),
                product_id=ProductId(row.product_id),
                level=Level(on_hand=row.on_hand, promised=row.promised, counted_at=row.counted_at),
                submitted=row.submitted,
            )
            for row in found
        ]

    def _known(self, movements: Sequence[Movement]) -> frozenset[tuple[str, str, VariantId]]:
        found = self._connection.execute(
            sa.select(_MOVEMENT.c.source, _MOVEMENT.c.reference, _MOVEMENT.c.variant_id).where(
                _MOVEMENT.c.source.in_({one.source for one in movements}),
                _MOVEMENT.c.reference.in_({one.reference for one in movements}),
                among(_MOVEMENT.c.variant_id, {one.variant_id for one in movements}),
            )
        )
        return frozenset((row.source, row.reference, VariantId(row.variant_id)) for row in found)

    def _write(self, levels: Mapping[VariantId, Level], now: datetime) -> None:
        self._connection.execute(
            _SAVE_LEVELS,
            rows(
                [
                    {
                        "variant_id": id_,
                        "on_hand": level.on_hand,
                        "promised": level.promised,
                        "counted_at": level.counted_at,
                        "updated_at": now,
                    }
                    for id_, level in levels.items()
                ]
            ),
        )


def _after(level: Level, movement: Movement, now: datetime) -> Level:
    after = moved(level, movement)
    if movement.kind is not MovementKind.COUNT:
        return after
    return Level(on_hand=after.on_hand, promised=after.promised, counted_at=movement.happened_at or now)


def _row(movement: Movement, after: Level, now: datetime) -> dict[str, object]:
    return {
        "variant_id": movement.variant_id,
        "kind": movement.kind.value,
        "source": movement.source,
        "reference": movement.reference,
        "on_hand_change": movement.on_hand,
        "on_hand_after": after.on_hand,
        "promised_change": movement.promised,
        "promised_after": after.promised,
        "account_id": movement.account_id,
        "note": movement.note,
        "happened_at": movement.happened_at or now,
        "at": now,
    }
