"""What readiness is judged by: read over a connection of its own, so that a pool that is used up does not hide it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ProgrammingError

from syndicator.store.engine import psycopg_url
from syndicator.store.migrate import alembic_config, current_revision

_SCHEDULER_SEEN = sa.text(
    "SELECT extract(epoch FROM now() - max(seen_at)) FROM process WHERE role = 'scheduler'"
)
_OLDEST_DUE = sa.text("""
SELECT extract(epoch FROM now() - min(greatest(l.due_at, a.not_before, b.since)))
  FROM listing l
  JOIN channel_account a ON a.id = l.account_id
  LEFT JOIN channel_breaker b ON b.endpoint = coalesce(a.endpoint, a.kind)
 WHERE l.due_at <= now() AND a.state = 'active'
   AND coalesce(a.not_before <= now(), true) AND coalesce(b.state, 'closed') = 'closed'
""")
"""Work that nothing holds back: since it fell due, its account was last braked, or its channel was last down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHealth:
    """What a database that answers says.

    Attributes:
        is_behind: Its tables are older than this release wants. Newer ones are no trouble: releases are made so that
            the one before runs on them.
        scheduler_s: Seconds since a scheduler was last heard of; None where there is none.
        oldest_due_s: Age in seconds of the oldest listing that could be worked on and is not; None where there is none.
    """

    is_behind: bool
    scheduler_s: float | None = None
    oldest_due_s: float | None = None


class HealthReader:
    """Reads it.

    Args:
        url: PostgreSQL address.
        within: Longest wait for a connection, and for each answer.
    """

    def __init__(self, url: str, *, within: timedelta) -> None:
        self._url = url
        self._within_ms = int(within.total_seconds() * 1000)

    @cached_property
    def _engine(self) -> sa.Engine:
        return sa.create_engine(
            psycopg_url(self._url),
            poolclass=sa.NullPool,
            connect_args={
                "connect_timeout": max(2, self._within_ms // 1000),
                "application_name": "syndicator health",
            },
        )

    @cached_property
    def _older(self) -> frozenset[str | None]:
        """Revisions before that of this release; none at all is one."""
        scripts = ScriptDirectory.from_config(alembic_config())
        known = {script.revision for script in scripts.walk_revisions()}
        return frozenset({None, *known} - {scripts.get_current_head()})

    def read(self) -> DatabaseHealth:
        """Return how the database stands.

        Raises:
            sqlalchemy.exc.DBAPIError: It does not answer, or not in time.
        """
        with self._engine.connect() as connection:
            connection.execute(sa.text(f"SET statement_timeout = {self._within_ms}"))
            is_behind = current_revision(connection) in self._older
            try:
                return DatabaseHealth(
                    is_behind=is_behind,
                    scheduler_s=_seconds(connection, _SCHEDULER_SEEN),
                    oldest_due_s=_seconds(connection, _OLDEST_DUE),
                )
            except ProgrammingError:
                # A table or column is missing, which the revision has told.
                return DatabaseHealth(is_behind=is_behind)


def _seconds(connection: sa.Connection, statement: sa.TextClause) -> float | None:
    found = connection.scalar(statement)
    return None if found is None else max(0.0, float(found))
