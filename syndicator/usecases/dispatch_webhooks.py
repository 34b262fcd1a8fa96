"""Write new events down for their subscriptions, and hand the subscriptions that have something due to the workers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from syndicator.ports import Clock, WakeUp, WakeUps
from syndicator.store.engine import Database

DELIVER: Final = "webhook.deliver"
"""Actor that sends what is due for one subscription."""
WEBHOOK_QUEUE: Final = "webhooks"
EVENTS_AT_ONCE: Final = 500
"""Events of one transaction: short enough that a delivery under way never waits long for its subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRoom:
    """How many subscriptions may be in work at once: those whose endpoint is known to be swift, and the others.

    They do not share: whatever number of endpoints hang, a swift one waits for swift ones only.
    """

    swift: int
    others: int
    lease: timedelta


def fan_out(*, database: Database, clock: Clock) -> int:
    """Write events down for whoever wants them until none is left; return how many."""
    done = 0
    while True:
        with database.begin() as uow:
            count = uow.fan_out.run(now=clock.now(), most=EVENTS_AT_ONCE)
        done += count
        if count < EVENTS_AT_ONCE:
            return done


def dispatch_webhooks(room: WebhookRoom, *, database: Database, wake_ups: WakeUps, clock: Clock) -> int:
    """Lease due subscriptions and send one wake-up for each; return how many.

    Effects: the leases are committed before a message is sent. A message lost after that costs one lease time, no work.

    Raises:
        ConnectionError: The broker cannot be reached; the leases run out by themselves.
    """
    now = clock.now()
    messages: list[WakeUp] = []
    with database.begin() as uow:
        for is_swift, most in ((True, room.swift), (False, room.others)):
            free = most - uow.webhooks.in_flight(is_swift=is_swift, now=now, longest=room.lease)
            if free > 0:
                leased = uow.webhooks.lease_due(is_swift=is_swift, now=now, until=now + room.lease, most=free)
                messages += [WakeUp(actor=DELIVER, queue=WEBHOOK_QUEUE, lease=token) for token in leased]
    wake_ups.send(messages)
    return len(messages)
