"""Reading listings back: what is known of the listings of a page, what was seen, and how a sweep stands."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.ids import AccountId, ExternalId, ListingId
from schemas.listing import ListingState
from schemas.problem import Problem
from schemas.product import Product
from syndicator.domain.listing import Listing
from syndicator.store.listing_rows import listing_of
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import Variant as VariantTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)
_VARIANT = table(VariantTable)
_AT_REST = sa.and_(
    _LISTING.c.due_at.is_(None),
    _LISTING.c.lease_token.is_(None),
    _LISTING.c.intent_verb.is_(None),
    _LISTING.c.wanted == "live",
    _LISTING.c.external_id.is_not(None),
)
"""Nothing is on its way to the listing, so what the channel shows can be compared with what was sent."""

# A row that somebody works on is left alone: waiting for it could end in a deadlock, and holding it would let the worker's
# claim pass it over.
_SAW = sa.text("""
UPDATE listing SET seen_at = :at, missing_since = NULL, look_at = coalesce(one.look_at, listing.look_at),
       seen = coalesce(one.seen, listing.seen)
  FROM (SELECT l.id, s.seen, s.look_at
          FROM listing l
          JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS s(id bigint, seen jsonb, look_at timestamptz) ON s.id = l.id
         WHERE l.lease_token IS NULL FOR NO KEY UPDATE OF l SKIP LOCKED) AS one
 WHERE listing.id = one.id
""")
_MISSING = sa.text("""
UPDATE listing
   SET missing_since = coalesce(listing.missing_since, :now),
       look_at = CASE WHEN listing.missing_since IS NULL THEN listing.look_at ELSE :now END
  FROM (SELECT id FROM listing
         WHERE account_id = :account AND external_id IS NOT NULL AND wanted = 'live'
           AND due_at IS NULL AND lease_token IS NULL AND intent_verb IS NULL
           AND (sent_at IS NULL OR sent_at < :began_at) AND (seen_at IS NULL OR seen_at < :began_at)
           FOR NO KEY UPDATE SKIP LOCKED) AS absent
 WHERE listing.id = absent.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReport:
    """What a sweep of one account read and found so far; ``ended_at`` is None while it is under way.

    Attributes:
        listings: Read, those not ours included.
        compared: Of ours, those that had to be rendered; the others showed what they showed when last compared.
        drift: Drift found, by kind.
        actions: What was done about it, by action.
        unknown: Listings that carry a marker of ours and that nothing here knows; a few of their ids in ``unknown_ids``.
        missing: Listings of ours that this sweep did not meet.
        restarts: How often it began anew because the channel no longer took its cursor.
        error: Why it ended early.
    """

    began_at: datetime
    ended_at: datetime | None = None
    pages: int = 0
    listings: int = 0
    known: int = 0
    compared: int = 0
    drift: Mapping[str, int] = field(default_factory=dict)
    actions: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    unknown_ids: tuple[str, ...] = ()
    missing: int = 0
    restarts: int = 0
    failures: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What must be known of a listing to see that nothing changed.

    Attributes:
        mark: Of its last comparison, where that found nothing; else None.
        beside: What it is compared with, as far as the row tells.
        is_at_rest: Nothing is on its way to it.
    """

    id: ListingId
    external_id: ExternalId
    mark: str | None
    beside: Mapping[str, Any]
    is_at_rest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeListing:
    """A listing at rest, locked, with all that comparing and mending it takes."""

    listing: Listing
    product: Product
    state: ListingState
    problems: tuple[Problem, ...]
    sent_at: datetime | None
    seen: Mapping[str, Any]
    missing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is written of a listing that was seen; ``seen`` None leaves what was written before."""

    listing_id: ListingId
    seen: Mapping[str, Any] | None = None
    look_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersRead:
    """Whether an account has orders to give, when they were last read to their end, and whether somebody reads now."""

    has_orders: bool
    at: datetime | None
    is_reading: bool


