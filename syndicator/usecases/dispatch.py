"""Lease due work fairly and wake the workers: owners in turn, lanes in order, bounded for each account and in all."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from schemas.channel import ChannelAccount, Lane
from schemas.ids import AccountId, LeaseToken, ListingId, MediaId, SellerId
from syndicator.domain.breaker import BreakerPolicy
from syndicator.ports import Adapters, Clock, WakeUp, WakeUps
from syndicator.store.dispatching import DueAccount, DueListing, InFlight
from syndicator.store.engine import Database, UnitOfWork
from syndicator.usecases.endpoint_rooms import JUDGE_EVERY, EndpointRooms, judge_breakers

log = structlog.get_logger()

RECONCILE = "listing.reconcile"
"""Actor that brings the listings of one lease to what is wanted."""
PREPARE = "media.prepare"
"""Actor that makes the sized pictures of one lease."""
QUEUES: Mapping[Lane, str] = {
    Lane.STOCK: "stock",
    Lane.PRICE: "price",
    Lane.CONTENT: "content",
    Lane.BULK: "bulk",
}
MEDIA_QUEUE = "media"
SUSPECT = "suspect-"
"""Beginning of a lease token whose listing lost two leases without a word: its workers may have died over it."""
DEALT_IN_SLICES = frozenset({Lane.STOCK, Lane.PRICE})
"""Lanes of cheap updates. Each account in turn gets all it may have: dealt out one by one, a full house would take them
in drips, and a drip costs what a slice costs."""
FIRST_SELLER = SellerId(0)
FIRST_ACCOUNT = AccountId(0)
"""Ids begin at 1; a walk behind 0 begins at the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLimits:
    """Bounds of one look.

    Attributes:
        lease: How long a slice may wait and be worked on before it falls due again.
        media_lease: The same for source pictures.
        per_account: Listings of one account in work at once; those with stock changes count by themselves.
        cheap_slice: Listings of one account in one slice where each is a cheap update.
        outstanding: Slices of listings under lease in all; an account in its turn may make more than fit. As many again
            may carry stock changes.
        media_outstanding: Source pictures under lease in all.
        media_slice: Source pictures of one seller in one slice.
        slow_in_flight: Leases that channels whose calls are slow, or whose breaker is not closed, may hold together.
        breaker: When the breaker of a channel opens, and how it probes.
    """

    lease: timedelta
    media_lease: timedelta
    per_account: int
    cheap_slice: int
    outstanding: int
    media_outstanding: int
    media_slice: int = 2
    slow_in_flight: int = 4
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)


@dataclass(slots=True)
class Turn:
    """Whose turn is next, by lane and for pictures. Kept by the leading scheduler; losing it only restarts the round."""

    accounts: dict[Lane, AccountId] = field(default_factory=dict)
    seller: SellerId = FIRST_SELLER
    judged_at: datetime | None = None
    """When the breakers were judged last."""


