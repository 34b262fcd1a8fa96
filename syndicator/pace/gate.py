"""The way to the Redis that pace is shared in: one that is silent is left alone for a while, and nobody waits for it."""

import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, cast

import redis
import structlog
from limits.errors import StorageError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger()

_T = TypeVar("_T")
PREFIX = "syndicator:pace"
ANSWER_WITHIN = timedelta(milliseconds=500)
ASK_AGAIN_AFTER = timedelta(seconds=5)
DISTRUST = timedelta(seconds=60)
"""How long an emptied Redis is not believed alone: what was counted in it is gone, and the commonest windows are a minute."""
_MARK = f"{PREFIX}:mark"


class RedisSilent(Exception):
    """Redis did not answer, or not well enough to count in."""


class RedisGate:
    """Asks Redis, for many threads; says once when it falls silent, is emptied, or is back.

    Args:
        url: Address, as ``redis.Redis.from_url`` reads it.
        steady: Seconds of a clock that nobody can set.
    """

    def __init__(self, url: str, *, steady: Callable[[], float] = time.monotonic) -> None:
        seconds = ANSWER_WITHIN.total_seconds()
        # One quick repeat: a connection that Redis closed meanwhile is opened anew.
        self.client = redis.Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 1)
        )
        self.url = url
        self._steady = steady
        self._lock = threading.Lock()
        self._ask_at = float("-inf")
        self._is_silent = False
        self._mark: bytes | None = None
        self._distrust_until = float("-inf")

    @property
    def is_distrusted(self) -> bool:
        """Whether Redis was emptied a short while ago."""
        return self._steady() < self._distrust_until

    def ask(self, question: Callable[[], _T]) -> _T:
        """Return what ``question`` returns.

        Raises:
            RedisSilent: It failed now, or so lately that it is not tried.
        """
        if self._steady() < self._ask_at:
            raise RedisSilent
        try:
            answer = question()
        except (redis.RedisError, StorageError, OSError) as exc:
            self._ask_at = self._steady() + ASK_AGAIN_AFTER.total_seconds()
            self._tell(is_silent=True, error=type(exc).__name__)
            raise RedisSilent from exc
        self._tell(is_silent=False)
        return answer

    def check_mark(self, found: bytes | None) -> None:
        """Compare the mark read with the one of before; a missing one is set.

        Raises:
            RedisSilent: Redis does not take the mark.
        """
        if found is None:
            found = self.ask(self._set_mark)
        with self._lock:
            is_emptied = self._mark is not None and found != self._mark
            self._mark = found
        if is_emptied:
            self._distrust_until = self._steady() + DISTRUST.total_seconds()
            log.warning("pace.redis_emptied")

    def _set_mark(self) -> bytes:
        self.client.set(_MARK, secrets.token_hex(8), nx=True)
        return cast("bytes", self.client.get(_MARK)) or b""

    @property
    def mark_key(self) -> str:
        """Key of the mark, to be read together with other keys."""
        return _MARK

    def _tell(self, *, is_silent: bool, error: str | None = None) -> None:
        if is_silent == self._is_silent:
            return
        with self._lock:
            if is_silent == self._is_silent:
                return
            self._is_silent = is_silent
        if is_silent:
            log.warning("pace.redis_silent", error=error)
        else:
            log.info("pace.redis_back")

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
