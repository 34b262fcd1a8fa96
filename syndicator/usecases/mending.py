"""What is done about drift: the values a listing's row takes, and the movements of stock taken over from a channel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from schemas.ids import ListingId, Sku
from schemas.listing import ListingState, Pending, Rendition
from schemas.problem import Problem
from syndicator.domain.drift import Action, DriftKind, lane_of
from syndicator.domain.drift_sentences import is_about_drift
from syndicator.domain.listing import Listing, Wanted
from syndicator.domain.stock import Movement, MovementKind
from syndicator.domain.stock_rule import Shown
from syndicator.store.drifts import Handled
from syndicator.store.engine import UnitOfWork
from syndicator.store.listing_rows import pending_json
from syndicator.store.sweeps import WholeListing
from syndicator.usecases.outcomes import forgotten
from syndicator.usecases.stock_changes import tell_channels

SOURCE = "drift"
"""Source of the movements that take a channel's figure over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """A listing with what was found and decided of it.

    Attributes:
        questions: What a person is asked, for those that are asked.
        shown: Units by SKU that this account should show, by its rules.
        seen_units: Units by SKU that the channel showed; None where it tells none.
    """

    whole: WholeListing
    rendition: Rendition
    handled: Sequence[Handled]
    questions: Sequence[Problem]
    shown: Mapping[Sku, Shown]
    seen_units: Mapping[Sku, int] | None
    withdrawn_stays: bool


def can_take_over(shown: Mapping[Sku, Shown], seen_units: Mapping[Sku, int] | None) -> bool:
    """Say whether a channel's figures tell what there is: not where a rule shows fewer units than there are."""
    return seen_units is not None and all(
        figure.units == figure.available for sku, figure in shown.items() if sku in seen_units
    )


def mend(uow: UnitOfWork, mending: Mending, *, now: datetime) -> bool:
    """Do what was decided; return whether the listing fell due.

    Effects: the listing's row; for stock that was taken over, the ledger, and every channel hears of it.
    """
    values = _values(mending, now)
    if values:
        uow.sweeps.mend(mending.whole.listing.id, values)
    if _is(mending, DriftKind.STOCK_EDITED, Action.ACCEPTED):
        _take_over(uow, mending, now)
    return values.get("due_at") is not None


def record(uow: UnitOfWork, handled: Sequence[Handled], had: Iterable[ListingId], *, now: datetime) -> None:
    """Write down what was found and done, and close what is no longer seen of listings that had drift before."""
    uow.drifts.write(handled, now=now)
    still: dict[ListingId, list[DriftKind]] = {id_: [] for id_ in had}
    for one in handled:
        kinds = still.setdefault(one.listing_id, [])
        # A listing given up for deleted is never looked at again, so nothing else would close it.
        if not (one.found.kind is DriftKind.DELETED and one.action is Action.ACCEPTED):
            kinds.append(one.found.kind)
    uow.drifts.close_others(still, now=now)


def _is(mending: Mending, kind: DriftKind, action: Action) -> bool:
    return any(one.found.kind is kind and one.action is action for one in mending.handled)


def _values(mending: Mending, now: datetime) -> dict[str, Any]:
    """Return what to write; nothing where the row says it already."""
    listing = mending.whole.listing
    resent = [one.found.kind for one in mending.handled if one.action is Action.SENT_AGAIN]
    values = _accepted(mending)
    if resent:
        return values | _resent(mending, resent, now)
    if _is(mending, DriftKind.DELETED, Action.ACCEPTED):
        # Nobody is to publish it again by himself: it is as if it had been withdrawn.
        return {
            **forgotten(listing),
            "wanted": Wanted.WITHDRAWN.value,
            "wish": listing.wish + 1,
            "state": ListingState.STOPPED.value,
            "problems": [],
            "missing_since": None,
        }
    return values | _shown_to_people(mending)


