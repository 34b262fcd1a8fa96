"""The ledger held against what the buyers did: every movement there once, every level the sum of its movements."""

from collections.abc import Mapping

import sqlalchemy as sa

from schemas.ids import Sku
from syndicator.store.engine import Database
from tests.chaos.buyers import Sold

_MOVED = sa.text("""
SELECT v.sku,
       coalesce(sum(m.promised_change) FILTER (WHERE m.kind = 'order'), 0) AS ordered,
       coalesce(-sum(m.promised_change) FILTER (WHERE m.kind = 'cancel'), 0) AS cancelled,
       coalesce(-sum(m.promised_change) FILTER (WHERE m.kind = 'ship'), 0) AS shipped
  FROM stock_movement m JOIN variant v ON v.id = m.variant_id GROUP BY v.sku
""")
_UNEVEN = sa.text("""
SELECT count(*) FROM stock_level l
  LEFT JOIN (SELECT variant_id, sum(on_hand_change) AS on_hand, sum(promised_change) AS promised
               FROM stock_movement GROUP BY variant_id) m USING (variant_id)
 WHERE l.on_hand <> coalesce(m.on_hand, 0) OR l.promised <> coalesce(m.promised, 0)
""")


def units_lost_or_doubled(database: Database, sold: Mapping[Sku, Sold]) -> tuple[int, list[str]]:
    """Return how many units of orders the ledger has too few or too many, and the first codes concerned."""
    with database.begin() as uow:
        moved = {Sku(row.sku): row for row in uow.connection.execute(_MOVED)}
    wrong, found = 0, []
    for sku in {*sold, *moved}:
        truth, row = sold.get(sku, Sold()), moved.get(sku)
        told = (0, 0, 0) if row is None else (int(row.ordered), int(row.cancelled), int(row.shipped))
        off = sum(
            abs(a - b) for a, b in zip(told, (truth.ordered, truth.cancelled, truth.shipped), strict=True)
        )
        if off:
            wrong += off
            found.append(f"{sku}: ordered, cancelled, shipped {told} in the ledger, {truth} by the buyers")
    return wrong, found


def uneven_levels(database: Database) -> int:
    """Return how many levels are not the sum of their movements."""
    with database.begin() as uow:
        return int(uow.connection.scalar(_UNEVEN) or 0)


def oversold(database: Database) -> Mapping[str, int]:
    """Return oversells found, and those that are still owed."""
    counts = "SELECT count(*) AS found, count(*) FILTER (WHERE closed_at IS NULL) AS open FROM oversell"
    with database.begin() as uow:
        row = uow.connection.execute(sa.text(counts)).one()
    return {"found": row.found, "open": row.open}
