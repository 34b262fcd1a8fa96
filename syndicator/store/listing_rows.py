"""A listing as its row keeps it, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.channel import Part, Verb
from schemas.ids import AccountId, ExternalId, ListingId, ProductId, SellerId
from schemas.listing import Pending
from syndicator.domain.listing import Intent, Listing, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownListing:
    """What is wanted of a listing that exists; ``is_out``: it is known to be on its channel."""

    wanted: Wanted
    is_out: bool


def parts_json(parts: Mapping[Part, str]) -> dict[str, str]:
    """Write fingerprints of parts as a row keeps them."""
    return {part.value: value for part, value in parts.items()}


def pending_json(
    pending: Pending, begun_at: datetime | None, parts: Mapping[Part, str] | None = None
) -> dict[str, Any]:
    """Write a Pending as the row keeps it, with when its publish began; None for what a withdrawal left hidden.

    ``parts`` are the fingerprints of what the publish carries, where that is known.
    """
    return {
        "progress": dict(pending.progress),
        "check_after_s": pending.check_after.total_seconds(),
        "needs_person": pending.needs_person,
        "begun_at": None if begun_at is None else begun_at.isoformat(),
        "parts": parts_json(parts or {}),
    }


def begun_at_of(value: dict[str, Any] | None) -> datetime | None:
    """Return when the publish began that a row keeps as pending; None for a hidden rest."""
    text = None if value is None else value.get("begun_at")
    return None if text is None else datetime.fromisoformat(text)


def pending_of(value: dict[str, Any] | None) -> Pending | None:
    """Return the Pending a row keeps."""
    if value is None:
        return None
    return Pending(
        progress=value["progress"],
        check_after=timedelta(seconds=value["check_after_s"]),
        needs_person=value["needs_person"],
    )


def listing_of(row: sa.Row[Any]) -> Listing:
    """Return the listing a row of its table holds."""
    intent = None
    if row.intent_verb is not None:
        intent = Intent(
            verb=Verb(row.intent_verb),
            since=row.intent_at,
            parts={Part(k): v for k, v in (row.intent_parts or {}).items()},
            unsure_at=row.unsure_at,
        )
    return Listing(
        id=ListingId(row.id),
        seller_id=SellerId(row.seller_id),
        product_id=ProductId(row.product_id),
        account_id=AccountId(row.account_id),
        wanted=Wanted(row.wanted),
        wish=row.wish,
        wished_at=row.wished_at,
        publication=row.publication,
        external_id=None if row.external_id is None else ExternalId(row.external_id),
        remote=row.remote,
        sent={Part(k): v for k, v in row.sent.items()},
        pending=pending_of(row.pending),
        intent=intent,
        attempts=row.attempts,
        begun_at=begun_at_of(row.pending),
        begun_parts={Part(k): v for k, v in (row.pending or {}).get("parts", {}).items()},
        stock_changed_at=row.stock_changed_at,
        accepted={Part(k): v for k, v in row.accepted.items()},
        request_id=row.request_id,
    )
