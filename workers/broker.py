"""The dramatiq broker on a Redis of its own, with only the middleware we can answer for."""

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dramatiq
import redis
import structlog
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware, MiddlewareError, TimeLimit
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from adapters.http import redact
from syndicator.media.storage import StorageError
from syndicator.ports import WakeUp
from syndicator.store.engine import Database
from syndicator.usecases.take_message import SUBMIT_QUEUE
from workers import queues
from workers.screening import MALFORMED, ScreeningBroker

log = structlog.get_logger()

MAINTENANCE_CHANCE = 200_000
"""Commands in a million that also look for dead workers: at the idle rate of our consumers about twice a second, instead
of the stock setting's many minutes (1,000 in a million, and only for the queue named in the command)."""


PUT_BACK = (OperationalError, PoolTimeoutError, StorageError)
"""Says nothing about a message, only that a store is away at present."""
PUT_BACK_AFTER = timedelta(seconds=2)


class MessageTooLarge(MiddlewareError, ValueError):
    """A message is larger than one on its queue may be.

    dramatiq logs whatever a middleware raises and sends the message all the same, but for its own MiddlewareError.
    """


class Correlation(Middleware):
    """Gives every message an id that its logs and attempts carry."""

    def before_enqueue(
        self, broker: dramatiq.Broker, message: dramatiq.Message[Any], delay: int | None
    ) -> None:
        """Stamp the message and refuse one that is too large."""
        del broker, delay
        message.options.setdefault("correlation_id", uuid.uuid4().hex[:12])
        most = queues.most_bytes(message.queue_name)
        if len(message.encode()) > most:
            raise MessageTooLarge(f"a message for {message.actor_name} exceeds {most} bytes")

    def before_process_message(self, broker: dramatiq.Broker, message: MessageProxy) -> None:
        """Bind the id to everything this thread logs."""
        del broker
        structlog.contextvars.bind_contextvars(
            correlation_id=message.options.get("correlation_id"), actor=message.actor_name
        )

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Unbind it."""
        del broker, message, result, exception
        structlog.contextvars.clear_contextvars()


class DeadMessages(Middleware):
    """Copies a message that failed to the database.

    No message is retried by dramatiq: the row it was about falls due again when its lease ends, so a delay queue is
    never used and a fault of the infrastructure costs one lease time. What another system sent stands on no row until it
    is taken, so it goes back to the end of its queue while the database is away.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Record the failure and let the broker keep the message among its dead ones."""
        del result
        if exception is None:
            return
        log.error("message.failed", queue=message.queue_name, exc_info=exception)
        is_submission = message.queue_name == SUBMIT_QUEUE
        if is_submission and isinstance(exception, PUT_BACK) and _put_back(broker, message):
            return
        message.fail()
        if is_submission or not isinstance(exception, OperationalError):
            # A database that was away for a moment is no matter for a person: the rows fall due by themselves.
            self._bury_failed(message, exception)

    def before_nack(self, broker: dramatiq.Broker, message: MessageProxy) -> None:
        """Record a message for an actor that does not exist: dramatiq drops it without running any of the above."""
        del broker
        if isinstance(message._exception, dramatiq.ActorNotFound):  # noqa: SLF001 - kept nowhere else
            self._bury_failed(message, message._exception)  # noqa: SLF001 - as above

    def _bury_failed(self, message: MessageProxy, exception: BaseException) -> None:
        self.bury(
            message.queue_name,
            {"args": _kept_args(message), "id": message.message_id},
            redact(str(exception)),
            actor=message.actor_name,
            cause=type(exception).__name__,
        )

    def bury(
        self,
        queue: str,
        message: Mapping[str, Any],
        detail: str,
        *,
        actor: str = "",
        cause: str = MALFORMED,
    ) -> None:
        """Copy a message to the database; where that cannot be, the log is the record."""
        try:
            with self._database.begin() as uow:
                uow.attempts.bury_message(
                    actor=actor, queue=queue, message=message, cause=cause, detail=detail
                )
        except Exception as exc:  # noqa: BLE001 - the caller has logged what failed
            log.warning("message.not_copied", error=type(exc).__name__)


def _put_back(broker: dramatiq.Broker, message: MessageProxy) -> bool:
    """Put a copy at the end of the queue before the message is acknowledged: a crash in between leaves both, never none."""
    threading.Event().wait(PUT_BACK_AFTER.total_seconds())
    try:
        broker.enqueue(message._message)  # noqa: SLF001 - the proxy has no other way to it
    except (redis.RedisError, dramatiq.BrokerConnectionError) as exc:
        log.warning("message.not_put_back", error=type(exc).__name__)
        return False
    return True


def _kept_args(message: MessageProxy) -> list[Any]:
    """Return what is kept of the arguments; of a document of another system its beginning, as a text that any table takes."""
    if message.queue_name != SUBMIT_QUEUE:
        return list(message.args)
    text = json.dumps(message.args, ensure_ascii=False).encode("utf-8", "replace")
    return [text[: queues.MAX_MESSAGE_BYTES].decode("utf-8", "replace")]


def make_broker(redis_url: str, database: Database, *, time_limit: timedelta) -> ScreeningBroker:
    """Build the broker.

    Args:
        redis_url: A Redis database that nothing else uses.
        database: Where dead messages are copied.
        time_limit: Longest run of a message; calls inside are bounded to end earlier.
    """
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=10,
        socket_connect_timeout=5,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.01), 3),
    )
    dead_messages = DeadMessages(database)
    broker = ScreeningBroker(
        bury=dead_messages.bury,
        client=client,
        middleware=[
            TimeLimit(time_limit=int(time_limit.total_seconds() * 1000)),
            Correlation(),
            dead_messages,
        ],
        maintenance_chance=MAINTENANCE_CHANCE,
        heartbeat_timeout=int(queues.HEARTBEAT_TIMEOUT.total_seconds() * 1000),
        dead_message_ttl=int(queues.DEAD_MESSAGE_TTL.total_seconds() * 1000),
    )
    for queue in queues.ALL_QUEUES:
        broker.declare_queue(queue)
    return broker


class BrokerWakeUps:
    """Sends wake-ups as dramatiq messages; implements ``syndicator.ports.WakeUps``."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self._broker = broker

    def send(self, wake_ups: Sequence[WakeUp]) -> None:
        """Enqueue one message for each.

        Raises:
            ConnectionError: Redis cannot be reached.
        """
        try:
            for wake_up in wake_ups:
                self._broker.enqueue(
                    dramatiq.Message(
                        queue_name=wake_up.queue,
                        actor_name=wake_up.actor,
                        args=(wake_up.lease,),
                        kwargs={},
                        options={},
                    )
                )
        except (redis.RedisError, dramatiq.BrokerConnectionError) as exc:
            raise ConnectionError(f"the broker did not take a wake-up: {type(exc).__name__}") from exc
