"""Heartbeats of our own processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from syndicator.store.tables import Process as ProcessTable
from syndicator.store.tables import table

_PROCESS = table(ProcessTable)
ALIVE_WITHIN: Final = timedelta(seconds=20)
"""A process not heard of for longer is taken for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a process says of itself; ``rss_bytes`` is its resident memory now."""

    id: str
    role: str
    host: str
    pid: int
    threads: int
    rss_bytes: int
    version: str


class ProcessRepository:
    """Writes and reads heartbeats."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def beat(self, heartbeat: Heartbeat) -> None:
        """Record that the process is alive now."""
        values = {
            "role": heartbeat.role,
            "host": heartbeat.host,
            "pid": heartbeat.pid,
            "threads": heartbeat.threads,
            "rss_bytes": heartbeat.rss_bytes,
            "version": heartbeat.version,
        }
        self._connection.execute(
            insert(_PROCESS)
            .values(id=heartbeat.id, **values)
            .on_conflict_do_update(index_elements=["id"], set_={**values, "seen_at": sa.func.now()})
        )

    def leave(self, process_id: str) -> None:
        """Forget a process that ended in good order."""
        self._connection.execute(sa.delete(_PROCESS).where(_PROCESS.c.id == process_id))

    def alive(self, *, since: datetime, role: str | None = None) -> Sequence[sa.Row[Any]]:
        """Return the processes heard of after ``since``, by role."""
        statement = (
            sa.select(_PROCESS).where(_PROCESS.c.seen_at > since).order_by(_PROCESS.c.role, _PROCESS.c.id)
        )
        if role is not None:
            statement = statement.where(_PROCESS.c.role == role)
        return self._connection.execute(statement).all()

    def forget(self, *, before: datetime) -> int:
        """Drop processes not heard of since ``before``; return how many."""
        return self._connection.execute(sa.delete(_PROCESS).where(_PROCESS.c.seen_at < before)).rowcount
