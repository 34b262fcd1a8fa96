"""The worker processes: consume the queues until told to stop, finishing what is in hand."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

import structlog
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage

from schemas.channel import Lane
from syndicator.bootstrap import App
from syndicator.media.guard import GuardedDecoder
from syndicator.media.limits import DecodeLimits
from syndicator.usecases.dispatch import MEDIA_QUEUE, QUEUES
from workers import queues
from workers.actors import (
    declare_listing_actor,
    declare_media_actor,
    declare_orders_actor,
    declare_submit_actor,
    declare_sweep_actors,
    declare_webhook_actor,
)
from workers.broker import make_broker
from workers.heartbeat import HeartbeatThread
from workers.urgency import UrgentFirst

log = structlog.get_logger()

FINISH_WITHIN = timedelta(seconds=30)
"""How long a stopping worker waits for what is in hand; a call to a channel is bounded to less."""
LOOK_FOR_STOP_EVERY = timedelta(milliseconds=200)
"""How soon an idle thread sees that its worker stops; messages wake it by themselves."""
LISTING_ROLE = "worker"
STOCK_ROLE = "stock worker"
"""A worker for stock changes alone; how much other work goes out at once does not follow its threads."""
MEDIA_ROLE = "media"
EXIT_BROKER_LOST = 75
"""Exit code of a worker that lost its broker: "temporary failure", restart me."""


class QueueWorker(Worker):
    """dramatiq's worker without consumers for the delay queues, which stay empty with us, and with little in hand.

    What a process has fetched is worked on by urgency, not in the order it came: else a backlog that was fetched ahead would
    stand before one seller's single product.
    """

    def __init__(self, broker: RedisBroker, *, threads: int, **options: Any) -> None:
        super().__init__(broker, worker_threads=threads, **options)
        self.queue_prefetch = threads
        self.work_queue = UrgentFirst(queues.BY_URGENCY)

    def _add_consumer(self, queue_name: str, *, delay: bool = False) -> None:
        if not delay:
            super()._add_consumer(queue_name, delay=delay)


def run_listing_worker(app: App, *, names: Sequence[str], threads: int, ready: Callable[[], None]) -> int:
    """Work on listings from the named queues until a signal comes; return the process's exit code.

    ``ready`` is called once messages are being taken.
    """
    broker = make_broker(app.redis_url, app.database, time_limit=app.settings.dispatch.lease)
    broker.add_middleware(CurrentMessage())
    declare_listing_actor(broker, app)
    declare_orders_actor(broker, app)
    declare_sweep_actors(broker, app)
    declare_webhook_actor(broker, app)
    declare_submit_actor(broker, app)
    role = STOCK_ROLE if set(names) == {QUEUES[Lane.STOCK]} else LISTING_ROLE
    return _consume(app, broker, names=names, threads=threads, role=role, ready=ready)


def run_media_worker(app: App, *, ready: Callable[[], None]) -> int:
    """Prepare pictures, one at a time, in a guarded child process; otherwise as ``run_listing_worker``."""
    with GuardedDecoder(DecodeLimits.from_settings(app.settings.media)) as decoder:
        broker = make_broker(app.redis_url, app.database, time_limit=app.settings.dispatch.lease)
        declare_media_actor(broker, app, decoder)
        return _consume(app, broker, names=(MEDIA_QUEUE,), threads=1, role=MEDIA_ROLE, ready=ready)


def _consume(
    app: App,
    broker: RedisBroker,
    *,
    names: Sequence[str],
    threads: int,
    role: str,
    ready: Callable[[], None],
) -> int:
    lost = threading.Event()
    worker = QueueWorker(
        broker,
        queues=set(names),
        threads=threads,
        worker_timeout=int(LOOK_FOR_STOP_EVERY.total_seconds() * 1000),
    )
    heartbeat = HeartbeatThread(
        role=role, threads=threads, database=app.database, broker=broker, stop=lost, app=app
    )
    with stop_signal(lost) as told:
        worker.start()
        heartbeat.start()
        ready()
        log.info("worker.ready", role=role, queues=list(names), threads=threads)
        lost.wait()
        log.info("worker.stopping", role=role)
        worker.stop(timeout=int(FINISH_WITHIN.total_seconds() * 1000))
        heartbeat.end()
        broker.close()
        return 0 if told.is_set() else EXIT_BROKER_LOST


@contextmanager
def stop_signal(stop: threading.Event) -> Iterator[threading.Event]:
    """Set ``stop`` when SIGINT or SIGTERM comes; yield an event that tells a signal from another reason to stop."""
    told = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        told.set()
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
