"""A listing as the planner sees it: what is wanted, what was sent, what is still unsure. Pure values."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any, Final

from schemas.channel import Part, Verb
from schemas.ids import AccountId, ExternalId, ListingId, ProductId, SellerId
from schemas.listing import ListingRef, Marker, Pending
from schemas.product import Product

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so a token is read out over the phone without mistakes."""
_TOKEN_LENGTH = 7
MARKER: Final = re.compile(r"(?<![0-9A-Za-z])SY[0-9A-HJKMNP-TV-Z]{7}(?![0-9A-Za-z])")
"""What a marker's token looks like in a text."""
BANGKOK = timezone(timedelta(hours=7))
"""Dates that sellers give begin at midnight in Thailand."""


class Wanted(StrEnum):
    """What the seller wants of a listing."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A step that was begun and whose outcome is not recorded: committed before the call, cleared after it.

    ``parts`` are the fingerprints of what was being sent, so that a listing found by its marker is known to carry them.
    ``unsure_at`` is the latest moment at which a call of it can have run, once its outcome is known to be unknown: what a
    channel needs to show a new listing counts from there.
    """

    verb: Verb
    since: datetime
    parts: Mapping[Part, str] = field(default_factory=dict)
    unsure_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One product on one account, as stored.

    Attributes:
        wish: Grows with every change of what is wanted; an outcome planned from an older wish leaves the row due.
        wished_at: Since when the wish could have been carried out; patience counts from here.
        request_id: The request or message that brought the wish, where it is known.
        publication: Grows when a listing is published anew after a withdrawal; part of the marker.
        sent: Fingerprints of the parts the channel was last known to have.
        pending: Where a begun publish stands, or what a withdrawn listing left hidden on the channel.
        begun_at: When the publish that ``pending`` belongs to first called the channel; None for a hidden rest.
        begun_parts: Fingerprints of what that publish has carried all along; empty once it was edited on its way.
        intent: A step whose outcome nobody knows yet.
        attempts: Attempts spent since the last success.
        stock_changed_at: When the stock changed that the channel has not been told of yet.
        accepted: Fingerprints of parts beside which the channel's own version was accepted.
    """

    id: ListingId
    seller_id: SellerId
    product_id: ProductId
    account_id: AccountId
    wanted: Wanted
    wish: int
    wished_at: datetime
    publication: int
    external_id: ExternalId | None
    remote: Mapping[str, Any]
    sent: Mapping[Part, str]
    pending: Pending | None
    intent: Intent | None
    attempts: int
    begun_at: datetime | None = None
    begun_parts: Mapping[Part, str] = field(default_factory=dict)
    stock_changed_at: datetime | None = None
    accepted: Mapping[Part, str] = field(default_factory=dict)
    request_id: str | None = None

    def marker(self, product: Product) -> Marker:
        """Return the marker of the present publication; the same in every attempt of it."""
        return Marker(token=marker_token(self.id, self.publication), sku=product.sku, skus=product.skus)

    def doubting(self, sending: Mapping[Part, str]) -> "Listing":
        """Return the listing with nothing believed of the parts that were being sent: the channel may have either.

        Without this a seller who changed her mind back after a lost answer would be told that nothing is to be done.
        """
        return replace(
            self, sent={part: old for part, old in self.sent.items() if sending.get(part, old) == old}
        )

    def ref(self, marker: Marker) -> ListingRef:
        """Return the reference to the remote listing.

        Raises:
            ValueError: The listing is not known to exist on the channel.
        """
        if self.external_id is None:
            raise ValueError(f"listing {self.id} has no external id")
        return ListingRef(external_id=self.external_id, marker=marker, remote=self.remote)


def begins_at(product: Product) -> datetime:
    """Return the first moment at which the seller wants the product on sale."""
    return datetime.combine(product.available_from, time.min, tzinfo=BANGKOK).astimezone(UTC)


def marker_token(listing_id: ListingId, publication: int) -> str:
    """Derive the visible token: ``SY`` and seven letters or digits (35 bits) that nobody can mistake."""
    digest = hashlib.sha256(f"{listing_id}/{publication}".encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    letters = []
    for _ in range(_TOKEN_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return "SY" + "".join(letters)
