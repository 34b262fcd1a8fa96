"""Tells the consumers of a process that a message came, so that none has to ask Redis many times a second.

Whoever enqueues publishes the queue's name. Nothing depends on it but haste: a consumer that heard nothing looks by itself
after ``LONGEST_PAUSE``, which is also how messages are found whose sender knows of no bell.
"""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import redis
import structlog
from dramatiq import Broker, Middleware, Worker
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer

log = structlog.get_logger()

CHANNEL = "syndicator:messages"
"""Redis channel that carries the names of queues; no other data, so whoever may publish can only make us look."""
LONGEST_PAUSE = timedelta(seconds=1)
"""Longest pause of an idle consumer between two looks into Redis."""
_LOOK_FOR_END_S = 1.0
_TROUBLE_PAUSE_S = 1.0


class Doorbell(Middleware):
    """Rings for one process: a thread that hears while a worker runs, an event for each queue.

    Args:
        client: The broker's own; hearing takes a connection of its pool.
        longest_pause: After it a consumer that heard nothing looks by itself.
    """

    def __init__(self, client: redis.Redis, *, longest_pause: timedelta = LONGEST_PAUSE) -> None:
        self._client = client
        self._longest_pause_s = longest_pause.total_seconds()
        self._rung: dict[str, threading.Event] = {}
        self._ended = threading.Event()

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Listen from now on."""
        del broker, worker
        self._ended.clear()
        threading.Thread(target=self._listen, name="doorbell", daemon=True).start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Let nobody wait any longer: whoever asks from now on is answered at once."""
        del broker, worker
        self._ended.set()
        self._ring_all()

    def rung(self, queue_name: str) -> threading.Event:
        """Return what is set when a message came over the queue; whoever looks clears it before."""
        return self._rung.setdefault(queue_name, threading.Event())

    def await_ring(self, queue_name: str) -> None:
        """Return when a message came over the queue since ``rung`` was cleared, or after the longest pause."""
        self.rung(queue_name).wait(self._longest_pause_s)

    @property
    def is_ended(self) -> bool:
        """Whether waiting has no sense any more."""
        return self._ended.is_set()

    def ring(self, queue_name: str) -> None:
        """Tell every process that a message came. Where that fails it is found by itself."""
        with suppress(redis.RedisError):
            self._client.publish(CHANNEL, queue_name)

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self._hear()
            except (redis.RedisError, OSError, ValueError) as exc:
                log.warning("doorbell.silent", error=type(exc).__name__)
                self._ended.wait(_TROUBLE_PAUSE_S)

    def _hear(self) -> None:
        with self._client.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
            heard.subscribe(CHANNEL)
            # What came before was not heard.
            self._ring_all()
            while not self._ended.is_set():
                message = heard.get_message(timeout=_LOOK_FOR_END_S)
                if message is not None:
                    self._ring_here(message["data"].decode("utf-8", "replace"))

    def _ring_here(self, queue_name: str) -> None:
        if queue_name in self._rung:
            self._rung[queue_name].set()

    def _ring_all(self) -> None:
        for event in list(self._rung.values()):
            event.set()


class WokenConsumer(_RedisConsumer):
    """dramatiq's consumer, but for how it waits: for the bell, where that one sleeps and asks again."""

    def __init__(self, broker: RedisBroker, queue_name: str, prefetch: int, bell: Doorbell) -> None:
        # No time-out: then the look into Redis answers at once, whether or not there was a message.
        super().__init__(broker, queue_name, prefetch, 0)  # type: ignore[no-untyped-call]
        self._bell = bell
        self._rung = bell.rung(queue_name)

    def __next__(self) -> Any:
        """Return the next message, or None after a while without one."""
        if not self._bell.is_ended:
            self._rung.clear()
        message = super().__next__()  # type: ignore[no-untyped-call]
        if message is None:
            self._bell.await_ring(self.queue_name)
        return message

    def ack(self, message: Any) -> None:
        """Acknowledge, and look for more: there may have been no room for what waits."""
        super().ack(message)  # type: ignore[no-untyped-call]
        self._rung.set()

    def nack(self, message: Any) -> None:
        """Give up on a message; otherwise as ``ack``."""
        super().nack(message)  # type: ignore[no-untyped-call]
        self._rung.set()
