"""Counts how often work on a message of another system was begun, so that one that ends its workers is given up for a person.

What wakes a worker for a row is counted on the row. A document stands on no row until it is taken, and Redis, which hands
it out again after its worker died, keeps no count of that.
"""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, cast

import dramatiq
import redis
import structlog
from dramatiq.broker import MessageProxy
from dramatiq.middleware import Middleware, MiddlewareError

from syndicator.usecases.take_message import SUBMIT_QUEUE

log = structlog.get_logger()

STARTS: Final = "syndicator:submit:starts"
"""Redis hash: id of a message -> how often work on it began and was not ended. Those that ended leave it."""
MOST_STARTS: Final = 8
"""Workers that may end over one message. Source: our choice, as many as tries of a wish."""
ALONE_FOR: Final = timedelta(seconds=5)
"""A message whose worker died begins this long before the next such one: the one at fault shall drag no other along."""
_KEPT: Final = timedelta(days=7)
"""Counts of messages that never came back are forgotten after this long without any other."""


class WorkerLost(MiddlewareError):
    """Every worker that began this message ended over it."""


class SubmissionStarts(Middleware):
    """Gives up a message after ``most`` starts that nobody ended. Where Redis does not count, nothing is given up.

    Args:
        client: The broker's own.
        most: Starts allowed; at least 1.
    """

    def __init__(self, client: redis.Redis, *, most: int = MOST_STARTS) -> None:
        self._client = client
        self._most = most
        self._alone = threading.Lock()
        self._held_for: str | None = None

    def before_process_message(self, broker: dramatiq.Broker, message: MessageProxy) -> None:
        """Count the start.

        Raises:
            WorkerLost: There were as many as may be.
        """
        del broker
        if message.queue_name != SUBMIT_QUEUE:
            return
        own_id = _own_id(message)
        with suppress(redis.RedisError):
            if self._client.hexists(STARTS, own_id):
                self._wait_until_alone(own_id)
            if self._begun(own_id) > self._most:
                raise WorkerLost(f"work on it began {self._most} times, and each time the worker ended")

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Forget the count: whatever became of the message, its worker is alive."""
        del broker, result, exception
        if message.queue_name != SUBMIT_QUEUE:
            return
        own_id = _own_id(message)
        with suppress(redis.RedisError):
            self._client.hdel(STARTS, own_id)
        if self._held_for == own_id:
            self._held_for = None
            self._alone.release()

    def _wait_until_alone(self, own_id: str) -> None:
        log.warning("submission.worker_died_before", message=own_id)
        if self._alone.acquire(timeout=ALONE_FOR.total_seconds()):
            self._held_for = own_id

    def _begun(self, own_id: str) -> int:
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hincrby(STARTS, own_id, 1)
            pipe.expire(STARTS, _KEPT)
            return cast("int", pipe.execute()[0])


def _own_id(message: MessageProxy) -> str:
    return str(message.options["redis_message_id"])
