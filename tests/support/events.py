"""Subscriptions to events, and a core that delivers to them on loopback."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from standardwebhooks import Webhook

from adapters.webhooks import WebhookRequest
from schemas.ids import CentreId, LeaseToken, SellerId
from syndicator.bootstrap import SystemClock
from syndicator.domain.access import Reach, Role
from syndicator.domain.events import EventType
from syndicator.outbound.webhooks import HttpWebhookSender
from syndicator.store.webhook_subscriptions import NewSubscription
from syndicator.usecases.deliver_webhooks import WebhookWorker
from syndicator.usecases.dispatch_webhooks import WebhookRoom, dispatch_webhooks, fan_out
from syndicator.usecases.webhook_subscriptions import subscribe as subscribe_address
from tests.support.app import LEASE, CoreApp, SentWakeUps

EVERYTHING = tuple(one.value for one in EventType)


def subscribe(
    app: CoreApp,
    *events: str,
    seller_id: SellerId | None = None,
    centre_id: CentreId | None = None,
    paused_reason: str | None = None,
) -> None:
    """Subscribe for a seller, a centre, or everybody where neither is named; to everything where no event is."""
    app.execute(
        "INSERT INTO webhook_subscription (public_id, seller_id, centre_id, url, events, secrets, state, paused_reason)"
        " VALUES (gen_random_uuid()::text, :seller, :centre, 'https://example.com', to_jsonb(CAST(:events AS text[])),"
        " '', CASE WHEN CAST(:reason AS text) IS NULL THEN 'active' ELSE 'paused' END, :reason)",
        seller=seller_id,
        centre=centre_id,
        events=list(events or EVERYTHING),
        reason=paused_reason,
    )


def loopback_sender() -> HttpWebhookSender:
    return HttpWebhookSender(clock=SystemClock(), user_agent="Syndicator/test", allows_private=True)


@dataclass
class Telling:
    """What delivers the events of a core, one step at a time."""

    core: CoreApp
    sender: HttpWebhookSender = field(default_factory=loopback_sender)
    room: WebhookRoom = field(default_factory=lambda: WebhookRoom(swift=4, others=4, lease=LEASE))
    timeout: timedelta = timedelta(seconds=5)

    @property
    def worker(self) -> WebhookWorker:
        return WebhookWorker(
            database=self.core.database,
            sender=self.sender,
            clock=self.core.clock,
            lease_time=LEASE,
            timeout=self.timeout,
            pause_after=timedelta(days=3),
        )

    def subscribe(self, url: str, *events: EventType, owner: Reach | None = None) -> tuple[str, str]:
        """Subscribe for the core's seller, or for ``owner``; return the public id and the secret."""
        made, secret = subscribe_address(
            owner or self.seller,
            NewSubscription(url=url, events=events or tuple(EventType), description="", made_by="test"),
            database=self.core.database,
            sender=self.sender,
        )
        return made.public_id, secret

    @property
    def seller(self) -> Reach:
        return Reach(role=Role.SELLER, seller_id=self.core.seller_id)

    def lease(self) -> list[LeaseToken]:
        """Write events down and lease what is due, as the leading scheduler does."""
        fan_out(database=self.core.database, clock=self.core.clock)
        wake_ups = SentWakeUps()
        dispatch_webhooks(self.room, database=self.core.database, wake_ups=wake_ups, clock=self.core.clock)
        return [LeaseToken(one.lease) for one in wake_ups.sent]

    def run_once(self) -> int:
        """Hand out what is due, and deliver it; return how many messages were taken."""
        return sum(self.worker.deliver(token) for token in self.lease())

    def test_event(self, public_id: str, owner: Reach | None = None) -> None:
        """Let a test event be sent."""
        with self.core.database.begin() as uow:
            found = uow.subscriptions.find(owner or self.seller, public_id)
            assert found is not None
            uow.webhooks.add_test(found.id, {"n": 1}, now=self.core.clock.now())

    def next_try(self) -> datetime | None:
        """Return when anything is sent next."""
        moment: datetime | None = self.core.value(
            "SELECT min(due_at) FROM webhook_subscription WHERE state = 'active'"
        )
        return moment

    def deliveries(self) -> Sequence[sa.Row[Any]]:
        return self.core.rows(
            "SELECT d.*, e.type FROM webhook_delivery d JOIN event_out e ON e.id = d.event_id ORDER BY d.id"
        )


def opened(request: WebhookRequest, secret: str) -> dict[str, Any]:
    """Verify a message with the library, as a receiver does, and return what it says."""
    document: dict[str, Any] = Webhook(secret).verify(request.body, dict(request.headers))
    return document
