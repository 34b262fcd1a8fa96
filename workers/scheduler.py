"""The scheduler: of all that run, one leads and hands due work to the workers, woken by the database or by the clock."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import psycopg
import structlog

from syndicator.bootstrap import App
from syndicator.local.probes import libpq_url
from syndicator.store.engine import Database
from syndicator.store.processes import ALIVE_WITHIN
from syndicator.usecases.dispatch import DispatchLimits, Turn, dispatch
from workers.accounts import handing_out_accounts
from workers.broker import BrokerWakeUps, make_broker
from workers.events import telling_others
from workers.heartbeat import HeartbeatThread
from workers.refreshing import refreshing
from workers.run import LISTING_ROLE, MEDIA_ROLE, stop_signal
from workers.stock_lane import watching_stock

log = structlog.get_logger()

LEADER_LOCK = 7_305_422
"""Advisory lock held by the leading scheduler's own connection; it falls free when that connection ends."""
FOLLOW_EVERY = timedelta(seconds=1)
COUNT_WORKERS_EVERY = timedelta(seconds=2)
LEASES_EVERY = timedelta(seconds=10)
FORGET_AFTER = timedelta(hours=1)
TROUBLE_PAUSE = timedelta(seconds=1)
BUSY_TICK = timedelta(milliseconds=50)
BUSY_FOR = timedelta(milliseconds=500)
"""While work flows, workers make room all the time and nobody tells; so the looks follow closely for this
long after the last slice went out. An idle stack looks at the settings' own pace."""


def run_scheduler(app: App, *, ready: Callable[[], None]) -> int:
    """Lead, or wait to lead, until a signal comes; return the process's exit code."""
    stop = threading.Event()
    broker = make_broker(app.redis_url, app.database, time_limit=app.settings.dispatch.lease)
    heartbeat = HeartbeatThread(role="scheduler", threads=0, database=app.database, broker=None, stop=stop)
    scheduler = Scheduler(app, BrokerWakeUps(broker))
    with stop_signal(stop):
        heartbeat.start()
        ready()
        while not stop.is_set():
            try:
                scheduler.lead_until(stop)
            except (psycopg.Error, OSError) as exc:
                log.warning("scheduler.connection_lost", error=type(exc).__name__)
                stop.wait(TROUBLE_PAUSE.total_seconds())
        heartbeat.end()
    broker.close()
    return 0


class Scheduler:
    """Dispatches while it holds the leader's lock."""

    def __init__(self, app: App, wake_ups: BrokerWakeUps) -> None:
        self._app = app
        self._wake_ups = wake_ups
        self._turn = Turn()
        self._workers = WorkerCount(app.database)
        self._workers_of_accounts = WorkerCount(app.database)
        self._workers_of_webhooks = WorkerCount(app.database)
        self._busy_until = 0.0
        self._look_after_leases_at = 0.0

    def lead_until(self, stop: threading.Event) -> None:
        """Take the lock, then dispatch until ``stop``; return early when the connection is lost.

        Raises:
            psycopg.Error: The database connection that holds the lock broke.
        """
        with psycopg.connect(libpq_url(self._app.database_url), autocommit=True) as connection:
            while not stop.is_set() and not _is_leader(connection):
                stop.wait(FOLLOW_EVERY.total_seconds())
            connection.execute("LISTEN syndicator_due")
            log.info("scheduler.leads")
            with (
                refreshing(self._app),
                watching_stock(
                    self._app, self._wake_ups, partial(self._limits, WorkerCount(self._app.database))
                ),
                handing_out_accounts(
                    self._app, self._wake_ups, partial(self._threads_of, self._workers_of_accounts)
                ),
                telling_others(
                    self._app, self._wake_ups, partial(self._threads_of, self._workers_of_webhooks)
                ),
            ):
                while not stop.is_set():
                    if not self._tick():
                        self._wait_for_work(connection)

    def _threads_of(self, workers: "WorkerCount") -> int:
        return workers.threads(LISTING_ROLE, self._app.clock.now())

    def _tick(self) -> bool:
        """Dispatch once; return whether anything went out, so that the next look follows at once."""
        now = self._app.clock.now()
        self._look_after_leases(now)
        try:
            sent = dispatch(
                self._limits(self._workers),
                self._turn,
                database=self._app.database,
                adapters=self._app.adapters,
                wake_ups=self._wake_ups,
                clock=self._app.clock,
            )
        except ConnectionError as exc:
            log.warning("dispatch.broker_silent", error=str(exc))
            return False
        except Exception:
            log.exception("dispatch.failed")
            threading.Event().wait(TROUBLE_PAUSE.total_seconds())
            return False
        if sent:
            self._busy_until = time.monotonic() + BUSY_FOR.total_seconds()
        return sent > 0

    def _limits(self, workers: "WorkerCount") -> DispatchLimits:
        """Return the bounds of a look; each thread counts for itself, for a count is not shared."""
        now = self._app.clock.now()
        return self._app.dispatch_limits(
            listing_threads=workers.threads(LISTING_ROLE, now),
            media_threads=workers.threads(MEDIA_ROLE, now),
        )

    def _look_after_leases(self, now: datetime) -> None:
        if time.monotonic() < self._look_after_leases_at:
            return
        self._look_after_leases_at = time.monotonic() + LEASES_EVERY.total_seconds()
        try:
            with self._app.database.begin() as uow:
                ended = uow.dispatch.shorten_leases(now=now, longest=self._app.settings.dispatch.lease)
                uow.breakers.forget_calls(before=now - 2 * self._app.settings.pace.breaker_window)
                uow.inbound.forget(before=now - self._app.settings.api.webhooks_remembered)
                uow.writes.forget(before=now - self._app.settings.api.answers_kept)
        except Exception as exc:  # noqa: BLE001 - dispatching goes on; the next look tries again
            log.warning("leases.not_looked_after", error=type(exc).__name__)
            return
        if ended:
            log.warning("leases.shortened", count=ended)

    def _wait_for_work(self, connection: psycopg.Connection) -> None:
        tick = self._app.settings.dispatch.tick
        pause = min(tick, BUSY_TICK) if time.monotonic() < self._busy_until else tick
        for _ in connection.notifies(timeout=pause.total_seconds(), stop_after=1):
            pass


def _is_leader(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
    return row is not None and bool(row[0])


class WorkerCount:
    """Threads of the living workers, looked up now and then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads: dict[str, int] = {}
        self._read_at: datetime | None = None

    def threads(self, role: str, now: datetime) -> int:
        """Return how many threads of that role are alive."""
        # A difference either way: a count must not stand still because the time was set back.
        if self._read_at is None or abs(now - self._read_at) > COUNT_WORKERS_EVERY:
            with suppress(Exception), self._database.begin() as uow:
                uow.processes.forget(before=now - FORGET_AFTER)
                self._threads = {}
                for row in uow.processes.alive(since=now - ALIVE_WITHIN):
                    self._threads[row.role] = self._threads.get(row.role, 0) + row.threads
            self._read_at = now
        return self._threads.get(role, 0)
