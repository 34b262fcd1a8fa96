"""Which of the steps just done brought a stock change to a channel, and whether the channel was seen to show it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.channel import Part
from schemas.ids import ListingId
from syndicator.store.pushes import Push
from syndicator.usecases.outcomes import Ending, Work


def pushes_of(works: Sequence[Work], endings: Mapping[ListingId, Ending], *, now: datetime) -> list[Push]:
    """Return a push for every step that took a change of stock to its channel."""
    ended = [(work, endings[work.listing.id]) for work in works if work.listing.id in endings]
    return [
        Push(
            listing_id=work.listing.id,
            account_id=work.listing.account_id,
            units=work.units,
            changed_at=work.listing.stock_changed_at,
            sent_at=ending.called_at,
            seen_at=now if ending.shows is not None else None,
        )
        for work, ending in ended
        if work.listing.stock_changed_at is not None
        and ending.called_at is not None
        and Part.STOCK in work.step.parts
    ]
