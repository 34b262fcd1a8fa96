"""The record of every step tried, and the dead letters."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from schemas.ids import AttemptId, LeaseToken, ListingId
from syndicator.domain.causes import Cause
from syndicator.store.tables import Attempt as AttemptTable
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import DeadLetter as DeadLetterTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import Variant as VariantTable
from syndicator.store.tables import table

_ATTEMPT = table(AttemptTable)
_DEAD = table(DeadLetterTable)
_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)
_VARIANT = table(VariantTable)
_ACCOUNT = table(AccountTable)

LOST: Final = "lost"
"""Outcome of an attempt whose worker ended before it could record one."""
_END = sa.text("""
UPDATE attempt
   SET ended_at = :now, outcome = ended.outcome, vendor_code = ended.vendor_code,
       http_status = ended.http_status, request_id = ended.request_id, message = ended.message
  FROM jsonb_to_recordset(CAST(:ends AS jsonb))
       AS ended(id bigint, outcome text, vendor_code text, http_status bigint, request_id text, message text)
 WHERE attempt.id = ended.id AND attempt.outcome IS NULL
""")
"""One statement for a slice: a statement for each row costs the worker more than the row itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnd:
    """How an attempt ended. ``message`` is redacted and capped by the caller.

    ``unlisted_in`` names the table that has no row for the answer; it is counted by ``UnlistedRepository``.
    """

    outcome: str
    vendor_code: str | None = None
    http_status: int | None = None
    request_id: str | None = None
    message: str | None = None
    unlisted_in: str | None = None


class AttemptRepository:
    """Appends attempts and dead letters."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def begin(
        self,
        steps: Mapping[ListingId, str],
        *,
        token: LeaseToken,
        now: datetime,
        correlation_ids: Mapping[ListingId, str | None],
    ) -> Mapping[ListingId, AttemptId]:
        """Open one attempt for each listing; ``correlation_ids`` say what brought it."""
        if not steps:
            return {}
        rows = self._connection.execute(
            sa.insert(_ATTEMPT).returning(_ATTEMPT.c.listing_id, _ATTEMPT.c.id),
            [
                {
                    "listing_id": listing_id,
                    "step": step,
                    "lease_token": token,
                    "began_at": now,
                    "correlation_id": correlation_ids.get(listing_id),
                }
                for listing_id, step in steps.items()
            ],
        )
        return {ListingId(row.listing_id): AttemptId(row.id) for row in rows}

    def end(self, ends: Mapping[AttemptId, AttemptEnd], *, now: datetime) -> None:
        """Complete the attempts, once."""
        if not ends:
            return
        rows = [{"id": attempt_id, **asdict(end)} for attempt_id, end in ends.items()]
        self._connection.execute(_END, {"now": now, "ends": json.dumps(rows)})

    def close_lost(self, listing_ids: Sequence[ListingId], *, now: datetime) -> Mapping[ListingId, int]:
        """Mark attempts left open by a worker that died; return how many there were of each listing."""
        closed = self._connection.scalars(
            sa.update(_ATTEMPT)
            .where(_ATTEMPT.c.listing_id.in_(listing_ids), _ATTEMPT.c.outcome.is_(None))
            .values(ended_at=now, outcome=LOST, message="the worker ended before the outcome was recorded")
            .returning(_ATTEMPT.c.listing_id)
        )
        return Counter(ListingId(value) for value in closed)

    def bury_listing(
        self,
        listing_id: ListingId,
        *,
        cause: str,
        detail: str,
        step: str | None = None,
        is_notice: bool = False,
    ) -> None:
        """Keep a listing that gave up, for a person. Its letter of before is superseded; the same notice stands once."""
        channel, names = self._named(listing_id)
        error, _, vendor_code = cause.partition(" ")
        found = Cause(
            where=step or "", error=error, channel=channel, vendor_code=vendor_code, message=detail
        ).fingerprint(names)
        letter = {"listing_id": listing_id, "step": step, "cause": cause, "detail": detail}
        if is_notice and self._is_told(listing_id, found):
            return
        if not is_notice:
            self.close_dead([listing_id], now=sa.func.now())
        self._connection.execute(sa.insert(_DEAD).values(**letter, fingerprint=found, is_notice=is_notice))

    def _named(self, listing_id: ListingId) -> tuple[str, Sequence[str]]:
        """Return the listing's kind of channel, and every name that a message may call it by."""
        row = self._connection.execute(
            sa.select(
                _ACCOUNT.c.kind,
                _ACCOUNT.c.external_id.label("account"),
                _PRODUCT.c.id,
                _PRODUCT.c.sku,
                _LISTING.c.external_id,
            )
            .join(_ACCOUNT, _ACCOUNT.c.id == _LISTING.c.account_id)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.id == listing_id)
        ).one()
        skus = self._connection.scalars(sa.select(_VARIANT.c.sku).where(_VARIANT.c.product_id == row.id))
        return row.kind, [row.account, row.sku, row.external_id or "", *skus]

    def _is_told(self, listing_id: ListingId, found: str) -> bool:
        same = (_DEAD.c.listing_id == listing_id, _DEAD.c.fingerprint == found, _DEAD.c.closed_at.is_(None))
        return self._connection.scalar(sa.select(_DEAD.c.id).where(*same).limit(1)) is not None

    def close_dead(self, listing_ids: Sequence[ListingId], *, now: datetime | sa.ColumnElement[Any]) -> int:
        """Close the dead letters of listings that came to what was wanted after all; return how many.

        Notices stay: what they tell of is not mended by a success.
        """
        closed = self._connection.execute(
            sa.update(_DEAD)
            .where(_DEAD.c.listing_id.in_(listing_ids), _DEAD.c.closed_at.is_(None), ~_DEAD.c.is_notice)
            .values(closed_at=now, resolution="superseded")
        )
        return closed.rowcount

    def bury_message(
        self, *, actor: str, queue: str, message: Mapping[str, Any], cause: str, detail: str
    ) -> None:
        """Keep a queue message that failed for good, for a person."""
        found = Cause(where=actor, error=cause, message=detail).fingerprint()
        self._connection.execute(
            sa.insert(_DEAD).values(
                actor=actor,
                queue=queue,
                message=dict(message),
                cause=cause,
                detail=detail,
                fingerprint=found,
            )
        )
