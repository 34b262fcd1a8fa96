"""Subscribe addresses of other systems to events, change them, and send anew what they missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.ids import SubscriptionId
from schemas.problem import Problem
from syndicator.domain.access import Reach
from syndicator.domain.events import EventType, PausedReason
from syndicator.ports import Clock, WebhookSender
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.webhook_subscriptions import NewSubscription, Subscription, new_secret

MOST_SUBSCRIPTIONS: Final = 20
"""Subscriptions of one owner."""


class TooManySubscriptions(ValueError):
    """The owner has as many subscriptions as there may be; ``problem`` says what to do."""

    def __init__(self) -> None:
        self.problem = Problem(
            path="",
            code="webhooks_too_many",
            th=f"มีปลายทางครบ {MOST_SUBSCRIPTIONS} แห่งแล้ว ลบปลายทางที่ไม่ใช้ก่อนเพิ่มใหม่",
            en=f"there are {MOST_SUBSCRIPTIONS} endpoints already; remove one that is not used before adding another",
        )
        super().__init__(self.problem.en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What of a subscription is to be changed; None leaves it as it is."""

    url: str | None = None
    events: Sequence[EventType] | None = None
    description: str | None = None
    is_paused: bool | None = None


def subscribe(
    owner: Reach, wanted: NewSubscription, *, database: Database, sender: WebhookSender
) -> tuple[Subscription, str]:
    """Subscribe an address; return the subscription and its secret, which cannot be had again.

    Raises:
        TargetRefused: The address may not be called.
        TooManySubscriptions: The owner has as many as there may be.
    """
    sender.check(wanted.url)
    secret = new_secret()
    with database.begin() as uow:
        uow.subscriptions.lock_owner(owner)
        if uow.subscriptions.count(owner) >= MOST_SUBSCRIPTIONS:
            raise TooManySubscriptions
        public_id = uow.subscriptions.add(owner, wanted, secret)
        found = uow.subscriptions.find(owner, public_id)
    if found is None:
        raise RuntimeError("a subscription that was just made is not found")
    return found, secret


def change(
    owner: Reach, public_id: str, wanted: Change, *, database: Database, sender: WebhookSender, clock: Clock
) -> Subscription | None:
    """Change a subscription; None where the owner has none of that id.

    One that is set going again gets what waited for it, unless it waited too long.

    Raises:
        TargetRefused: The new address may not be called; nothing was changed.
    """
    if wanted.url is not None:
        sender.check(wanted.url)
    now = clock.now()
    with database.begin() as uow:
        found = uow.subscriptions.find(owner, public_id)
        if found is None:
            return None
        uow.subscriptions.change(found.id, _values(wanted))
        if wanted.is_paused is True:
            uow.subscriptions.pause(found.id, PausedReason.PERSON, now=now)
        if wanted.is_paused is False:
            _resume(uow, found.id, now)
        return uow.subscriptions.find(owner, public_id)


def rotate_secret(
    owner: Reach, public_id: str, *, keep_old_for: timedelta, database: Database, clock: Clock
) -> str | None:
    """Give a subscription a new secret and return it; None where the owner has none of that id.

    The old one signs too for ``keep_old_for``, so that a receiver can change over at its leisure.
    """
    secret = new_secret()
    with database.begin() as uow:
        found = uow.subscriptions.find(owner, public_id)
        if found is None:
            return None
        uow.subscriptions.rotate(found.id, secret, previous_until=clock.now() + keep_old_for)
    return secret


def send_test(owner: Reach, public_id: str, *, database: Database, clock: Clock) -> str | None:
    """Send a test event to one subscription; return the id of its message, None where the owner has none of that id."""
    with database.begin() as uow:
        found = uow.subscriptions.find(owner, public_id)
        if found is None:
            return None
        return uow.webhooks.add_test(found.id, {"webhook": public_id}, now=clock.now())


def replay(
    owner: Reach,
    public_id: str,
    *,
    message_id: str | None = None,
    since: datetime | None = None,
    database: Database,
    clock: Clock,
) -> int | None:
    """Send one message anew, or all that happened since a moment and was not taken; each keeps its id.

    Returns:
        How many messages; None where the owner has no subscription of that id.
    """
    now = clock.now()
    with database.begin() as uow:
        found = uow.subscriptions.find(owner, public_id)
        if found is None:
            return None
        uow.subscriptions.lock(found.id)
        count = 0
        if message_id is not None:
            count += uow.webhook_reports.replay(found.id, message_id, now=now)
        if since is not None:
            count += uow.webhook_reports.replay_failed(found.id, since=since, now=now)
        uow.webhooks.wake(found.id, now=now)
    return count


def _resume(uow: UnitOfWork, subscription_id: SubscriptionId, now: datetime) -> None:
    uow.subscriptions.lock(subscription_id)
    uow.subscriptions.resume(subscription_id)
    uow.webhooks.give_up_old(subscription_id, now=now)
    uow.webhooks.hurry(subscription_id, now=now)
    uow.webhooks.wake(subscription_id, now=now)


def _values(wanted: Change) -> dict[str, Any]:
    values: dict[str, Any] = {"url": wanted.url, "description": wanted.description}
    if wanted.events is not None:
        values["events"] = [one.value for one in wanted.events]
    return {name: value for name, value in values.items() if value is not None}
