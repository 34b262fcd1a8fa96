"""Look at single listings out of turn: those a sweep missed twice, and those whose new figures are to be seen there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.errors import ChannelError
from adapters.http import call_deadline
from adapters.observing import ObservedAdapter
from adapters.pace import next_step, paying
from schemas.channel import Verb
from schemas.ids import AccountId, ListingId
from schemas.listing import RemoteListing
from schemas.product import Product
from syndicator.domain.listing import Listing
from syndicator.domain.policy import RetryPolicy
from syndicator.ports import Adapters, ChannelWatch, Clock, NoWatch
from syndicator.store.account_work import is_callable
from syndicator.store.engine import Database
from syndicator.usecases.account_calls import REST, Opened, as_read_error, modest, open_account, wait_after
from syndicator.usecases.comparing import Comparing
from syndicator.usecases.reconcile_listing import LEASE_MARGIN

log = structlog.get_logger()

LOOKS_IN_SLICE: Final = 20
"""Listings of one account looked at under one lease; each is a call."""
_NO_WATCH = NoWatch()


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLease:
    """Names the listings of an account whose looks were put off until one moment, which nobody else uses."""

    account_id: AccountId
    until: datetime

    def __str__(self) -> str:
        return f"{self.account_id}@{self.until.isoformat()}"

    @classmethod
    def of(cls, text: str) -> "LookLease":
        """Read what ``str`` wrote.

        Raises:
            ValueError: It is something else.
        """
        account, _, until = text.partition("@")
        return cls(account_id=AccountId(int(account)), until=datetime.fromisoformat(until))


@dataclass(slots=True)
class _Looks:
    """What came of the looks of one slice: what was seen, and what still waits because a call was refused."""

    found: dict[ListingId, RemoteListing | None]
    waiting: list[ListingId]
    error: ChannelError | None = None


def look_at_listings(
    lease: LookLease,
    *,
    lease_time: timedelta,
    share: float,
    database: Database,
    adapters: Adapters,
    policy: RetryPolicy,
    clock: Clock,
    watch: ChannelWatch = _NO_WATCH,
) -> int:
    """Fetch the listings of ``lease`` one by one and compare them; return how many were fetched.

    Effects: as a page of a sweep has; and a listing that the channel says does not exist, and that pages missed, is taken
    for deleted. Where a call was refused, the rest waits.
    """
    now = clock.now()
    held = now + lease_time
    with database.begin() as uow:
        ids = uow.looks.claim(lease.account_id, lease.until, until=held)
        stored = uow.accounts.get([lease.account_id]).get(lease.account_id) if ids else None
        if stored is None:
            return 0
        opened = open_account(adapters, stored) if is_callable(stored, now) else None
        if opened is None or watch.is_crowded(opened.payer.endpoint):
            uow.looks.put_off(ids, held, now + REST)
            return 0
        can_look = (
            isinstance(opened.adapter, ObservedAdapter) and Verb.FETCH in opened.adapter.capabilities.verbs
        )
        targets = uow.looks.whole(ids) if can_look else []
        if not targets:
            uow.looks.put_off(ids, held, None)
            return 0
    with call_deadline(lease_time - LEASE_MARGIN), paying(modest(opened.payer, share)):
        looks = _look(opened, targets)
    read_at, now = now, clock.now()
    with database.begin() as uow:
        comparing = Comparing(uow, stored, opened.adapter, label=opened.label, now=now)
        comparing.looked_at(looks.found, read_at=read_at)
        uow.breakers.note(watch.due_counts(), now=now)
        if looks.error is not None:
            wait = wait_after(uow, opened, looks.error, failures=1, policy=policy, now=now)
            uow.looks.put_off(looks.waiting, held, now + max(wait or REST, REST))
        uow.looks.put_off(list(set(ids) - set(looks.waiting)), held, None)
    return len(looks.found)


def _look(opened: Opened, targets: Sequence[tuple[Listing, Product]]) -> _Looks:
    looks = _Looks(found={}, waiting=[listing.id for listing, _ in targets])
    account = opened.stored.account
    for listing, product in targets:
        next_step()
        marker = listing.marker(product.for_channel(account.name, account.kind))
        try:
            looks.found[listing.id] = opened.adapter.fetch(listing.ref(marker))
        except Exception as exc:  # noqa: BLE001 - whatever it was, what follows from it is recorded
            looks.error = as_read_error(exc)
            break
        looks.waiting.remove(listing.id)
    return looks
