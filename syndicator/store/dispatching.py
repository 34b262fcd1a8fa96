"""Leasing due rows fairly: owners take turns, nobody's backlog delays another's one.

The walk over owners is a loose index scan (``listing_due_idx``): its cost grows with the number of owners that have due
rows, not with the number of rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from schemas.channel import Lane
from schemas.ids import AccountId, LeaseToken, ListingId, MediaId, SellerId

_ACCOUNTS_IN_TURN = sa.text("""
WITH RECURSIVE turn(account_id) AS (
    (SELECT account_id FROM listing
      WHERE lane = :lane AND due_at <= :now AND account_id > :after ORDER BY account_id LIMIT 1)
    UNION ALL
    SELECT (SELECT l.account_id FROM listing l
             WHERE l.lane = :lane AND l.due_at <= :now AND l.account_id > turn.account_id
             ORDER BY l.account_id LIMIT 1)
      FROM turn WHERE turn.account_id IS NOT NULL)
SELECT turn.account_id, coalesce(a.endpoint, a.kind) AS endpoint,
       a.brake_reason IN ('channel', 'usage') AS is_probe
  FROM turn JOIN channel_account a ON a.id = turn.account_id
 WHERE a.state = 'active' AND (a.not_before IS NULL OR a.not_before <= :now)
   AND coalesce(a.endpoint, a.kind) <> ALL(CAST(:closed AS text[]))
 LIMIT :most
""")

# Ordered by what the index is ordered by and nothing more: thousands of one submission are due at the same moment, and
# a second column would have them all read and sorted for the few that are taken.
_DUE_OF_ACCOUNTS = sa.text("""
SELECT due.id, turn.account_id, due.starts > 1 AS is_suspect,
       due.external_id IS NOT NULL AND due.intent_verb IS NULL AS is_cheap
  FROM unnest(CAST(:accounts AS bigint[]), CAST(:mosts AS int[])) AS turn(account_id, most)
 CROSS JOIN LATERAL (
    SELECT id, external_id, intent_verb, starts FROM listing
     WHERE lane = :lane AND account_id = turn.account_id AND due_at <= :now
     ORDER BY due_at LIMIT turn.most FOR UPDATE SKIP LOCKED) AS due
""")

_IN_FLIGHT = sa.text("""
SELECT l.account_id, coalesce(a.endpoint, a.kind) AS endpoint,
       count(*) AS listings, count(DISTINCT l.lease_token) AS leases,
       count(*) FILTER (WHERE l.lane = 0) AS stock_listings,
       count(DISTINCT l.lease_token) FILTER (WHERE l.lane = 0) AS stock_leases
  FROM listing l JOIN channel_account a ON a.id = l.account_id
 WHERE l.lease_token IS NOT NULL AND l.due_at > :now GROUP BY 1, 2
""")

_LEASE_LISTINGS = sa.text("""
UPDATE listing SET lease_token = leased.token, due_at = :until, starts = least(starts + 1, 1000)
  FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS text[])) AS leased(id, token)
 WHERE listing.id = leased.id AND listing.id = ANY(CAST(:ids AS bigint[]))
""")

_DUE_MEDIA = sa.text("""
WITH RECURSIVE turn(seller_id) AS (
    (SELECT seller_id FROM media WHERE due_at <= :now AND seller_id > :after ORDER BY seller_id LIMIT 1)
    UNION ALL
    SELECT (SELECT m.seller_id FROM media m
             WHERE m.due_at <= :now AND m.seller_id > turn.seller_id ORDER BY m.seller_id LIMIT 1)
      FROM turn WHERE turn.seller_id IS NOT NULL)
SELECT due.id, turn.seller_id
  FROM (SELECT seller_id FROM turn WHERE seller_id IS NOT NULL LIMIT :most_sellers) AS turn
 CROSS JOIN LATERAL (
    SELECT id FROM media WHERE seller_id = turn.seller_id AND due_at <= :now
     ORDER BY due_at, id LIMIT :per_seller FOR UPDATE SKIP LOCKED) AS due
