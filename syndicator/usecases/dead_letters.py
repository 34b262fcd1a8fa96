"""Decide dead letters: replay them at a bounded pace, or discard them. Safe to repeat: a letter is closed only once.

A letter is closed in the transaction that makes its listing due, so no crash in between loses either. Replaying sends
nothing by itself: the planner looks at the listing as at any other, and a doubt about its last step is verified first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.channel import Lane
from schemas.ids import ListingId
from syndicator.ports import Adapters, Clock
from syndicator.store.dead_letters import DeadFilter, Letter, Resolution
from syndicator.store.engine import Database, UnitOfWork
from syndicator.usecases.dispatch import PREPARE, RECONCILE
from syndicator.usecases.forecast import Forecast, forecast

CHUNK = 200
"""Letters of one transaction: locks are short and an interrupted replay has done what it has done."""
_COMES_BY_ITSELF = frozenset({RECONCILE, PREPARE})


class Action(StrEnum):
    """What a replay does with a letter."""

    DUE = "due"
    """The listing falls due."""
    ON_ITS_WAY = "on_its_way"
    """The listing is due or being worked on already, for instance for a newer wish; the letter is closed."""
    NEEDLESS = "needless"
    """A message: what it was about fell due again by itself when its lease ended; the letter is closed."""
    KEPT = "kept"
    """There is nothing to replay: a notice, or a message nobody can read. It waits to be discarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay did with one letter, or would do. ``due_at`` is set for listings that fall due."""

    letter: Letter
    action: Action
    due_at: datetime | None = None
    forecast: Forecast | None = field(default=None)


def replay(
    chosen: DeadFilter,
    *,
    by: str,
    per_second: float,
    database: Database,
    clock: Clock,
) -> Iterator[Sequence[Replayed]]:
    """Put the chosen letters back to work; yield after each committed chunk.

    Args:
        chosen: Which letters.
        by: Who decided it, for the record.
        per_second: Listings that fall due each second, over all replays.
        database: Where they are.
        clock: Tells when it is.

    Effects: rows only. Listings fall due in the bulk lane, one after the other, accounts in turn.
    """
    with database.begin() as uow:
        ids = uow.dead.open_ids(chosen)
    for start in range(0, len(ids), CHUNK):
        with database.begin() as uow:
            done = _replay_chunk(uow, ids[start : start + CHUNK], by, per_second, clock.now())
            uow.notify_due()
        yield done


def rehearse(
    chosen: DeadFilter,
    *,
    per_second: float,
    database: Database,
    adapters: Adapters,
    clock: Clock,
) -> Iterator[Sequence[Replayed]]:
    """Say what ``replay`` would do with each letter, and which step the planner would choose; change nothing."""
    with database.begin() as uow:
        ids = uow.dead.open_ids(chosen)
        begin = _beginning(uow, per_second, clock.now())
    for start in range(0, len(ids), CHUNK):
        with database.begin() as uow:
            letters = uow.dead.lock(ids[start : start + CHUNK])
            planned = _planned(uow, letters, begin, per_second)
            foreseen = foresee(uow, adapters, letters, now=clock.now())
        begin += timedelta(seconds=_due_count(planned) / per_second)
        yield [
            Replayed(
                letter=one.letter,
                action=one.action,
                due_at=one.due_at,
                forecast=None if one.letter.listing_id is None else foreseen.get(one.letter.listing_id),
            )
            for one in planned
        ]


def discard(
    chosen: DeadFilter, *, by: str, reason: str, database: Database, clock: Clock
) -> Sequence[Letter]:
    """Close the chosen letters for good; their listings stay as they are. Return what was closed."""
    with database.begin() as uow:
        letters = uow.dead.lock(uow.dead.open_ids(chosen))
        ids = [letter.id for letter in letters]
        uow.dead.close(ids, Resolution.DISCARDED, by=by, reason=reason, now=clock.now())
    return letters


def foresee(
    uow: UnitOfWork, adapters: Adapters, letters: Sequence[Letter], *, now: datetime
) -> dict[ListingId, Forecast]:
    """Return what the planner would do now with the listings of letters that a replay would make due."""
    wanted = [
        letter.listing_id for letter in letters if letter.listing_id is not None and not letter.is_notice
    ]
    listed = uow.dead.listed(wanted)
    accounts = uow.accounts.get({one.listing.account_id for one in listed.values()})
    return {
        listing_id: forecast(
            uow,
            adapters,
            one,
            accounts[one.listing.account_id],
            uow.showing.shown_of(one.listing.account_id, one.listing.product_id),
            now=now,
        )
        for listing_id, one in listed.items()
    }


def _replay_chunk(
    uow: UnitOfWork, ids: Sequence[int], by: str, per_second: float, now: datetime
) -> Sequence[Replayed]:
    begin = _beginning(uow, per_second, now)
    planned = _planned(uow, uow.dead.lock(ids), begin, per_second)
    due = {one.letter.id: one.due_at for one in planned if one.due_at is not None}
    revived = uow.listings.revive(
        {
            one.letter.listing_id: one.due_at
            for one in planned
            if one.letter.listing_id is not None and one.due_at is not None
        },
        lane=Lane.BULK,
    )
    uow.dead.close(list(due), Resolution.REPLAYED, by=by, reason=None, now=now, replay_at=due)
    for action in (Action.ON_ITS_WAY, Action.NEEDLESS):
        closed = [one.letter.id for one in planned if one.action is action]
        uow.dead.close(closed, Resolution.SUPERSEDED, by=by, reason=action.value, now=now)
    assert revived == {one.letter.listing_id for one in planned if one.due_at is not None}  # noqa: S101 - rows are locked
    return planned


def _beginning(uow: UnitOfWork, per_second: float, now: datetime) -> datetime:
    """Begin behind the replays that are still under way: two commands together are not faster than one."""
    last = uow.dead.replays_end()
    return now if last is None else max(now, last + timedelta(seconds=1 / per_second))


def _planned(
    uow: UnitOfWork, letters: Sequence[Letter], begin: datetime, per_second: float
) -> Sequence[Replayed]:
    held = uow.listings.lock_held({one.listing_id for one in letters if one.listing_id is not None})
    planned: list[Replayed] = []
    taken: set[ListingId] = set()
    for letter in letters:
        action = _action(letter, held - taken)
        due_at = None
        if action is Action.DUE and letter.listing_id is not None:
            due_at = begin + timedelta(seconds=len(taken) / per_second)
            taken.add(letter.listing_id)
        planned.append(Replayed(letter=letter, action=action, due_at=due_at))
    return planned


def settled_action(letter: Letter) -> Action | None:
    """Return what a replay does with a letter that puts no listing to work; None for one that does."""
    if letter.is_notice:
        return Action.KEPT
    if letter.listing_id is None:
        return Action.NEEDLESS if letter.where in _COMES_BY_ITSELF else Action.KEPT
    return None


def _action(letter: Letter, held: frozenset[ListingId]) -> Action:
    if (settled := settled_action(letter)) is not None:
        return settled
    return Action.DUE if letter.listing_id in held else Action.ON_ITS_WAY


def _due_count(planned: Sequence[Replayed]) -> int:
    return sum(one.action is Action.DUE for one in planned)
