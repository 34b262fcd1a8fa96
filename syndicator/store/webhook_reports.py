"""What became of each event for a subscription, and sending it anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.ids import DeliveryId, SubscriptionId
from syndicator.domain.events import Failure, Outcome
from syndicator.store.tables import EventOut as EventTable
from syndicator.store.tables import WebhookDelivery as DeliveryTable
from syndicator.store.tables import table

_DELIVERY = table(DeliveryTable)
_EVENT = table(EventTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """A delivery as people see it. ``outcome`` is None while it is still to be taken; then ``due_at`` is the next try."""

    id: DeliveryId
    message_id: str
    type: str
    at: datetime
    attempts: int
    due_at: datetime | None
    outcome: Outcome | None
    ended_at: datetime | None
    last_at: datetime | None
    last_status: int | None
    last_error: Failure | None


class WebhookReportRepository:
    """Reads deliveries of a subscription for people, and lets them be sent anew."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def newest(
        self,
        subscription_id: SubscriptionId,
        *,
        before: DeliveryId | None = None,
        outcome: Outcome | None = None,
        limit: int,
    ) -> Sequence[DeliveryReport]:
        """Return the deliveries of a subscription, the newest first, from below ``before``."""
        statement = _select(subscription_id).order_by(_DELIVERY.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(_DELIVERY.c.id < before)
        if outcome is not None:
            statement = statement.where(_DELIVERY.c.outcome == outcome.value)
        return [_report(row) for row in self._connection.execute(statement)]

    def find(self, subscription_id: SubscriptionId, message_id: str) -> DeliveryReport | None:
        """Return the delivery of that message to the subscription; None where there is none."""
        row = self._connection.execute(
            _select(subscription_id).where(_DELIVERY.c.message_id == message_id)
        ).one_or_none()
        return None if row is None else _report(row)

    def replay(self, subscription_id: SubscriptionId, message_id: str, *, now: datetime) -> int:
        """Let one message be sent anew under its id, whatever became of it; return how many that were: one or none."""
        return self._again(subscription_id, _DELIVERY.c.message_id == message_id, now=now)

    def replay_failed(self, subscription_id: SubscriptionId, *, since: datetime, now: datetime) -> int:
        """Let all that happened since a moment and was not taken be sent anew at once; return how many messages."""
        events = sa.select(_EVENT.c.id).where(_EVENT.c.id == _DELIVERY.c.event_id, _EVENT.c.at >= since)
        not_taken = sa.or_(
            _DELIVERY.c.outcome == Outcome.GIVEN_UP.value,
            sa.and_(_DELIVERY.c.outcome.is_(None), _DELIVERY.c.attempts > 0),
        )
        return self._again(subscription_id, sa.and_(events.exists(), not_taken), now=now)

    def _again(
        self, subscription_id: SubscriptionId, condition: sa.ColumnElement[bool], *, now: datetime
    ) -> int:
        replayed = self._connection.execute(
            sa.update(_DELIVERY)
            .where(_DELIVERY.c.subscription_id == subscription_id, condition)
            .values(outcome=None, ended_at=None, due_at=now, began_at=now, attempts=0)
        )
        return replayed.rowcount


def _select(subscription_id: SubscriptionId) -> sa.Select[Any]:
    return (
        sa.select(_DELIVERY, _EVENT.c.type, _EVENT.c.at)
        .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .where(_DELIVERY.c.subscription_id == subscription_id)
    )


def _report(row: sa.Row[Any]) -> DeliveryReport:
    return DeliveryReport(
        id=DeliveryId(row.id),
        message_id=row.message_id,
        type=row.type,
        at=row.at,
        attempts=row.attempts,
        due_at=row.due_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        ended_at=row.ended_at,
        last_at=row.last_at,
        last_status=row.last_status,
        last_error=None if row.last_error is None else Failure(row.last_error),
    )
