"""Lease due work fairly and wake the workers: owners in turn, lanes in order, bounded for each account and in all."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from schemas.channel import ChannelAccount, Lane
from schemas.ids import AccountId, LeaseToken, ListingId, MediaId, SellerId
from syndicator.ports import Adapters, Clock, WakeUp, WakeUps
from syndicator.store.dispatching import DueListing
from syndicator.store.engine import Database, UnitOfWork

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
FIRST_SELLER = SellerId(0)
FIRST_ACCOUNT = AccountId(0)
"""Ids begin at 1; a walk behind 0 begins at the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLimits:
    """Bounds of one look.

    Attributes:
        lease: How long a slice may wait and be worked on before it falls due again.
        media_lease: The same for source pictures.
        per_account: Listings of one account in work at once.
        cheap_slice: Listings of one account in one slice where each is a cheap update.
        outstanding: Listings under lease in all.
        media_outstanding: Source pictures under lease in all.
        media_slice: Source pictures of one seller in one slice.
    """

    lease: timedelta
    media_lease: timedelta
    per_account: int
    cheap_slice: int
    outstanding: int
    media_outstanding: int
    media_slice: int = 2


@dataclass(slots=True)
class Turn:
    """Whose turn is next, by lane and for pictures. Kept by the leading scheduler; losing it only restarts the round."""

    accounts: dict[Lane, AccountId] = field(default_factory=dict)
    seller: SellerId = FIRST_SELLER


def dispatch(
    limits: DispatchLimits,
    turn: Turn,
    *,
    database: Database,
    adapters: Adapters,
    wake_ups: WakeUps,
    clock: Clock,
) -> int:
    """Lease what is due and may run now; send one wake-up for each slice. Return how many slices went out.

    Effects: the leases are committed before a message is sent. A message lost after that costs one lease time, no work.

    Raises:
        ConnectionError: The broker cannot be reached; the leases run out by themselves.
    """
    with database.begin() as uow:
        look = _Look(uow=uow, limits=limits, turn=turn, adapters=adapters, now=clock.now())
        messages = [*look.lease_listings(), *look.lease_media()]
    wake_ups.send(messages)
    return len(messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look for due work, inside one transaction."""

    uow: UnitOfWork
    limits: DispatchLimits
    turn: Turn
    adapters: Adapters
    now: datetime

    def lease_listings(self) -> list[WakeUp]:
        in_flight = dict(self.uow.dispatch.in_flight(self.now))
        # One worker that carries a whole account in one file takes no more room than the account may.
        taken = sum(min(count, self.limits.per_account) for count in in_flight.values())
        room = self.limits.outstanding - taken
        messages: list[WakeUp] = []
        for lane in Lane:
            if room <= 0:
                break
            due = self._due_in_turn(lane, in_flight, room)
            for listing in due:
                in_flight[listing.account_id] = in_flight.get(listing.account_id, 0) + 1
            room -= len(due)
            messages.extend(self._lease_slices(lane, due))
        return messages

    def _due_in_turn(self, lane: Lane, in_flight: Mapping[AccountId, int], room: int) -> Sequence[DueListing]:
        allowed = {
            account: self.limits.per_account - in_flight.get(account, 0)
            for account in self._next_accounts(lane, most=room)
        }
        shares = _fair_shares({a: n for a, n in allowed.items() if n > 0}, room)
        return self.uow.dispatch.lock_due(lane, shares, now=self.now) if shares else []

    def _next_accounts(self, lane: Lane, *, most: int) -> Sequence[AccountId]:
        after = self.turn.accounts.get(lane, FIRST_ACCOUNT)
        accounts = list(self.uow.dispatch.accounts_in_turn(lane, now=self.now, after=after, most=most))
        if len(accounts) < most and after:
            # The end of the round: begin again from the first, without serving anybody twice.
            rest = most - len(accounts)
            again = self.uow.dispatch.accounts_in_turn(lane, now=self.now, after=FIRST_ACCOUNT, most=rest)
            accounts.extend(a for a in again if a not in set(accounts))
        self.turn.accounts[lane] = accounts[-1] if accounts else FIRST_ACCOUNT
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