def _accepted(mending: Mending) -> dict[str, Any]:
    kinds = [one.found.kind for one in mending.handled if one.action is Action.ACCEPTED]
    parts = {
        kind.part.value: mending.rendition.parts[kind.part]
        for kind in kinds
        if kind.part is not None and not _is_ledgers(mending, kind)
    }
    if not parts:
        return {}
    before = {part.value: value for part, value in mending.whole.listing.accepted.items()}
    return {"accepted": before | parts}


def _is_ledgers(mending: Mending, kind: DriftKind) -> bool:
    """Say whether taking the channel's version over is a movement of stock: then what is wanted changes itself."""
    return kind is DriftKind.STOCK_EDITED and mending.seen_units is not None


def _resent(mending: Mending, kinds: Sequence[DriftKind], now: datetime) -> dict[str, Any]:
    listing = mending.whole.listing
    values: dict[str, Any] = {
        "due_at": now,
        "lane": min(lane_of(kind) for kind in kinds).value,
        "wish": listing.wish + 1,
        "wished_at": now,
        "state": ListingState.WORKING.value,
        "problems": [],
        "attempts": 0,
        "starts": 0,
        "deaths": 0,
        "missing_since": None,
    }
    if DriftKind.DELETED in kinds:
        return values | forgotten(listing)
    if DriftKind.HIDDEN in kinds:
        return values | _shown_again(listing, withdrawn_stays=mending.withdrawn_stays)
    edited = {kind.part for kind in kinds}
    return values | {
        "sent": {part.value: value for part, value in listing.sent.items() if part not in edited}
    }


def _shown_again(listing: Listing, *, withdrawn_stays: bool) -> dict[str, Any]:
    """Return what lets the next publish show the hidden listing instead of making a second one.

    Raises:
        ValueError: The channel does not keep hidden listings, so it would make a second one.
    """
    if not withdrawn_stays:
        raise ValueError(f"listing {listing.id} cannot be shown again")
    pending = Pending(progress=listing.remote, check_after=timedelta(0))
    return {**forgotten(listing), "pending": pending_json(pending, None)}


def _shown_to_people(mending: Mending) -> dict[str, Any]:
    """Return state and problems of a listing of which nothing is sent: what is asked now, no longer what was answered."""
    whole = mending.whole
    others = [problem for problem in whole.problems if not is_about_drift(problem)]
    problems = [*others, *mending.questions]
    if problems:
        state = ListingState.NEEDS_YOU
    elif _is(mending, DriftKind.HIDDEN, Action.ACCEPTED):
        state = ListingState.STOPPED
    else:
        was_asked = whole.state is ListingState.NEEDS_YOU and len(others) < len(whole.problems)
        was_hidden = whole.state is ListingState.STOPPED
        state = ListingState.LIVE if was_asked or was_hidden else whole.state
    if state is whole.state and _codes(problems) == _codes(whole.problems):
        return {}
    return {"state": state.value, "problems": [problem.model_dump(mode="json") for problem in problems]}


def _codes(problems: Sequence[Problem]) -> list[str]:
    return sorted(problem.code for problem in problems)


def _take_over(uow: UnitOfWork, mending: Mending, now: datetime) -> None:
    """Move the ledger by what the channel shows more or fewer than it should; every channel hears of it."""
    if mending.seen_units is None:
        return
    listing = mending.whole.listing
    variants = uow.stock.find(listing.seller_id, mending.seen_units)
    movements = []
    for sku, seen in mending.seen_units.items():
        variant, figure = variants.get(sku), mending.shown.get(sku)
        if variant is None or figure is None or seen == figure.units:
            continue
        by = max(seen - figure.units, -variant.level.on_hand)
        movements.append(
            Movement(
                variant_id=variant.id,
                kind=MovementKind.DIFFERENCE,
                source=SOURCE,
                reference=f"{listing.id}/{now.isoformat()}",
                on_hand=by,
                account_id=listing.account_id,
            )
        )
    recorded = uow.stock.record([one for one in movements if one.on_hand], now=now)
    tell_channels(uow, [one.variant_id for one in recorded], now=now)
