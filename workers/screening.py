"""A Redis broker that rings for every message it is given, and looks at each before a worker does.

dramatiq decodes a message in its consumer. One that cannot be decoded stops the consumer, is never acknowledged, and comes
back with the next process, for ever. Nothing counts redeliveries, so such a message is taken out of the queue here.
A message that can be read carries one lease token, whose work is counted on the rows; on the queue of other systems, one
document, which its actor looks at.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker

from syndicator.usecases.take_message import SUBMIT, SUBMIT_QUEUE
from workers import queues
from workers.doorbell import Doorbell, WokenConsumer

log = structlog.get_logger()

MALFORMED = "MalformedMessage"
"""Cause of a dead letter about a message that cannot be read."""
Bury = Callable[[str, Mapping[str, Any], str], None]
"""Keeps a message for a person: (queue, what is known of it, what is wrong with it)."""


class ScreeningBroker(RedisBroker):
    """A broker whose workers only ever see sound messages. ``bury`` keeps the others; it must not raise."""

    def __init__(self, *, bury: Bury, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._bury = bury
        self._doorbell = Doorbell(cast("redis.Redis", self.client))
        self.add_middleware(self._doorbell)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> WokenConsumer:  # noqa: ARG002 dramatiq's shape
        """Return a consumer that waits for the doorbell."""
        return WokenConsumer(self, queue_name, prefetch, self._doorbell)

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Put a message on its queue and ring for it."""
        enqueued = super().enqueue(message, delay=delay)
        self._doorbell.ring(enqueued.queue_name)
        return enqueued

    def do_fetch(self, queue_name: str, count: int) -> Sequence[bytes | None]:
        """Take messages from a queue, as dramatiq's consumer does, and leave out what nobody can read."""
        fetch = cast("Callable[[str, int], Sequence[bytes | None]]", self._dispatch("fetch"))  # type: ignore[no-untyped-call]
        return [data for data in fetch(queue_name, count) if data is None or self._is_sound(queue_name, data)]

    def _is_sound(self, queue_name: str, data: bytes) -> bool:
        problem = problem_of(queue_name, data)
        if problem is None and queue_name == SUBMIT_QUEUE and not self._is_under_its_id(queue_name, data):
            problem = "options.redis_message_id is not the id under which it was put into the hash"
        if problem is None:
            return True
        log.error("message.malformed", queue=queue_name, problem=problem)
        self._bury(
            queue_name, {"payload": data[: queues.MAX_MESSAGE_BYTES].decode("utf-8", "replace")}, problem
        )
        for message_id in self._ids_of(queue_name, data):
            # Among the dead ones of the queue, as any message that failed.
            self._dispatch("nack")(queue_name, message_id)  # type: ignore[no-untyped-call]
        return False

    def _is_under_its_id(self, queue_name: str, data: bytes) -> bool:
        """Say whether the id a message gives is its own; done under another, it would never be done with.

        A broker of ours cannot get this wrong; whoever writes the commands by hand can.
        """
        client = cast("redis.Redis", self.client)
        own = dramatiq.Message.decode(data).options["redis_message_id"]
        return client.hget(f"{self.namespace}:{queue_name}.msgs", own) == data

    def _ids_of(self, queue_name: str, data: bytes) -> list[bytes]:
        """Find under which ids a payload was taken: one that cannot be read does not say."""
        client = cast("redis.Redis", self.client)
        taken = cast(
            "set[bytes]", client.smembers(f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}")
        )
        if not taken:
            return []
        ids = list(taken)
        payloads = cast("list[bytes | None]", client.hmget(f"{self.namespace}:{queue_name}.msgs", ids))
        return [message_id for message_id, payload in zip(ids, payloads, strict=True) if payload == data]


def problem_of(queue_name: str, data: bytes) -> str | None:
    """Say why a payload on a queue is not a message of ours; None when it is one."""
    most = queues.most_bytes(queue_name)
    if len(data) > most:
        return f"{len(data)} bytes, more than the {most} a message may have"
    try:
        message = dramatiq.Message.decode(data)
    except dramatiq.DecodeError as exc:
        return f"it cannot be decoded ({type(exc.error).__name__})"
    carries = _problem_of_submission if queue_name == SUBMIT_QUEUE else _problem_of_wake_up
    return _problem_of_envelope(queue_name, message) or carries(message)


def _problem_of_envelope(queue_name: str, message: dramatiq.Message[Any]) -> str | None:
    if not _is_text(message.actor_name) or not isinstance(message.options, dict):
        return "it names no actor, or its options are none"
    if not _is_text(message.options.get("redis_message_id")) or "eta" in message.options:
        return "it was not put there by a broker of ours"
    if message.queue_name != queue_name or not _is_text(message.message_id):
        return "it names another queue, or has no id"
    return None


def _problem_of_wake_up(message: dramatiq.Message[Any]) -> str | None:
    if len(message.args) != 1 or not _is_text(message.args[0]) or message.kwargs:
        return "it does not carry one lease token and nothing else"
    return None


def _problem_of_submission(message: dramatiq.Message[Any]) -> str | None:
    if message.actor_name != SUBMIT:
        return f"this queue takes messages for {SUBMIT} only"
    if len(message.args) != 1 or message.kwargs:
        return "it does not carry one document and nothing else"
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\x00" not in value and value != ""
