"""What is kept of a listing that was seen on its channel, and what that says. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.ids import ListingId, Sku
from schemas.listing import RemoteListing
from syndicator import __version__
from syndicator.domain.drift import Found, mark_of
from syndicator.domain.stock_rule import Shown
from syndicator.store.sweeps import Sight, Standing, WholeListing

LOOK_AGAIN: Final = timedelta(seconds=30)
"""Least wait before a figure that an unread order may explain is looked at again; it doubles with the age of the doubt."""
_LONG: Final = frozenset({"text"})
"""What is seen and not kept: it is long, and its hash is."""


def units_of(seen: Mapping[str, Any]) -> Mapping[Sku, int] | None:
    """Return the free-to-sell units by SKU that a channel showed; None where it tells none."""
    units = seen.get("available")
    return None if not units else {Sku(sku): int(count) for sku, count in units.items()}


def beside(standing: Standing) -> Mapping[str, Any]:
    """Return what a listing is compared with, as far as its row tells; another release may compare otherwise."""
    return {**standing.beside, "version": __version__}


def sight_of(
    whole: WholeListing,
    remote: RemoteListing,
    doubt: Mapping[str, Any] | None,
    *,
    is_clean: bool,
    now: datetime,
) -> Sight:
    """Return what is kept of a listing that was compared; its mark only where nothing is left to be done."""
    listing = whole.listing
    compared_with = {
        "sent": {part.value: value for part, value in listing.sent.items()},
        "accepted": {part.value: value for part, value in listing.accepted.items()},
        "publication": listing.publication,
        "version": __version__,
    }
    seen: dict[str, Any] = {
        "visible": remote.visible,
        "shown": {name: value for name, value in remote.seen.items() if name not in _LONG},
        "mark": mark_of(remote, compared_with) if is_clean else None,
    }
    if doubt is None:
        return Sight(listing_id=listing.id, seen=seen)
    age = abs(now - datetime.fromisoformat(doubt["since"]))
    look_at = now + max(LOOK_AGAIN, age)
    return Sight(listing_id=listing.id, seen=seen | {"doubt": dict(doubt)}, look_at=look_at)


def doubt_of(whole: WholeListing, stock: Found) -> Mapping[str, Any] | None:
    """Return the doubt about the very figure that is seen now; a figure that changed since is doubted anew."""
    doubt = whole.seen.get("doubt")
    return doubt if doubt is not None and doubt["seen"] == stock.seen else None


def is_fewer(remote: RemoteListing, shown: Mapping[Sku, Shown]) -> bool:
    """Say whether a channel shows fewer units of a SKU than it should."""
    units = units_of(remote.seen)
    return units is not None and any(count < shown[sku].units for sku, count in units.items() if sku in shown)


def units_by_listing(
    pairs: Sequence[tuple[WholeListing, RemoteListing]],
) -> Mapping[ListingId, Mapping[Sku, int]]:
    """Return the units that were seen, of the listings whose channel tells them."""
    found = {whole.listing.id: units_of(remote.seen) for whole, remote in pairs}
    return {id_: units for id_, units in found.items() if units is not None}
