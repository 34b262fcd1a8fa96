"""Counts calls against their budgets: in Redis for all workers together, in this process where Redis cannot be believed."""

import math
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, partial

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from adapters.pace import BRAKE_AT, FULL, Budget, Payer, Refusal
from schemas.pace import BrakeReason
from syndicator.pace.gate import PREFIX, RedisGate, RedisSilent

LEAST_WAIT = timedelta(milliseconds=20)


class _Window(RateLimitItemPerSecond):
    """So many calls in so many seconds. The key leaves the amount out: one count serves the brake and the full budget."""

    def key_for(self, *identifiers: bytes | str | float) -> str:
        """Return the key of the count."""
        return "/".join([*map(str, identifiers), f"{self.get_expiry()}s"])


class BudgetCounter:
    """Takes calls out of budgets by moving windows, exactly; safe for use from many threads and processes.

    Args:
        gate: The way to Redis.
        share: Part of a budget that this process allows itself while it must count alone.
        now: Unix seconds, as the counts in Redis are dated; every machine's own.
    """

    def __init__(self, gate: RedisGate, *, share: float, now: Callable[[], float] = time.time) -> None:
        self._gate = gate
        self._share = share
        self._now = now
        self._shared = MovingWindowRateLimiter(
            RedisStorage(gate.url, connection_pool=gate.client.connection_pool, key_prefix=PREFIX)
        )

    @cached_property
    def _alone(self) -> MovingWindowRateLimiter:
        # Made only when needed: it starts a thread that forgets.
        return MovingWindowRateLimiter(MemoryStorage())

    def pay(self, payer: Payer, method: str, path: str, *, is_begun: bool) -> Refusal | None:
        """Take one call out of every budget it counts for; a refusal by a long window costs the shorter ones a call."""
        for budget in sorted(payer.budgets, key=lambda one: one.window):
            if budget.counts(method, path):
                wait = self._pay_one(budget, payer.key(budget.scope), is_begun=is_begun)
                if wait is not None:
                    return Refusal(wait=wait, scope=budget.scope, reason=BrakeReason.BUDGET)
        return None

    def _pay_one(self, budget: Budget, key: str, *, is_begun: bool) -> timedelta | None:
        allowed = budget.amount if is_begun else max(1, math.floor(budget.amount * BRAKE_AT / FULL))
        if not self._gate.is_distrusted:
            try:
                return self._gate.ask(partial(self._hit, self._shared, budget, key, allowed))
            except RedisSilent:
                return self._hit(self._alone, budget, key, self._reduced(allowed))
        wait = self._hit(self._alone, budget, key, self._reduced(allowed))
        if wait is not None:
            return wait
        try:
            return self._gate.ask(partial(self._hit, self._shared, budget, key, allowed))
        except RedisSilent:
            return None

    def _reduced(self, allowed: int) -> int:
        return max(1, math.floor(allowed * self._share))

    def _hit(
        self, limiter: MovingWindowRateLimiter, budget: Budget, key: str, allowed: int
    ) -> timedelta | None:
        window = _Window(allowed, max(1, math.ceil(budget.window.total_seconds())))
        identifiers = (budget.scope.value, key, budget.name)
        if limiter.hit(window, *identifiers):
            return None
        free_at = limiter.get_window_stats(window, *identifiers).reset_time
        return max(LEAST_WAIT, min(timedelta(seconds=free_at - self._now()), budget.window))
