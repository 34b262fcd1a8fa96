"""Drift as it was found: what is still open of it, and what was done."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import AccountId, ListingId, SellerId, Sku
from syndicator.domain.drift import Action, DriftKind, DriftPolicies, Found, Policy
from syndicator.store.tables import ChannelAccount, Drift, Listing, Product, Seller, table

_DRIFT = table(Drift)
_LISTING = table(Listing)
_PRODUCT = table(Product)
_ACCOUNT = table(ChannelAccount)
_SELLER = table(Seller)
_OPEN = _DRIFT.c.closed_at.is_(None)

_CLOSE_OTHERS = sa.text("""
UPDATE drift SET closed_at = :now
  FROM jsonb_to_recordset(CAST(:still AS jsonb)) AS one(listing_id bigint, kinds jsonb)
 WHERE drift.listing_id = one.listing_id AND drift.closed_at IS NULL AND NOT one.kinds ? drift.kind
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDrift:
    """A drift that was found and is not over; ``at`` is when it was found first."""

    found: Found
    policy: Policy
    action: Action
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What was found of a listing and what was done about it."""

    listing_id: ListingId
    found: Found
    policy: Policy
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """A drift as people look at it."""

    listing_id: ListingId
    seller: str
    account: str
    sku: Sku
    kind: DriftKind
    wanted: str
    seen: str
    policy: Policy
    action: Action
    at: datetime
    closed_at: datetime | None


class DriftRepository:
    """Reads and writes drift, and the policies of accounts."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def policies(self, account_id: AccountId) -> DriftPolicies:
        """Return whose word holds on an account."""
        held = self._connection.scalar(sa.select(_ACCOUNT.c.drift_policy).where(_ACCOUNT.c.id == account_id))
        return DriftPolicies.model_validate(held or {})

    def set_policies(self, account_id: AccountId, policies: DriftPolicies) -> None:
        """Keep whose word holds on an account; only what was chosen is stored."""
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id)
            .values(drift_policy=policies.model_dump(mode="json", exclude_none=True))
        )

    def open_of(self, listing_ids: Iterable[ListingId]) -> Mapping[ListingId, Mapping[DriftKind, OpenDrift]]:
        """Return what is open of each listing, by kind; a listing without any is left out."""
        rows = self._connection.execute(
            sa.select(_DRIFT).where(_DRIFT.c.listing_id.in_(list(listing_ids)), _OPEN)
        )
        found: dict[ListingId, dict[DriftKind, OpenDrift]] = {}
        for row in rows:
            kind = DriftKind(row.kind)
            found.setdefault(ListingId(row.listing_id), {})[kind] = OpenDrift(
                found=Found(kind=kind, wanted=row.wanted, seen=row.seen),
                policy=Policy(row.policy),
                action=Action(row.action),
                at=row.at,
            )
        return found

    def write(self, handled: Sequence[Handled], *, now: datetime) -> None:
        """Write down what was found and done; a drift that is open already keeps the moment it was found first."""
        if not handled:
            return
        statement = insert(_DRIFT)
        changed = ("wanted", "seen", "policy", "action")
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["listing_id", "kind"],
                index_where=sa.text("closed_at IS NULL"),
                set_={name: statement.excluded[name] for name in changed},
            ),
            [
                {
                    "listing_id": one.listing_id,
                    "kind": one.found.kind.value,
                    "wanted": one.found.wanted,
                    "seen": one.found.seen,
                    "policy": one.policy.value,
                    "action": one.action.value,
                    "at": now,
                }
                for one in handled
            ],
        )

    def close_others(self, still: Mapping[ListingId, Collection[DriftKind]], *, now: datetime) -> None:
        """Close what is open of the listings and of another kind than those still seen."""
        if still:
            rows = [
                {"listing_id": id_, "kinds": [kind.value for kind in kinds]} for id_, kinds in still.items()
            ]
            self._connection.execute(_CLOSE_OTHERS, {"still": json.dumps(rows), "now": now})

    def newest(
        self, *, seller_id: SellerId | None, account_id: AccountId | None, limit: int, is_open_only: bool
    ) -> Sequence[DriftReport]:
        """Return drift, newest first, open before closed."""
        query = (
            sa.select(
                _DRIFT,
                _SELLER.c.code.label("seller"),
                _ACCOUNT.c.name.label("account"),
                _PRODUCT.c.sku.label("sku"),
            )
            .join(_LISTING, _LISTING.c.id == _DRIFT.c.listing_id)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .join(_ACCOUNT, _ACCOUNT.c.id == _LISTING.c.account_id)
            .join(_SELLER, _SELLER.c.id == _LISTING.c.seller_id)
            .order_by(_DRIFT.c.closed_at.is_not(None), _DRIFT.c.at.desc(), _DRIFT.c.id.desc())
            .limit(limit)
        )
        if seller_id is not None:
            query = query.where(_LISTING.c.seller_id == seller_id)
        if account_id is not None:
            query = query.where(_LISTING.c.account_id == account_id)
        if is_open_only:
            query = query.where(_OPEN)
        return [
            DriftReport(
                listing_id=ListingId(row.listing_id),
                seller=row.seller,
                account=row.account,
                sku=Sku(row.sku),
                kind=DriftKind(row.kind),
                wanted=row.wanted,
                seen=row.seen,
                policy=Policy(row.policy),
                action=Action(row.action),
                at=row.at,
                closed_at=row.closed_at,
            )
            for row in self._connection.execute(query)
        ]
