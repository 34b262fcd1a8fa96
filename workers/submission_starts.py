"""Counts how often work on a message of another system was begun, so that one that ends its workers is given up for a person.

What wakes a worker for a row is counted on the row. A document stands on no row until it is taken, and Redis, which hands
it out again after its worker died, keeps no count of that.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final, cast

import redis
import structlog

log = structlog.get_logger()

STARTS: Final = "syndicator:submit:starts"
"""Redis hash: id of a message -> how often work on it began and was not ended. Those that ended leave it."""
MOST_STARTS: Final = 8
"""Workers that may end over one message. Source: our choice, as many as tries of a wish."""
ALONE_FOR: Final = timedelta(seconds=5)
"""A message whose worker died begins this long before the next such one: the one at fault shall drag no other along."""
_KEPT: Final = timedelta(days=7)
"""Counts of messages that never came back are forgotten after this long without any other."""


class WorkerLost(Exception):
    """Every worker that began this message ended over it. Its name is the cause of the dead letter (``domain.causes``)."""


class SubmissionStarts:
    """Gives up a message after ``most`` starts that nobody ended. Where Redis does not count, nothing is given up.

    Args:
        client: A Redis that all workers share; the broker's own.
        most: Starts allowed; at least 1.
    """

    def __init__(self, client: redis.Redis, *, most: int = MOST_STARTS) -> None:
        self._client = client
        self._most = most
        self._alone = threading.Lock()

    @contextmanager
    def counted(self, message_id: str) -> Iterator[None]:
        """Count a start, and forget all of the message's when the work inside ends, however it ends.

        Raises:
            WorkerLost: There were as many as may be.
        """
        # Counted only once it may go on: who is killed while waiting for another one is not at fault.
        is_alone = self._has_begun_before(message_id) and self._wait_until_alone(message_id)
        try:
            if self._begun(message_id) > self._most:
                raise WorkerLost(f"work on it began {self._most} times, and each time the worker ended")
            yield
        finally:
            with suppress(redis.RedisError):
                self._client.hdel(STARTS, message_id)
            if is_alone:
                self._alone.release()

    def _has_begun_before(self, message_id: str) -> bool:
        with suppress(redis.RedisError):
            return bool(self._client.hexists(STARTS, message_id))
        return False

    def _wait_until_alone(self, message_id: str) -> bool:
        log.warning("submission.worker_died_before", message=message_id)
        return self._alone.acquire(timeout=ALONE_FOR.total_seconds())

    def _begun(self, message_id: str) -> int:
        with suppress(redis.RedisError), self._client.pipeline(transaction=True) as pipe:
            pipe.hincrby(STARTS, message_id, 1)
            pipe.expire(STARTS, _KEPT)
            return cast("int", pipe.execute()[0])
        return 0
