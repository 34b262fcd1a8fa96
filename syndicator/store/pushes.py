"""Stock changes on their way to the channels: which listings must hear of one, when it was sent, when it was seen there."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from schemas.channel import Lane, Part
from schemas.ids import AccountId, ListingId, ProductId, Sku
from schemas.listing import ListingState
from syndicator.store.tables import Listing, StockPush, table

_LISTING = table(Listing)
_PUSH = table(StockPush)

_DELAYS = sa.text("""
SELECT account_id, count(*) AS pushes, count(seen_at) AS seen,
       percentile_cont(CAST(:parts AS float8[])) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - changed_at)) AS sent,
       percentile_cont(CAST(:parts AS float8[])) WITHIN GROUP (ORDER BY extract(epoch FROM seen_at - changed_at)) AS shown,
       max(sent_at) AS last_at
  FROM stock_push
 WHERE sent_at >= :since AND account_id = ANY(:accounts)
 GROUP BY account_id
""")
_BUCKETS = sa.text("""
SELECT account_id, width_bucket(extract(epoch FROM seen_at - changed_at), CAST(:edges AS float8[])) AS bucket, count(*) AS pushes
  FROM stock_push
 WHERE sent_at >= :since AND account_id = ANY(:accounts) AND seen_at IS NOT NULL
 GROUP BY account_id, bucket
""")
_SAW = sa.text("""
UPDATE stock_push SET seen_at = :at
  FROM (SELECT DISTINCT ON (p.listing_id) p.id, p.seen_at
          FROM stock_push p
          JOIN jsonb_to_recordset(CAST(:seen AS jsonb)) AS s(listing_id bigint, units jsonb)
            ON s.listing_id = p.listing_id AND p.units = s.units
         WHERE p.sent_at <= :read_at
         ORDER BY p.listing_id, p.sent_at DESC, p.id DESC) AS newest
 WHERE stock_push.id = newest.id AND newest.seen_at IS NULL
