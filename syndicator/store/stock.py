"""The stock ledger: levels, and the movements that made them."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import ProductId, SellerId, Sku
from syndicator.store.tables import StockLevel, StockMovement, table
from syndicator.store.tables import Variant as VariantTable

_LEVEL = table(StockLevel)
_MOVEMENT = table(StockMovement)
_VARIANT = table(VariantTable)


class StockRepository:
    """Reads and writes stock. A level only ever changes together with a movement."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def available(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Mapping[Sku, int]]:
        """Return free-to-sell units by product and SKU; a variant without a level has none."""
        rows = self._connection.execute(
            sa.select(
                _VARIANT.c.product_id,
                _VARIANT.c.sku,
                sa.func.coalesce(_LEVEL.c.on_hand - _LEVEL.c.held, 0).label("available"),
            )
            .outerjoin(_LEVEL, _LEVEL.c.variant_id == _VARIANT.c.id)
            .where(_VARIANT.c.product_id.in_(list(product_ids)))
        )
        found: dict[ProductId, dict[Sku, int]] = {}
        for product_id, sku, available in rows:
            found.setdefault(ProductId(product_id), {})[Sku(sku)] = available
        return found

    def count(
        self, seller_id: SellerId, counts: Mapping[Sku, int], *, source: str, reference: str
    ) -> Sequence[ProductId]:
        """Set what was counted, on hand, in units; return the products whose stock changed.

        An unchanged figure makes no movement. Repeating one ``reference`` changes nothing.
        """
        rows = self._connection.execute(
            sa.select(_VARIANT.c.id, _VARIANT.c.sku, _VARIANT.c.product_id, _LEVEL.c.on_hand)
            .outerjoin(_LEVEL, _LEVEL.c.variant_id == _VARIANT.c.id)
            .where(_VARIANT.c.seller_id == seller_id, _VARIANT.c.sku.in_(list(counts)))
            .order_by(_VARIANT.c.id)
            .with_for_update(of=_VARIANT)
        ).all()
        changed = [row for row in rows if row.on_hand != counts[Sku(row.sku)]]
        if not changed:
            return []
        movements = [
            {
                "variant_id": row.id,
                "kind": "count",
                "source": source,
                "reference": reference,
                "on_hand_change": counts[Sku(row.sku)] - (row.on_hand or 0),
                "on_hand_after": counts[Sku(row.sku)],
            }
            for row in changed
        ]
        recorded = set(
            self._connection.scalars(
                insert(_MOVEMENT).on_conflict_do_nothing().returning(_MOVEMENT.c.variant_id), movements
            )
        )
        self._set_levels([m for m in movements if m["variant_id"] in recorded])
        return list(dict.fromkeys(ProductId(row.product_id) for row in changed if row.id in recorded))

    def _set_levels(self, movements: Sequence[Mapping[str, object]]) -> None:
        if not movements:
            return
        statement = insert(_LEVEL)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["variant_id"],
                set_={"on_hand": statement.excluded.on_hand, "updated_at": sa.func.now()},
            ),
            [{"variant_id": m["variant_id"], "on_hand": m["on_hand_after"]} for m in movements],
        )