def dispatch(
    limits: DispatchLimits,
    turn: Turn,
    *,
    database: Database,
    adapters: Adapters,
    wake_ups: WakeUps,
    clock: Clock,
    only_stock: bool = False,
) -> int:
    """Lease what is due and may run now; send one wake-up for each slice. Return how many slices went out.

    Stock changes are leased and sent first, in a transaction of their own: they do not wait until all else is looked through.
    ``only_stock`` looks for nothing else, which is quick however much other work is due.

    Effects: the leases are committed before a message is sent. A message lost after that costs one lease time, no work.

    Raises:
        ConnectionError: The broker cannot be reached; the leases run out by themselves.
    """
    sent = 0
    for is_for_stock in (True,) if only_stock else (True, False):
        with database.begin() as uow:
            # A lease that a crash of the database forgets was never given: the row is due as before.
            uow.commit_soon()
            uow.trust_indexes()
            look = _Look(uow=uow, limits=limits, turn=turn, adapters=adapters, now=clock.now())
            messages = look.lease_stock() if is_for_stock else [*look.lease_listings(), *look.lease_media()]
        if messages:
            wake_ups.send(messages)
        sent += len(messages)
    return sent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look for due work, inside one transaction."""

    uow: UnitOfWork
    limits: DispatchLimits
    turn: Turn
    adapters: Adapters
    now: datetime

    def lease_listings(self) -> list[WakeUp]:
        running = self.uow.dispatch.in_flight(self.now)
        rooms = self._rooms(running)
        messages: list[WakeUp] = []
        in_flight = {account: one.listings - one.stock_listings for account, one in running.items()}
        room = self.limits.outstanding - sum(one.leases - one.stock_leases for one in running.values())
        for lane in Lane:
            if room <= 0:
                break
            if lane is Lane.STOCK:
                continue
            slices = self._lease_lane(lane, in_flight, room, rooms)
            room -= len(slices)
            messages.extend(slices)
        self.uow.breakers.probing(rooms.probed, now=self.now)
        return messages

    def lease_stock(self) -> list[WakeUp]:
        """Lease stock changes in a room of their own: no other work in progress, however much, makes them wait.

        Breakers are judged with the other lanes: their rows would be waited for.
        """
        running = self.uow.dispatch.in_flight(self.now)
        in_flight = {account: one.stock_listings for account, one in running.items()}
        room = self.limits.outstanding - sum(one.stock_leases for one in running.values())
        if room <= 0:
            return []
        rooms = self._rooms_as_judged(running)
        messages = self._lease_lane(Lane.STOCK, in_flight, room, rooms)
        self.uow.breakers.probing(rooms.probed, now=self.now)
        return messages

    def _lease_lane(
        self, lane: Lane, in_flight: dict[AccountId, int], room: int, rooms: EndpointRooms
    ) -> list[WakeUp]:
        due = self._due_in_turn(lane, in_flight, room, rooms)
        for listing in due:
            in_flight[listing.account_id] = in_flight.get(listing.account_id, 0) + 1
        return list(self._lease_slices(lane, due))

    def _rooms(self, running: Mapping[AccountId, InFlight]) -> EndpointRooms:
        judged_at = self.turn.judged_at
        # A difference either way: breakers must not stand still because the time was set back.
        if judged_at is None or abs(self.now - judged_at) >= JUDGE_EVERY:
            judge_breakers(self.uow, running.values(), policy=self.limits.breaker, now=self.now)
            self.turn.judged_at = self.now
        return self._rooms_as_judged(running)

    def _rooms_as_judged(self, running: Mapping[AccountId, InFlight]) -> EndpointRooms:
        return EndpointRooms(
            self.uow.breakers.all(),
            running.values(),
            slow_in_flight=self.limits.slow_in_flight,
            policy=self.limits.breaker,
            now=self.now,
        )

    def _due_in_turn(
        self, lane: Lane, in_flight: Mapping[AccountId, int], room: int, rooms: EndpointRooms
    ) -> Sequence[DueListing]:
        in_slices = lane in DEALT_IN_SLICES
        most = max(1, room // self._most_slices()) if in_slices else room
        accounts = self._next_accounts(lane, most=most, closed=rooms.closed)
        allowed = {one: self._allowed(one, in_flight.get(one.id, 0)) for one in accounts}
        allowed = {one: most for one, most in allowed.items() if most > 0}
        shares = _shares_by_endpoint(allowed, room, rooms, in_slices=in_slices)
        return self.uow.dispatch.lock_due(lane, shares, now=self.now) if shares else []

    def _most_slices(self) -> int:
        """Return how many slices of cheap updates one account in its turn can make."""
        return -(-self.limits.per_account // self.limits.cheap_slice)

    def _allowed(self, account: DueAccount, in_flight: int) -> int:
        """Return how many more listings an account may have in work: one, where its channel refused it last."""
        return (1 if account.is_probe else self.limits.per_account) - in_flight

    def _next_accounts(self, lane: Lane, *, most: int, closed: Sequence[str]) -> Sequence[DueAccount]:
        after = self.turn.accounts.get(lane, FIRST_ACCOUNT)
        look = partial(self.uow.dispatch.accounts_in_turn, lane, now=self.now, closed=closed)
        accounts = list(look(after=after, most=most))
        if len(accounts) < most and after:
            # The end of the round: begin again from the first, without serving anybody twice.
            again = look(after=FIRST_ACCOUNT, most=most - len(accounts))
            accounts.extend(a for a in again if a not in set(accounts))
        self.turn.accounts[lane] = accounts[-1].id if accounts else FIRST_ACCOUNT
        return accounts

    def _lease_slices(self, lane: Lane, due: Sequence[DueListing]) -> Iterator[WakeUp]:
        if not due:
            return
        leases: dict[ListingId, LeaseToken] = {}
        for stored in self.uow.accounts.get({listing.account_id for listing in due}).values():
            own = [listing for listing in due if listing.account_id == stored.account.id]
            batch, publishes_alone = self._slicing_of(stored.account)
            for part in _slices(own, max(self.limits.cheap_slice, batch), publishes_alone=publishes_alone):
                token = suspect_token() if part[0].is_suspect else _token()
                leases |= dict.fromkeys((listing.id for listing in part), token)
        self.uow.dispatch.lease_listings(leases, until=self.now + self.limits.lease)
        for token in dict.fromkeys(leases.values()):
            yield WakeUp(actor=RECONCILE, queue=QUEUES[lane], lease=token)

    def _slicing_of(self, account: ChannelAccount) -> tuple[int, bool]:
        """Return how many listings one call takes, and whether a publish wants a lease of its own."""
        try:
            capabilities = self.adapters.capabilities(account)
        except (KeyError, ValueError) as exc:
            # One account that cannot be opened must not stop everybody's dispatch; its worker says what is wrong.
            log.warning("account.not_described", account=account.id, error=type(exc).__name__)
            return 1, True
        return capabilities.update_batch, capabilities.visible_steps

    def lease_media(self) -> list[WakeUp]:
        room = self.limits.media_outstanding - self.uow.dispatch.media_in_flight(self.now)
        due = self._due_media(room) if room > 0 else []
        by_seller: dict[SellerId, list[MediaId]] = {}
        for media_id, seller_id in due:
            by_seller.setdefault(seller_id, []).append(media_id)
        leases: dict[MediaId, LeaseToken] = {}
        size = self.limits.media_slice
        for media_ids in by_seller.values():
            for start in range(0, len(media_ids), size):
                leases |= dict.fromkeys(media_ids[start : start + size], _token())
        self.uow.dispatch.lease_media(leases, until=self.now + self.limits.media_lease)
        tokens = dict.fromkeys(leases.values())
        return [WakeUp(actor=PREPARE, queue=MEDIA_QUEUE, lease=token) for token in tokens]

    def _due_media(self, room: int) -> Sequence[tuple[MediaId, SellerId]]:
        share = max(1, room // 2)
        due: Sequence[tuple[MediaId, SellerId]] = []
        for after in dict.fromkeys((self.turn.seller, FIRST_SELLER)):
            due = self.uow.dispatch.lock_due_media(
                now=self.now, after=after, most_sellers=max(1, room // share), per_seller=share
            )
            if due:
                break
        self.turn.seller = due[-1][1] if due else FIRST_SELLER
        return due


def _token() -> LeaseToken:
    return LeaseToken(uuid.uuid4().hex)


def suspect_token() -> LeaseToken:
    """Return a token that says of its listing that leases ended without a word; see ``is_suspect``."""
    return LeaseToken(f"{SUSPECT}{uuid.uuid4().hex}")


def _shares_by_endpoint(
    allowed: Mapping[DueAccount, int], room: int, rooms: EndpointRooms, *, in_slices: bool
) -> dict[AccountId, int]:
    """Deal the room out: first to the accounts of bounded endpoints, as much as these may have, then to all others.

    ``in_slices`` gives those others all they may have; see ``DEALT_IN_SLICES``.
    """
    shares: dict[AccountId, int] = {}
    free = {one.id: most for one, most in allowed.items() if rooms.room(one.endpoint) is None}
    bounded = {one.endpoint for one in allowed if one.id not in free}
    for endpoint in sorted(bounded):
        own = {one.id: most for one, most in allowed.items() if one.endpoint == endpoint}
        taken = _fair_shares(own, min(room, rooms.room(endpoint) or 0))
        shares |= taken
        rooms.take(endpoint, sum(taken.values()))
        room -= sum(taken.values())
    return shares | (free if in_slices else _fair_shares(free, room))


def _fair_shares(allowed: Mapping[AccountId, int], room: int) -> dict[AccountId, int]:
    """Deal the room out one by one, so that few accounts get much each and many get one each."""
    shares = dict.fromkeys(allowed, 0)
    while room > 0:
        hungry = [account for account, most in allowed.items() if shares[account] < most]
        if not hungry:
            break
        for account in hungry[:room]:
            shares[account] += 1
        room -= len(hungry[:room])
    return {account: share for account, share in shares.items() if share}


def _slices(
    due: Sequence[DueListing], batch: int, *, publishes_alone: bool
) -> Iterator[Sequence[DueListing]]:
    """Cut an account's due listings: one alone where a visible publish may come, else up to a batch together.

    A suspect is alone too: should it end its worker again, no neighbour loses a lease over it.
    """
    together = [one for one in due if not one.is_suspect and (one.is_cheap or not publishes_alone)]
    for start in range(0, len(together), batch):
        yield together[start : start + batch]
    for one in due:
        if one.is_suspect or (publishes_alone and not one.is_cheap):
            yield [one]
