"""How many requests a caller of ours may make: counted in Redis for all processes, here where Redis is silent."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from syndicator.pace.gate import RedisGate, RedisSilent

PREFIX = "syndicator:requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left to a caller after a request. ``wait_s`` is 0 where it was allowed, else seconds to wait."""

    limit: int
    remaining: int
    reset_s: int
    wait_s: int


class RequestLimiter:
    """Counts requests by caller over a sliding minute. A silent Redis refuses nobody: each process counts for itself."""

    def __init__(self, gate: RedisGate, *, now: Callable[[], float] = time.time) -> None:
        self._gate = gate
        self._now = now
        self._shared = SlidingWindowCounterRateLimiter(
            RedisStorage(gate.url, connection_pool=gate.client.connection_pool, key_prefix=PREFIX)
        )

    @cached_property
    def _alone(self) -> SlidingWindowCounterRateLimiter:
        # Made only when needed: it starts a thread that forgets.
        return SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, caller: str, per_minute: int) -> Allowance:
        """Count one request of a caller who may make so many in a minute."""
        try:
            return self._gate.ask(partial(self._take, self._shared, caller, per_minute))
        except RedisSilent:
            return self._take(self._alone, caller, per_minute)

    def _take(self, limiter: SlidingWindowCounterRateLimiter, caller: str, per_minute: int) -> Allowance:
        item = RateLimitItemPerMinute(per_minute)
        is_allowed = limiter.hit(item, caller)
        stats = limiter.get_window_stats(item, caller)
        reset_s = max(1, math.ceil(stats.reset_time - self._now()))
        return Allowance(
            limit=per_minute,
            remaining=stats.remaining,
            reset_s=reset_s,
            wait_s=0 if is_allowed else reset_s,
        )