""")
HALF, MOST = 0.5, 0.95
EDGES_S = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Upper edges of the histogram's buckets, in seconds; what took longer stands in one more."""
LOOK_AFTER = timedelta(seconds=5)
LOOK_APART = timedelta(minutes=1)
"""Reading back costs a call of the account's quota, so at most one listing of an account is looked at in this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What one listing was told of its stock, in free-to-sell units by SKU."""

    listing_id: ListingId
    account_id: AccountId
    units: Mapping[Sku, int]
    changed_at: datetime
    sent_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How fast an account followed stock changes: half of them, and 95 of 100, took at most these seconds.

    Attributes:
        pushes: Changes that were sent.
        seen: Of these, changes the channel itself was seen to show.
        histogram: Changes seen within each of ``EDGES_S``, and one more figure for those that took longer.
    """

    account_id: AccountId
    pushes: int
    seen: int
    sent_half_s: float
    sent_most_s: float
    seen_half_s: float | None
    seen_most_s: float | None
    last_at: datetime
    histogram: tuple[int, ...]


class PushRepository:
    """Reads and writes the way of stock changes to the channels."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self, product_ids: Iterable[ProductId]) -> None:
        """Lock the listings of the products, in the order of their ids as workers do, until the transaction ends.

        A page of orders concerns many listings, and so does a slice: locked in any order they would wait for each other.
        """
        self._connection.execute(
            sa.select(_LISTING.c.id)
            .where(_LISTING.c.product_id.in_(list(product_ids)))
            .order_by(_LISTING.c.id)
            .with_for_update(key_share=True)
        )

    def want(self, product_ids: Iterable[ProductId], *, now: datetime) -> int:
        """Make due, before all other work, the listings of the products that are wanted live; return how many.

        One that is being worked on keeps its lease: its outcome sees the newer wish and leaves it due.
        """
        product_ids = list(product_ids)
        self.lock(product_ids)
        leased = _LISTING.c.lease_token.is_not(None)
        due = self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.product_id.in_(product_ids), _LISTING.c.wanted == "live")
            .values(
                wish=_LISTING.c.wish + 1,
                wished_at=now,
                lane=Lane.STOCK.value,
                due_at=sa.case((leased, _LISTING.c.due_at), else_=now),
                state=ListingState.WORKING.value,
                attempts=0,
                stock_changed_at=sa.func.coalesce(_LISTING.c.stock_changed_at, now),
            )
        )
        return due.rowcount

    def doubt(self, account_id: AccountId, product_ids: Iterable[ProductId]) -> None:
        """Believe no longer that the account shows what it was sent: its own buyers have changed the figure there.

        Else a sale and a restock that came between two pushes would seem to need none.
        """
        self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.account_id == account_id, _LISTING.c.product_id.in_(list(product_ids)))
            .values(sent=_LISTING.c.sent.op("-")(Part.STOCK.value))
        )

    def note_changed(self, product_ids: Iterable[ProductId], *, now: datetime) -> None:
        """Note when the stock changed, for listings on sale that another wish has made due already."""
        self._connection.execute(
            sa.update(_LISTING)
            .where(
                _LISTING.c.product_id.in_(list(product_ids)),
                _LISTING.c.wanted == "live",
                _LISTING.c.external_id.is_not(None),
            )
            .values(stock_changed_at=sa.func.coalesce(_LISTING.c.stock_changed_at, now))
        )

    def record(self, pushes: Sequence[Push]) -> None:
        """Write down what was sent; where the channel did not say what it shows, have it looked at soon."""
        if not pushes:
            return
        rows = [
            {
                "listing_id": one.listing_id,
                "account_id": one.account_id,
                "units": dict(one.units),
                "changed_at": one.changed_at,
                "sent_at": one.sent_at,
                "seen_at": one.seen_at,
            }
            for one in pushes
        ]
        self._connection.execute(sa.insert(_PUSH), rows)
        for unseen in {one.account_id: one for one in pushes if one.seen_at is None}.values():
            self._look_soon(unseen)

    def _look_soon(self, push: Push) -> None:
        other = _LISTING.alias()
        looked = sa.exists().where(
            other.c.account_id == push.account_id,
            sa.or_(other.c.look_at.is_not(None), other.c.seen_at > push.sent_at - LOOK_APART),
        )
        self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.id == push.listing_id, ~looked)
            .values(look_at=push.sent_at + LOOK_AFTER)
        )

    def saw(self, units: Mapping[ListingId, Mapping[Sku, int]], *, read_at: datetime, at: datetime) -> None:
        """Note that channels showed these units: of each listing the newest push of them, sent before ``read_at``, was seen."""
        if units:
            seen = [{"listing_id": id_, "units": dict(one)} for id_, one in units.items()]
            self._connection.execute(_SAW, {"seen": json.dumps(seen), "read_at": read_at, "at": at})

    def delays(self, account_ids: Iterable[AccountId], *, since: datetime) -> Mapping[AccountId, Delays]:
        """Return how fast the accounts followed the changes since a moment; those without any are left out."""
        given = {"accounts": list(account_ids), "since": since}
        counted: dict[int, list[int]] = {}
        for row in self._connection.execute(_BUCKETS, {**given, "edges": list(EDGES_S)}):
            counted.setdefault(row.account_id, [0] * (len(EDGES_S) + 1))[row.bucket] = row.pushes
        found = {}
        for row in self._connection.execute(_DELAYS, {**given, "parts": [HALF, MOST]}):
            shown = row.shown or (None, None)
            found[AccountId(row.account_id)] = Delays(
                account_id=AccountId(row.account_id),
                pushes=row.pushes,
                seen=row.seen,
                sent_half_s=row.sent[0],
                sent_most_s=row.sent[1],
                seen_half_s=shown[0],
                seen_most_s=shown[1],
                last_at=row.last_at,
                histogram=tuple(counted.get(row.account_id, [0] * (len(EDGES_S) + 1))),
            )
        return found

    def newest(self, product_ids: Iterable[ProductId]) -> Mapping[ListingId, Push]:
        """Return the newest push of every listing of the products that had one."""
        rows = self._connection.execute(
            sa.select(_PUSH)
            .ext(distinct_on(_PUSH.c.listing_id))
            .join(_LISTING, _LISTING.c.id == _PUSH.c.listing_id)
            .where(_LISTING.c.product_id.in_(list(product_ids)))
            .order_by(_PUSH.c.listing_id, _PUSH.c.sent_at.desc())
        )
        return {
            ListingId(row.listing_id): Push(
                listing_id=ListingId(row.listing_id),
                account_id=AccountId(row.account_id),
                units={Sku(sku): units for sku, units in row.units.items()},
                changed_at=row.changed_at,
                sent_at=row.sent_at,
                seen_at=row.seen_at,
            )
            for row in rows
        }