class SweepRepository:
    """Reads and writes what channels showed."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def report(self, account_id: AccountId) -> SweepReport | None:
        """Return how the sweep under way stands, or else how the last one ended; None before the first."""
        return self.reports([account_id]).get(account_id)

    def reports(self, account_ids: Iterable[AccountId]) -> Mapping[AccountId, SweepReport]:
        """Return the reports of several accounts; those that were never swept are left out."""
        rows = self._connection.execute(
            sa.select(_ACCOUNT.c.id, _ACCOUNT.c.sweep_report).where(
                _ACCOUNT.c.id.in_(list(account_ids)), _ACCOUNT.c.sweep_report.is_not(None)
            )
        )
        return {AccountId(row.id): _report(row.sweep_report) for row in rows}

    def save_report(self, account_id: AccountId, report: SweepReport) -> None:
        """Write down how a sweep stands."""
        document = json.loads(json.dumps(asdict(report), default=datetime.isoformat))
        self._connection.execute(
            sa.update(_ACCOUNT).where(_ACCOUNT.c.id == account_id).values(sweep_report=document)
        )

    def begin_anew(self, account_id: AccountId) -> None:
        """Forget the sweep under way, so that the next turn begins another one."""
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id)
            .values(sweep_report=sa.null(), sweep_cursor=sa.null())
        )

    def standing(
        self, account_id: AccountId, external_ids: Iterable[ExternalId]
    ) -> Mapping[ExternalId, Standing]:
        """Return what is known of those of the channel's listings that are ours."""
        rows = self._connection.execute(
            sa.select(
                _LISTING.c.id,
                _LISTING.c.external_id,
                _LISTING.c.seen["mark"].astext.label("mark"),
                _LISTING.c.sent,
                _LISTING.c.accepted,
                _LISTING.c.publication,
                _AT_REST.label("is_at_rest"),
            ).where(_LISTING.c.account_id == account_id, _LISTING.c.external_id.in_(list(external_ids)))
        )
        return {
            ExternalId(row.external_id): Standing(
                id=ListingId(row.id),
                external_id=ExternalId(row.external_id),
                mark=row.mark,
                beside={"sent": row.sent, "accepted": row.accepted, "publication": row.publication},
                is_at_rest=row.is_at_rest,
            )
            for row in rows
        }

    def lock_whole(
        self, listing_ids: Iterable[ListingId], *, read_at: datetime | None
    ) -> Sequence[WholeListing]:
        """Lock those of the listings that are at rest and that nothing was sent to after ``read_at``, and return them whole.

        One that somebody else holds is passed over.
        """
        query = (
            sa.select(_LISTING, _PRODUCT.c.canonical)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.id.in_(list(listing_ids)), _AT_REST)
            .order_by(_LISTING.c.id)
            .with_for_update(of=_LISTING, skip_locked=True, key_share=True)
        )
        if read_at is not None:
            query = query.where(sa.or_(_LISTING.c.sent_at.is_(None), _LISTING.c.sent_at < read_at))
        return [
            WholeListing(
                listing=listing_of(row),
                product=Product.model_validate(row.canonical),
                state=ListingState(row.state),
                problems=tuple(Problem.model_validate(problem) for problem in row.problems),
                sent_at=row.sent_at,
                seen=row.seen or {},
                missing_since=row.missing_since,
            )
            for row in self._connection.execute(query)
        ]

    def lock_variants(self, listing_ids: Iterable[ListingId]) -> None:
        """Lock the variants of the listings' products, before the listings: in that order every change of stock does."""
        products = sa.select(_LISTING.c.product_id).where(_LISTING.c.id.in_(list(listing_ids)))
        self._connection.execute(
            sa.select(_VARIANT.c.id)
            .where(_VARIANT.c.product_id.in_(products))
            .order_by(_VARIANT.c.id)
            .with_for_update()
        )

    def saw(self, sights: Sequence[Sight], *, at: datetime) -> None:
        """Write down that the listings were seen, in one statement."""
        if sights:
            rows = [{"id": one.listing_id, "seen": one.seen, "look_at": one.look_at} for one in sights]
            self._connection.execute(_SAW, {"rows": json.dumps(rows, default=datetime.isoformat), "at": at})

    def mend(self, listing_id: ListingId, values: Mapping[str, Any]) -> None:
        """Write what follows from drift to a listing that ``lock_whole`` returned."""
        self._connection.execute(sa.update(_LISTING).where(_LISTING.c.id == listing_id).values(dict(values)))

    def mark_missing(self, account_id: AccountId, *, began_at: datetime, now: datetime) -> int:
        """Note which listings a sweep that began at ``began_at`` did not meet; return how many.

        One that an earlier sweep missed, too, is looked at by itself.
        """
        given = {"account": account_id, "began_at": began_at, "now": now}
        return self._connection.execute(_MISSING, given).rowcount

    def swept_at(self, account_id: AccountId) -> datetime | None:
        """Return when a sweep of the account last reached its end."""
        moment: datetime | None = self._connection.scalar(
            sa.select(_ACCOUNT.c.swept_at).where(_ACCOUNT.c.id == account_id)
        )
        return moment

    def orders_read(self, account_id: AccountId, *, now: datetime) -> OrdersRead:
        """Return how far an account's orders are known."""
        row = self._connection.execute(
            sa.select(
                _ACCOUNT.c.orders_due_at.is_not(None).label("has_orders"),
                _ACCOUNT.c.orders_read_at,
                sa.and_(_ACCOUNT.c.orders_lease_token.is_not(None), _ACCOUNT.c.orders_due_at > now).label(
                    "is_reading"
                ),
            ).where(_ACCOUNT.c.id == account_id)
        ).one()
        return OrdersRead(has_orders=row.has_orders, at=row.orders_read_at, is_reading=bool(row.is_reading))


def _report(document: Mapping[str, Any]) -> SweepReport:
    held = dict(document)
    ended_at = held.get("ended_at")
    return SweepReport(
        **{
            **held,
            "began_at": datetime.fromisoformat(held["began_at"]),
            "ended_at": None if ended_at is None else datetime.fromisoformat(ended_at),
            "unknown_ids": tuple(held.get("unknown_ids", ())),
        }
    )
