"""Watch a seller's listings until nothing moves by itself any more."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from schemas.ids import AccountId, SellerId
from syndicator.bootstrap import App
from syndicator.store.reports import ListingReport

HORIZON = timedelta(seconds=120)
"""A listing due later than this (a long backoff, a date to come) is not waited for."""
LOOK_EVERY_S = 0.25


def follow(
    app: App,
    seller_id: SellerId,
    *,
    account_ids: Sequence[AccountId] | None = None,
    within: timedelta,
    progress: Callable[[str, int, int], None],
) -> bool:
    """Wait until the seller's listings, on these accounts or all, are settled; False when ``within`` was not enough."""
    until = time.monotonic() + within.total_seconds()
    total = 0
    while True:
        with app.database.begin() as uow:
            moving = uow.reports.unsettled(
                seller_id, horizon=app.clock.now() + HORIZON, account_ids=account_ids
            )
        total = max(total, moving)
        progress("listings", total - moving, total)
        if moving == 0:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_EVERY_S)


def listings_of(
    app: App, seller_id: SellerId, account_ids: Sequence[AccountId] | None = None
) -> Sequence[ListingReport]:
    """Return the seller's listings as they stand now."""
    with app.database.begin() as uow:
        return uow.reports.listings(seller_id, account_ids=account_ids)
