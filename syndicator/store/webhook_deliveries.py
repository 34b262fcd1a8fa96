"""What is to be told to whom: leases of subscriptions, deliveries that are due, and how they ended."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from schemas.ids import DeliveryId, LeaseToken, SubscriptionId
from syndicator.domain.events import GIVEN_UP_AFTER, TEST, Answer, Outcome
from syndicator.ports import Cipher
from syndicator.store.tables import EventOut as EventTable
from syndicator.store.tables import WebhookDelivery as DeliveryTable
from syndicator.store.tables import WebhookSubscription as SubscriptionTable
from syndicator.store.tables import table
from syndicator.store.webhook_subscriptions import open_secrets

_SUBSCRIPTION = table(SubscriptionTable)
_DELIVERY = table(DeliveryTable)
_EVENT = table(EventTable)
_ACTIVE = sa.text("state = 'active'")
"""Written out, so that the partial index serves."""
MOST_FORGOTTEN: Final = 5_000
"""Events forgotten in one go, so that nothing waits long for the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTurn:
    """A subscription held under a fresh token. Its secrets stay sealed until they are needed."""

    id: SubscriptionId
    token: LeaseToken
    url: str
    failures: int
    failing_since: datetime | None
    is_swift: bool
    previous_until: datetime | None
    sealed: bytes = field(repr=False)
    cipher: Cipher = field(repr=False, compare=False)

    def secrets(self, now: datetime) -> Sequence[str]:
        """Open the secrets that sign now.

        Raises:
            ValueError: None of the configured keys opens them.
        """
        return open_secrets(self.cipher, self.sealed, self.previous_until, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery whose time has come, with the event it tells of."""

    id: DeliveryId
    message_id: str
    attempts: int
    began_at: datetime
    type: str
    at: datetime
    facts: Mapping[str, Any]


class WebhookDeliveryRepository:
    """Leases subscriptions that have something to be told, and keeps what came of it."""

    def __init__(self, connection: sa.Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def in_flight(self, *, is_swift: bool, now: datetime, longest: timedelta) -> int:
        """Count the running leases of swift subscriptions, or of the others."""
        counted = sa.select(sa.func.count()).where(
            _SUBSCRIPTION.c.due_at > now,
            _SUBSCRIPTION.c.due_at <= now + longest,
            _SUBSCRIPTION.c.lease_token.is_not(None),
            _SUBSCRIPTION.c.is_swift.is_(is_swift),
            _ACTIVE,
        )
        return int(self._connection.scalar(counted) or 0)

    def lease_due(self, *, is_swift: bool, now: datetime, until: datetime, most: int) -> Sequence[LeaseToken]:
        """Lease up to ``most`` due subscriptions, swift ones or the others, those first that have been due longest."""
        ids = self._connection.scalars(
            sa.select(_SUBSCRIPTION.c.id)
            .where(_SUBSCRIPTION.c.due_at <= now, _SUBSCRIPTION.c.is_swift.is_(is_swift), _ACTIVE)
            .order_by(_SUBSCRIPTION.c.due_at, _SUBSCRIPTION.c.id)
            .limit(most)
            .with_for_update(skip_locked=True, key_share=True)
        ).all()
        tokens = {subscription_id: _fresh_token() for subscription_id in ids}
        for subscription_id, token in tokens.items():
            self._connection.execute(
                sa.update(_SUBSCRIPTION)
                .where(_SUBSCRIPTION.c.id == subscription_id)
                .values(due_at=until, lease_token=token)
            )
        return list(tokens.values())

    def claim(self, token: LeaseToken, *, until: datetime) -> WebhookTurn | None:
        """Take over the subscription under ``token``; None when somebody else has, or when it was paused meanwhile.

        It gets a fresh token, so a second delivery of the same message finds nothing.
        """
        fresh = _fresh_token()
        row = self._connection.execute(
            sa.update(_SUBSCRIPTION)
            .where(_SUBSCRIPTION.c.lease_token == token, _ACTIVE)
            .values(due_at=until, lease_token=fresh)
            .returning(_SUBSCRIPTION)
        ).one_or_none()
        if row is None:
            return None
        return WebhookTurn(
            id=SubscriptionId(row.id),
            token=fresh,
            url=row.url,
            failures=row.failures,
            failing_since=row.failing_since,
            is_swift=row.is_swift,
            previous_until=row.previous_until,
            sealed=bytes(row.secrets),
            cipher=self._cipher,
        )

    def due(self, turn: WebhookTurn, *, now: datetime, limit: int) -> Sequence[DueDelivery]:
        """Return what is to be sent now, in the order it happened as far as it fell due together."""
        rows = self._connection.execute(
            sa.select(_DELIVERY, _EVENT.c.type, _EVENT.c.at, _EVENT.c.facts)
            .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
            .where(_DELIVERY.c.subscription_id == turn.id, _DELIVERY.c.due_at <= now)
            .order_by(_DELIVERY.c.due_at, _DELIVERY.c.id)
            .limit(limit)
        )
        return [
            DueDelivery(
                id=DeliveryId(row.id),
                message_id=row.message_id,
                attempts=row.attempts,
                began_at=row.began_at,
                type=row.type,
                at=row.at,
                facts=row.facts,
            )
            for row in rows
        ]

    def is_to_be_sent(self, turn: WebhookTurn, delivery_id: DeliveryId) -> bool:
        """Say whether a delivery still waits, and the subscription is still held and going."""
        found = self._connection.scalar(
            sa.select(_DELIVERY.c.id)
            .join(_SUBSCRIPTION, _SUBSCRIPTION.c.id == _DELIVERY.c.subscription_id)
            .where(
                _DELIVERY.c.id == delivery_id,
                _DELIVERY.c.due_at.is_not(None),
                _SUBSCRIPTION.c.lease_token == turn.token,
                _SUBSCRIPTION.c.state == "active",
            )
        )
        return found is not None

    def record(
        self, delivery: DueDelivery, answer: Answer, *, now: datetime, again_at: datetime | None
    ) -> None:
        """Keep how a try ended; ``again_at`` is when it is tried again where it was not taken, None for never.

        What was taken was taken, whoever holds the lease by now; a failure does not undo what another call achieved.
        """
        values: dict[str, Any] = {
            "attempts": _DELIVERY.c.attempts + 1,
            "last_at": now,
            "last_status": answer.status,
            "last_error": None if answer.failure is None else answer.failure.value,
        }
        statement = sa.update(_DELIVERY).where(_DELIVERY.c.id == delivery.id)
        if answer.is_taken:
            ended = {"outcome": Outcome.DELIVERED.value, "ended_at": now, "due_at": None}
            self._connection.execute(statement.values(values | ended))
            return
        if again_at is None:
            values |= {"outcome": Outcome.GIVEN_UP.value, "ended_at": now, "due_at": None}
        else:
            values |= {"due_at": again_at}
        self._connection.execute(statement.where(_DELIVERY.c.due_at.is_not(None)).values(values))

    def note(self, turn: WebhookTurn) -> None:
        """Keep how the subscription does; nothing where its lease was lost."""
        self._connection.execute(
            sa.update(_SUBSCRIPTION)
            .where(_SUBSCRIPTION.c.id == turn.id, _SUBSCRIPTION.c.lease_token == turn.token)
            .values(failures=turn.failures, failing_since=turn.failing_since, is_swift=turn.is_swift)
        )

    def give_back(self, turn: WebhookTurn, *, not_before: datetime) -> bool:
        """End the lease; the subscription falls due with what waits next, but not before ``not_before``."""
        held = self._connection.scalar(
            sa.select(_SUBSCRIPTION.c.id)
            .where(_SUBSCRIPTION.c.id == turn.id, _SUBSCRIPTION.c.lease_token == turn.token)
            .with_for_update(key_share=True)
        )
        if held is None:
            return False
        self._fall_due(turn.id, not_before=not_before)
        return True

    def wake(self, subscription_id: SubscriptionId, *, now: datetime) -> None:
        """Let a subscription fall due for what waits, whatever rest it was given; a lease that runs goes on."""
        idle = self._connection.scalar(
            sa.select(_SUBSCRIPTION.c.id)
            .where(_SUBSCRIPTION.c.id == subscription_id, _SUBSCRIPTION.c.lease_token.is_(None))
            .with_for_update(key_share=True)
        )
        if idle is not None:
            self._fall_due(subscription_id, not_before=now)

    def _fall_due(self, subscription_id: SubscriptionId, *, not_before: datetime) -> None:
        first = self._connection.scalar(
            sa.select(sa.func.min(_DELIVERY.c.due_at)).where(
                _DELIVERY.c.subscription_id == subscription_id, _DELIVERY.c.due_at.is_not(None)
            )
        )
        self._connection.execute(
            sa.update(_SUBSCRIPTION)
            .where(_SUBSCRIPTION.c.id == subscription_id)
            .values(due_at=None if first is None else max(first, not_before), lease_token=None)
        )

    def add_test(self, subscription_id: SubscriptionId, facts: Mapping[str, Any], *, now: datetime) -> str:
        """Write a test event down for one subscription alone; return the id of its message."""
        event_id = self._connection.scalars(
            sa.insert(_EVENT)
            .values(type=TEST, facts=dict(facts), at=now, fanned_at=now)
            .returning(_EVENT.c.id)
        ).one()
        message_id = f"msg_{uuid.uuid4().hex}"
        self._connection.execute(
            sa.insert(_DELIVERY).values(
                event_id=event_id,
                subscription_id=subscription_id,
                message_id=message_id,
                began_at=now,
                due_at=now,
            )
        )
        self.wake(subscription_id, now=now)
        return message_id

    def give_up_old(self, subscription_id: SubscriptionId, *, now: datetime) -> None:
        """Give up what waited longer than deliveries do, as while the subscription was paused; it can be replayed."""
        self._connection.execute(
            sa.update(_DELIVERY)
            .where(
                _DELIVERY.c.subscription_id == subscription_id,
                _DELIVERY.c.due_at.is_not(None),
                _DELIVERY.c.began_at < now - GIVEN_UP_AFTER,
            )
            .values(outcome=Outcome.GIVEN_UP.value, ended_at=now, due_at=None)
        )

    def hurry(self, subscription_id: SubscriptionId, *, now: datetime) -> None:
        """Let all that waits be sent at once."""
        self._connection.execute(
            sa.update(_DELIVERY)
            .where(_DELIVERY.c.subscription_id == subscription_id, _DELIVERY.c.due_at > now)
            .values(due_at=now)
        )

    def forget(self, *, before: datetime) -> int:
        """Forget events that were written down before a moment, with their deliveries; return how many events."""
        old = sa.select(_EVENT.c.id).where(_EVENT.c.fanned_at < before).limit(MOST_FORGOTTEN)
        return self._connection.execute(sa.delete(_EVENT).where(_EVENT.c.id.in_(old))).rowcount

    def shorten_leases(self, *, now: datetime, longest: timedelta) -> int:
        """End leases that no clock of ours can have given; return how many."""
        ended = self._connection.execute(
            sa.update(_SUBSCRIPTION)
            .where(_SUBSCRIPTION.c.lease_token.is_not(None), _SUBSCRIPTION.c.due_at > now + 2 * longest)
            .values(due_at=now + longest)
        )
        return ended.rowcount


def _fresh_token() -> LeaseToken:
    return LeaseToken(uuid.uuid4().hex)
