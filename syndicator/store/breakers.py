"""Breakers of the channels' endpoints, and the counts they are judged by."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from syndicator.domain.breaker import (
    Breaker,
    BreakerPolicy,
    BreakerState,
    CallCounts,
    HeardCalls,
    OpenReason,
    opened,
)
from syndicator.store.tables import ChannelBreaker as BreakerTable
from syndicator.store.tables import ChannelCalls as CallsTable
from syndicator.store.tables import table

_BREAKER = table(BreakerTable)
_CALLS = table(CallsTable)
_COUNTS = sa.text("""
SELECT c.endpoint, c.at > :lately AS is_late,
       sum(c.answered) AS answered, sum(c.broken) AS broken, sum(c.slow) AS slow
  FROM channel_calls c LEFT JOIN channel_breaker b ON b.endpoint = c.endpoint
 WHERE c.at > :since AND c.at >= coalesce(b.count_from, :since)
 GROUP BY 1, 2
""")


class BreakerRepository:
    """Reads and writes breakers. The dispatcher judges them; workers only add counts, and open one for a whole app."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def all(self, *, lock: bool = False) -> Mapping[str, Breaker]:
        """Return every breaker there is a row of, by endpoint; ``lock`` keeps others from changing them meanwhile."""
        statement = sa.select(_BREAKER).order_by(_BREAKER.c.endpoint)
        rows = self._connection.execute(statement.with_for_update() if lock else statement)
        return {row.endpoint: _breaker(row) for row in rows}

    def heard(self, *, since: datetime, lately: datetime) -> Mapping[str, HeardCalls]:
        """Sum up the calls after ``since``, and those after ``lately``; none from before a breaker's ``count_from``."""
        heard: dict[str, HeardCalls] = {}
        for row in self._connection.execute(_COUNTS, {"since": since, "lately": lately}):
            counts = CallCounts(answered=row.answered, broken=row.broken, slow=row.slow)
            before = heard.get(row.endpoint, HeardCalls())
            heard[row.endpoint] = HeardCalls(
                window=before.window + counts, lately=counts if row.is_late else before.lately
            )
        return heard

    def note(self, counts: Mapping[str, CallCounts], *, now: datetime) -> None:
        """Add what a process counted."""
        if not counts:
            return
        self._connection.execute(
            sa.insert(_CALLS),
            [
                {
                    "endpoint": endpoint,
                    "at": now,
                    "answered": count.answered,
                    "broken": count.broken,
                    "slow": count.slow,
                }
                for endpoint, count in counts.items()
            ],
        )

    def forget_calls(self, *, before: datetime) -> None:
        """Delete counts that no breaker looks at any more."""
        self._connection.execute(sa.delete(_CALLS).where(_CALLS.c.at < before))

    def save(self, breakers: Iterable[Breaker]) -> None:
        """Write breakers back whole."""
        for breaker in breakers:
            values = _values(breaker)
            statement = insert(_BREAKER).values(values)
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=["endpoint"], set_=values)
            )

    def probing(self, endpoints: Collection[str], *, now: datetime) -> None:
        """Note that a probe of each of these goes now."""
        if endpoints:
            self._connection.execute(
                sa.update(_BREAKER)
                .where(_BREAKER.c.endpoint.in_(endpoints), _BREAKER.c.state == BreakerState.OPEN.value)
                .values(probed_at=now, count_from=now)
            )

    def brake_app(
        self, endpoints: Sequence[str], *, now: datetime, wait: timedelta, policy: BreakerPolicy | None = None
    ) -> None:
        """Open the breakers of all endpoints of an app that must be quiet; the first probe goes after ``wait``.

        A longer wait already set stays.
        """
        interval = (policy or BreakerPolicy()).first_probe
        rows = self._connection.execute(
            sa.select(_BREAKER)
            .where(_BREAKER.c.endpoint.in_(endpoints))
            .order_by(_BREAKER.c.endpoint)
            .with_for_update()
        )
        known = {row.endpoint: _breaker(row) for row in rows}
        self.save(
            opened(
                known.get(endpoint) or closed_breaker(endpoint, now),
                reason=OpenReason.THROTTLED,
                probe_at=now + wait,
                interval=interval,
                now=now,
            )
            for endpoint in sorted(endpoints)
        )


def closed_breaker(endpoint: str, now: datetime) -> Breaker:
    """Return the breaker of an endpoint nobody has judged yet; all that was counted of it counts."""
    return Breaker(endpoint=endpoint, since=now, count_from=now - timedelta(days=1))


def _breaker(row: sa.Row[tuple[object, ...]]) -> Breaker:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Breaker(
        endpoint=values["endpoint"],
        state=BreakerState(values["state"]),
        reason=None if values["reason"] is None else OpenReason(values["reason"]),
        since=values["since"],
        count_from=values["count_from"],
        probe_at=values["probe_at"],
        probed_at=values["probed_at"],
        interval=timedelta(milliseconds=values["interval_ms"]),
        is_slow=values["is_slow"],
    )


def _values(breaker: Breaker) -> dict[str, object]:
    return {
        "endpoint": breaker.endpoint,
        "state": breaker.state.value,
        "reason": None if breaker.reason is None else breaker.reason.value,
        "since": breaker.since,
        "count_from": breaker.count_from,
        "probe_at": breaker.probe_at,
        "probed_at": breaker.probed_at,
        "interval_ms": int(breaker.interval / timedelta(milliseconds=1)),
        "is_slow": breaker.is_slow,
    }
