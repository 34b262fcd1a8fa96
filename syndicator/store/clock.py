"""One time for all machines: the database's, carried on by each process's own steady clock between two looks."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import structlog

log = structlog.get_logger()

LOOK_EVERY = timedelta(minutes=1)
JUMP = timedelta(seconds=2)
"""A difference between the database's clock and our own count that is worth a line in the log."""


class DatabaseClock:
    """Tells the database's time without asking it each time.

    A machine whose clock is wrong, or is set while work is on its way, thus neither takes leases for over that are
    running nor puts work off. While the database cannot be asked, the steady clock carries the last answer on; before the
    first answer the machine's own clock has to do.

    Args:
        ask: Returns the database's present moment; raises ``psycopg.Error`` or ``OSError`` where it cannot.
        steady: Seconds of a clock that nobody can set.
    """

    def __init__(self, ask: Callable[[], datetime], *, steady: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._steady = steady
        self._asking = threading.Lock()
        self._base: tuple[datetime, float] | None = None
        self._look_at = steady()

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        if self._steady() >= self._look_at and self._asking.acquire(blocking=self._base is None):
            try:
                self._look()
            finally:
                self._asking.release()
        return self._carried_on(self._steady())

    def _carried_on(self, steady: float) -> datetime:
        if self._base is None:
            return datetime.now(UTC)
        moment, at = self._base
        return moment + timedelta(seconds=steady - at)

    def _look(self) -> None:
        before = self._steady()
        if before < self._look_at:
            return
        self._look_at = before + LOOK_EVERY.total_seconds()
        try:
            told = self._ask()
        except (psycopg.Error, OSError) as exc:
            log.warning("clock.database_silent", error=type(exc).__name__)
            return
        middle = (before + self._steady()) / 2
        off = told - self._carried_on(middle)
        if self._base is not None and abs(off) > JUMP:
            log.warning("clock.jumped", seconds=round(off.total_seconds(), 1))
        self._base = (told.astimezone(UTC), middle)


def ask_database(libpq_url: str) -> datetime:
    """Return the database's time, over a connection of its own, so that no transaction waits for one of the pool.

    Raises:
        psycopg.Error: The database did not answer.
    """
    with psycopg.connect(libpq_url, autocommit=True, connect_timeout=3) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    if row is None:
        raise psycopg.DataError("the database told no time")
    moment: datetime = row[0]
    return moment
