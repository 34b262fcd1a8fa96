"""Looks at single listings, out of turn: which are due, who has them, when the next one is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from schemas.ids import AccountId, ListingId
from schemas.product import Product
from syndicator.domain.listing import Listing
from syndicator.store.listing_rows import listing_of
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import table

_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)

_DUE_LOOKS = sa.text("""
SELECT account_id, array_agg(id) AS ids FROM (
    SELECT due.id, due.account_id, row_number() OVER (PARTITION BY due.account_id ORDER BY due.look_at, due.id) AS place
      FROM (SELECT l.id, l.account_id, l.look_at FROM listing l JOIN channel_account a ON a.id = l.account_id
             WHERE l.look_at <= :now AND a.state = 'active' AND (a.not_before IS NULL OR a.not_before <= :now)
               AND coalesce(a.endpoint, a.kind) <> ALL(CAST(:closed AS text[]))
             ORDER BY l.look_at LIMIT :most_rows) AS due) AS placed
 WHERE place <= :per_account GROUP BY account_id LIMIT :most
""")
_CLAIM_LOOKS = sa.text("""
UPDATE listing SET look_at = :until
  FROM (SELECT id FROM listing WHERE id = ANY(CAST(:ids AS bigint[])) AND look_at = :held AND lease_token IS NULL
           FOR NO KEY UPDATE SKIP LOCKED) AS free
 WHERE listing.id = free.id RETURNING listing.id
""")


class LookRepository:
    """Hands out looks. A look is put off to a moment of its own while somebody has it; that moment is the lease."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lease_due(
        self, *, now: datetime, until: datetime, most: int, per_account: int, closed: Sequence[str]
    ) -> Mapping[AccountId, int]:
        """Put off to ``until`` the looks at listings that are due now; return how many of each account.

        Whoever looks names them by that moment: it is the lease, and falls due again by itself.
        """
        found = self._connection.execute(
            _DUE_LOOKS,
            {
                "now": now,
                "closed": list(closed),
                "most": most,
                "most_rows": most * per_account * 4,
                "per_account": per_account,
            },
        ).all()
        leased = {}
        for row in found:
            held = self._connection.execute(
                sa.text(
                    "UPDATE listing SET look_at = :until FROM (SELECT id FROM listing WHERE id = ANY(CAST(:ids AS bigint[]))"
                    " AND look_at <= :now AND lease_token IS NULL FOR NO KEY UPDATE SKIP LOCKED) AS free"
                    " WHERE listing.id = free.id"
                ),
                {"until": until, "ids": row.ids, "now": now},
            )
            if held.rowcount:
                leased[AccountId(row.account_id)] = held.rowcount
        return leased

    def claim(self, account_id: AccountId, held: datetime, *, until: datetime) -> Sequence[ListingId]:
        """Take over the looks that were leased until ``held``, and hold them until ``until``; none for a second delivery."""
        ids = self._connection.scalars(
            sa.select(_LISTING.c.id).where(_LISTING.c.account_id == account_id, _LISTING.c.look_at == held)
        ).all()
        claimed = self._connection.scalars(_CLAIM_LOOKS, {"ids": ids, "held": held, "until": until})
        return [ListingId(value) for value in claimed]

    def whole(self, listing_ids: Iterable[ListingId]) -> Sequence[tuple[Listing, Product]]:
        """Return the listings that can be looked at, with their products, without a lock."""
        rows = self._connection.execute(
            sa.select(_LISTING, _PRODUCT.c.canonical)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.id.in_(list(listing_ids)), _LISTING.c.external_id.is_not(None))
            .order_by(_LISTING.c.id)
        )
        return [(listing_of(row), Product.model_validate(row.canonical)) for row in rows]

    def put_off(self, listing_ids: Iterable[ListingId], held: datetime, look_at: datetime | None) -> None:
        """End the hold on looks; None means that there is nothing left to look for."""
        self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.id.in_(list(listing_ids)), _LISTING.c.look_at == held)
            .values(look_at=look_at)
        )
