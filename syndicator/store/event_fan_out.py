"""Writes each event down for every subscription that wants it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from syndicator.store.tables import WebhookDelivery as DeliveryTable
from syndicator.store.tables import table

_DELIVERY = table(DeliveryTable)
_ALONE: Final = sa.text("SELECT pg_try_advisory_xact_lock(7305423)")
_NEW: Final = sa.text("SELECT id FROM event_out WHERE fanned_at IS NULL ORDER BY id LIMIT :most")
_WANTED: Final = sa.text("""
  SELECT e.id AS event_id, w.id AS subscription_id, e.subject
    FROM event_out e JOIN webhook_subscription w ON w.seller_id = e.seller_id
   WHERE e.id = ANY(:ids) AND w.events ? e.type AND w.paused_reason IS DISTINCT FROM 'gone'
  UNION ALL
  SELECT e.id, w.id, e.subject
    FROM event_out e JOIN seller s ON s.id = e.seller_id JOIN webhook_subscription w ON w.centre_id = s.centre_id
   WHERE e.id = ANY(:ids) AND w.events ? e.type AND w.paused_reason IS DISTINCT FROM 'gone'
  UNION ALL
  SELECT e.id, w.id, e.subject
    FROM event_out e JOIN webhook_subscription w ON w.seller_id IS NULL AND w.centre_id IS NULL
   WHERE e.id = ANY(:ids) AND w.events ? e.type AND w.paused_reason IS DISTINCT FROM 'gone'
   ORDER BY event_id, subscription_id
""")
_LOCK: Final = sa.text(
    "SELECT id FROM webhook_subscription WHERE id = ANY(:subscriptions) ORDER BY id FOR NO KEY UPDATE"
)
_SUPERSEDE: Final = sa.text("""
UPDATE webhook_delivery older SET outcome = 'superseded', ended_at = :now, due_at = NULL
  FROM webhook_delivery newer
 WHERE newer.event_id = ANY(:ids) AND newer.subject IS NOT NULL
   AND older.subscription_id = newer.subscription_id AND older.subject = newer.subject
   AND older.due_at IS NOT NULL AND older.event_id < newer.event_id
""")
_WAKE: Final = sa.text("""
UPDATE webhook_subscription SET due_at = least(coalesce(due_at, :now), :now)
 WHERE id = ANY(:subscriptions) AND lease_token IS NULL AND (failures = 0 OR due_at IS NULL)
""")
"""An endpoint that failed keeps the rest it was given."""
_DONE: Final = sa.text("UPDATE event_out SET fanned_at = :now WHERE id = ANY(:ids)")


class EventFanOut:
    """Turns events into deliveries. One transaction at a time does, so that the newest figures always win."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def run(self, *, now: datetime, most: int) -> int:
        """Write up to ``most`` events down for whoever wants them, the oldest first; return how many events it were.

        Of a subject (the stock of a variant) only the newest event is kept waiting.
        """
        if not self._connection.scalar(_ALONE):
            return 0
        ids = list(self._connection.scalars(_NEW, {"most": most}))
        if ids:
            self._write(ids, now)
            self._connection.execute(_DONE, {"ids": ids, "now": now})
        return len(ids)

    def _write(self, ids: Sequence[int], now: datetime) -> None:
        wanted = self._connection.execute(_WANTED, {"ids": ids}).all()
        # Locked before anything is written: one that is just being given back must see what is written here, or be seen
        # without its lease. One that was removed meanwhile is left out.
        subscriptions = list(
            self._connection.scalars(_LOCK, {"subscriptions": list({one.subscription_id for one in wanted})})
        )
        rows = _rows([one for one in wanted if one.subscription_id in set(subscriptions)], now)
        if not rows:
            return
        self._connection.execute(sa.insert(_DELIVERY), rows)
        values = {"ids": ids, "subscriptions": subscriptions, "now": now}
        self._connection.execute(_SUPERSEDE, values)
        self._connection.execute(_WAKE, values)


def _rows(wanted: Sequence[sa.Row[Any]], now: datetime) -> list[dict[str, Any]]:
    newest = {one.subject: one.event_id for one in wanted if one.subject is not None}
    return [
        {
            "event_id": one.event_id,
            "subscription_id": one.subscription_id,
            "message_id": f"msg_{uuid.uuid4().hex}",
            "subject": one.subject,
            "began_at": now,
            "due_at": now,
        }
        for one in wanted
        if one.subject is None or newest[one.subject] == one.event_id
    ]