""")

_LEASE_MEDIA = sa.text("""
UPDATE media SET lease_token = leased.token, due_at = :until
  FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS text[])) AS leased(id, token)
 WHERE media.id = leased.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueListing:
    """A due row, locked until the transaction ends.

    ``is_cheap`` says that it may travel with others: no visible publish is to come, and its last worker did not die
    over it. One that ends its workers thus drags no neighbour along. ``is_suspect`` says that two leases of it
    ended without any outcome, so it travels alone; one may well have been a deploy, or an emptied Redis.
    """

    id: ListingId
    account_id: AccountId
    is_cheap: bool
    is_suspect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """What one account has under running leases; each lease may hold a worker thread.

    What carries stock changes is in all figures, and counted by itself besides.
    """

    endpoint: str
    listings: int
    leases: int
    stock_listings: int = 0
    stock_leases: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAccount:
    """An account with due listings. ``is_probe`` says that its channel refused it last, so that one listing tries first."""

    id: AccountId
    endpoint: str
    is_probe: bool


class DispatchRepository:
    """Finds due rows and leases them. One dispatcher at a time does this, but several would be safe."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def in_flight(self, now: datetime) -> Mapping[AccountId, InFlight]:
        """Count what is under a running lease, by account."""
        return {
            AccountId(row.account_id): InFlight(
                endpoint=row.endpoint,
                listings=row.listings,
                leases=row.leases,
                stock_listings=row.stock_listings,
                stock_leases=row.stock_leases,
            )
            for row in self._connection.execute(_IN_FLIGHT, {"now": now})
        }

    def accounts_in_turn(
        self, lane: Lane, *, now: datetime, after: AccountId, most: int, closed: Collection[str] = ()
    ) -> Sequence[DueAccount]:
        """Return up to ``most`` accounts with due listings in the lane, in id order, beginning behind ``after``.

        Braked accounts, and those at the ``closed`` endpoints, are passed over.
        """
        rows = self._connection.execute(
            _ACCOUNTS_IN_TURN,
            {"lane": lane.value, "now": now, "after": after, "most": most, "closed": list(closed)},
        )
        return [
            DueAccount(id=AccountId(row.account_id), endpoint=row.endpoint, is_probe=bool(row.is_probe))
            for row in rows
        ]

    def lock_due(self, lane: Lane, most: Mapping[AccountId, int], *, now: datetime) -> Sequence[DueListing]:
        """Lock the oldest due listings of each account, at most the given number of each."""
        rows = self._connection.execute(
            _DUE_OF_ACCOUNTS,
            {"lane": lane.value, "now": now, "accounts": list(most), "mosts": list(most.values())},
        )
        return [
            DueListing(
                id=ListingId(row.id),
                account_id=AccountId(row.account_id),
                is_cheap=row.is_cheap,
                is_suspect=row.is_suspect,
            )
            for row in rows
        ]

    def lease_listings(self, leases: Mapping[ListingId, LeaseToken], *, until: datetime) -> None:
        """Put the locked listings under their tokens until ``until``."""
        self._connection.execute(
            _LEASE_LISTINGS, {"ids": list(leases), "tokens": list(leases.values()), "until": until}
        )

    def shorten_leases(self, *, now: datetime, longest: timedelta) -> int:
        """End leases that no clock of ours can have given, as after the database's clock was set back; return how many.

        They fall due when the longest lease given now would.
        """
        ended = [
            self._connection.execute(
                sa.text(
                    f"UPDATE {name} SET due_at = :until WHERE lease_token IS NOT NULL AND due_at > :impossible"  # noqa: S608 - names of our own tables
                ),
                {"until": now + longest, "impossible": now + 2 * longest},
            ).rowcount
            for name in ("listing", "media")
        ]
        return sum(ended)

    def media_in_flight(self, now: datetime) -> int:
        """Count the source pictures under a running lease."""
        return (
            self._connection.scalar(
                sa.text("SELECT count(*) FROM media WHERE lease_token IS NOT NULL AND due_at > :now"),
                {"now": now},
            )
            or 0
        )

    def lock_due_media(
        self, *, now: datetime, after: SellerId, most_sellers: int, per_seller: int
    ) -> Sequence[tuple[MediaId, SellerId]]:
        """Lock due source pictures, sellers in turn behind ``after``."""
        rows = self._connection.execute(
            _DUE_MEDIA,
            {"now": now, "after": after, "most_sellers": most_sellers, "per_seller": per_seller},
        )
        return [(MediaId(row.id), SellerId(row.seller_id)) for row in rows]

    def lease_media(self, leases: Mapping[MediaId, LeaseToken], *, until: datetime) -> None:
        """Put the locked source pictures under their tokens until ``until``."""
        self._connection.execute(
            _LEASE_MEDIA, {"ids": list(leases), "tokens": list(leases.values()), "until": until}
        )
