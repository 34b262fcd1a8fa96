"""A thread of its own that says "alive" to the broker and to the database, and ends the process when it no longer can."""

import os
import socket
import threading
import time
import uuid
from datetime import timedelta

import psutil
import structlog
from dramatiq.brokers.redis import RedisBroker

from syndicator import __version__
from syndicator.bootstrap import App
from syndicator.store.engine import Database
from syndicator.store.processes import Heartbeat
from workers import queues

log = structlog.get_logger()


class HeartbeatThread:
    """Beats every few seconds, busy threads or not: dramatiq's own heartbeat rides on its commands only.

    Args:
        role: ``worker``, ``media`` or ``scheduler``.
        threads: Messages the process can work on at once.
        database: Where people and the dispatcher see who is alive.
        broker: Kept from taking our running messages for abandoned; None for a process that consumes nothing.
        stop: Set when the broker was out of reach for too long; the process then ends, to be restarted.
        every: Pause between two beats.
        patience: How long the broker may be out of reach.
        app: Whose calls to channels are handed to the dispatcher, so that it hears of threads that hang; None for a
            process that makes none.
    """

    def __init__(
        self,
        *,
        role: str,
        threads: int,
        database: Database,
        broker: RedisBroker | None,
        stop: threading.Event,
        every: timedelta = queues.HEARTBEAT_EVERY,
        patience: timedelta = queues.BROKER_PATIENCE,
        app: App | None = None,
    ) -> None:
        self.id = f"{role}-{uuid.uuid4().hex[:10]}"
        self._role = role
        self._threads = threads
        self._database = database
        self._broker = broker
        self._stop = stop
        self._every = every
        self._patience = patience
        self._app = app
        self._process = psutil.Process()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._ended = threading.Event()

    def start(self) -> None:
        """Beat once, then from the thread."""
        self._beat_database()
        self._thread.start()

    def end(self) -> None:
        """Stop beating and sign off, so that nobody counts on this process any more."""
        self._ended.set()
        self._thread.join(timeout=5)
        try:
            with self._database.begin() as uow:
                uow.processes.leave(self.id)
        except Exception as exc:  # noqa: BLE001 - on the way out; the row grows stale by itself
            log.warning("heartbeat.not_signed_off", error=type(exc).__name__)

    def _run(self) -> None:
        silent_since: float | None = None
        while not self._ended.wait(self._every.total_seconds()):
            self._try_database()
            if self._beat_broker():
                silent_since = None
                continue
            silent_since = silent_since or time.monotonic()
            if timedelta(seconds=time.monotonic() - silent_since) > self._patience:
                log.error("broker.lost", role=self._role)
                self._stop.set()
                return

    def _beat_broker(self) -> bool:
        if self._broker is None:
            return True
        try:
            # Any command carries the heartbeat of this broker id.
            self._broker.do_qsize(queues.ALL_QUEUES[0])
        except Exception as exc:  # noqa: BLE001 - whatever it was, the broker did not hear us
            log.warning("heartbeat.broker_silent", error=type(exc).__name__)
            return False
        return True

    def _try_database(self) -> None:
        try:
            self._beat_database()
        except Exception as exc:  # noqa: BLE001 - the next beat tries again
            log.warning("heartbeat.database_silent", error=type(exc).__name__)

    def _beat_database(self) -> None:
        with self._database.begin() as uow:
            uow.processes.beat(
                Heartbeat(
                    id=self.id,
                    role=self._role,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    threads=self._threads,
                    rss_bytes=self._process.memory_info().rss,
                    version=__version__,
                )
            )
            if self._app is not None:
                uow.breakers.note(self._app.call_ledger.due_counts(), now=self._app.clock.now())
