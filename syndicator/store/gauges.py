"""Figures for monitors. Whatever could be a look at a whole table is bounded, and says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from syndicator.store.pushes import EDGES_S

LATELY: Final = timedelta(minutes=5)
"""How far back attempts are counted."""
PUSHES_SINCE: Final = timedelta(hours=1)
"""How far back the delays of stock changes are."""
MOST_LATELY: Final = 20_000
"""Newest rows that are looked at for figures of lately; with more in that time, the figures are of these."""

_ATTEMPTS = sa.text("""
SELECT step, coalesce(outcome, 'open') AS outcome, count(*) AS attempts
  FROM (SELECT step, outcome, began_at FROM attempt ORDER BY id DESC LIMIT :most) AS newest
 WHERE began_at > :since
 GROUP BY 1, 2
""")
_PUSHES = sa.text("""
WITH newest AS (
    SELECT account_id, changed_at, sent_at, seen_at FROM stock_push ORDER BY id DESC LIMIT :most
), delays AS (
    SELECT a.kind, d.stage, greatest(extract(epoch FROM d.at - n.changed_at), 0) AS seconds
      FROM newest n
      JOIN channel_account a ON a.id = n.account_id
     CROSS JOIN LATERAL (VALUES ('sent', n.sent_at), ('seen', n.seen_at)) AS d(stage, at)
     WHERE n.sent_at > :since AND d.at IS NOT NULL
)
SELECT kind, stage, width_bucket(seconds, CAST(:edges AS numeric[])) AS bucket,
       count(*) AS pushes, sum(seconds) AS seconds
  FROM delays GROUP BY 1, 2, 3
""")
_WEBHOOKS = sa.text("""
SELECT count(*) AS waiting, extract(epoch FROM :now - min(d.began_at)) AS oldest_s
  FROM webhook_delivery d
  JOIN webhook_subscription s ON s.id = d.subscription_id
 WHERE d.due_at IS NOT NULL AND s.state = 'active'
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayHistogram:
    """Delays of one kind of channel at one stage (sent, seen): how many in each bucket of ``EDGES_S``."""

    kind: str
    stage: str
    counts: tuple[int, ...]
    total_s: float


class GaugeRepository:
    """Reads only."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def bound(self, within: timedelta) -> None:
        """Let no statement of this transaction take longer."""
        milliseconds = int(within.total_seconds() * 1000)
        self._connection.execute(sa.text(f"SET LOCAL statement_timeout = {milliseconds}"))

    def listings(self) -> Mapping[str, int]:
        """Count listings by state. It goes through an index of every listing: ask seldom."""
        return self._counts("SELECT state, count(*) FROM listing GROUP BY 1")

    def orders(self) -> Mapping[str, int]:
        """Count orders by state. It goes through every order: ask seldom."""
        return self._counts("SELECT state, count(*) FROM channel_order GROUP BY 1")

    def accounts(self) -> Mapping[str, int]:
        """Count accounts by state."""
        return self._counts("SELECT state, count(*) FROM channel_account GROUP BY 1")

    def open_oversells(self) -> int:
        """Count order lines that sold more than there was, and still do."""
        found = self._connection.scalar(sa.text("SELECT count(*) FROM oversell WHERE closed_at IS NULL"))
        return int(found or 0)

    def attempts(self, now: datetime) -> Mapping[tuple[str, str], int]:
        """Count the attempts of lately by step and outcome."""
        values = {"most": MOST_LATELY, "since": now - LATELY}
        rows = self._connection.execute(_ATTEMPTS, values)
        return {(row.step, row.outcome): row.attempts for row in rows}

    def push_delays(self, now: datetime) -> list[DelayHistogram]:
        """Return how long stock changes took to be sent, and to be seen on the channel."""
        values = {"most": MOST_LATELY, "since": now - PUSHES_SINCE, "edges": list(EDGES_S)}
        counts: dict[tuple[str, str], list[int]] = {}
        totals: dict[tuple[str, str], float] = {}
        for row in self._connection.execute(_PUSHES, values):
            of = (row.kind, row.stage)
            counts.setdefault(of, [0] * (len(EDGES_S) + 1))[row.bucket] += row.pushes
            totals[of] = totals.get(of, 0.0) + float(row.seconds)
        return [
            DelayHistogram(kind=kind, stage=stage, counts=tuple(found), total_s=totals[kind, stage])
            for (kind, stage), found in sorted(counts.items())
        ]

    def webhook_subscriptions(self) -> Mapping[str, int]:
        """Count the addresses that are told of events, by state."""
        return self._counts("SELECT state, count(*) FROM webhook_subscription GROUP BY 1")

    def webhooks_waiting(self, now: datetime) -> tuple[int, float]:
        """Return how many messages wait to be taken by addresses that are not paused, and the age of the oldest in seconds."""
        row = self._connection.execute(_WEBHOOKS, {"now": now}).one()
        return row.waiting, max(0.0, float(row.oldest_s or 0))

    def _counts(self, statement: str) -> Mapping[str, int]:
        return {row[0]: row[1] for row in self._connection.execute(sa.text(statement))}
