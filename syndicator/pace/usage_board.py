"""What channels report of budgets used: kept until it is free again, shared by all workers."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from adapters.pace import BRAKE_AT, FULL, Payer, Refusal, Usage
from schemas.pace import BrakeReason, PaceScope
from syndicator.pace.gate import PREFIX, RedisGate, RedisSilent

READ_EVERY = timedelta(seconds=1)
"""What other processes reported is read no more often for one account."""
UNTOLD_HOLD = timedelta(minutes=5)
"""How long a budget that is nearly used up rests where the channel does not say; after that one step tries.

House rule: Meta's windows roll over an hour, so that a twelfth of it is free again.
"""
_MOST_KEPT = 10_000
_RAISE = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
"""
"""A report never shortens a longer one that stands."""


@dataclass(frozen=True, slots=True)
class _Report:
    percent: float
    until: float
    """Steady seconds of this process."""


class UsageBoard:
    """Holds reports of 90 % and more, by account and by app; safe for use from many threads.

    Args:
        gate: The way to Redis; without it each process knows only what it was told itself.
        longest: A wait is believed no further.
        steady: Seconds of a clock that nobody can set.
    """

    def __init__(
        self, gate: RedisGate, *, longest: timedelta, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._gate = gate
        self._longest = longest
        self._steady = steady
        self._raise = gate.client.register_script(_RAISE)
        self._lock = threading.Lock()
        self._reports: dict[str, _Report] = {}
        self._read_at: dict[str, float] = {}

    def told(self, payer: Payer, usages: Sequence[Usage]) -> None:
        """Keep what matters of a report; a channel that regains at once has nothing to wait for."""
        for usage in usages:
            hold = UNTOLD_HOLD if usage.regain_after is None else min(usage.regain_after, self._longest)
            milliseconds = int(hold / timedelta(milliseconds=1))
            if usage.percent >= BRAKE_AT and milliseconds > 0:
                key = _key(payer, usage.scope)
                self._keep(key, _Report(usage.percent, self._steady() + milliseconds / 1_000))
                self._share(key, usage.percent, milliseconds)

    def refusal(self, payer: Payer, *, is_begun: bool) -> Refusal | None:
        """Say whether a call must wait: at 90 % for a step that has not begun, at 100 % for any."""
        keys = {scope: _key(payer, scope) for scope in PaceScope}
        self._read(list(keys.values()))
        now = self._steady()
        for scope, key in keys.items():
            report = self._reports.get(key)
            if report is None or report.until <= now:
                continue
            if report.percent >= (FULL if is_begun else BRAKE_AT):
                wait = timedelta(seconds=report.until - now)
                return Refusal(wait=wait, scope=scope, reason=BrakeReason.USAGE)
        return None

    def _keep(self, key: str, report: _Report) -> None:
        with self._lock:
            standing = self._reports.get(key)
            if standing is None or standing.until < report.until:
                self._reports[key] = report
            if len(self._reports) > _MOST_KEPT:
                self._forget()

    def _forget(self) -> None:
        now = self._steady()
        self._reports = {key: one for key, one in self._reports.items() if one.until > now}

    def _share(self, key: str, percent: float, milliseconds: int) -> None:
        try:
            self._gate.ask(lambda: self._raise(keys=[key], args=[percent, milliseconds]))
        except RedisSilent:
            return

    def _read(self, keys: Sequence[str]) -> None:
        """Read what others reported, once a second for each account."""
        now, mine = self._steady(), keys[-1]
        if now - self._read_at.get(mine, float("-inf")) < READ_EVERY.total_seconds():
            return
        if len(self._read_at) > _MOST_KEPT:
            self._read_at = {}
        self._read_at[mine] = now
        try:
            found, mark = self._gate.ask(lambda: self._fetch(keys))
            self._gate.check_mark(mark)
        except RedisSilent:
            return
        for key, (percent, milliseconds) in found.items():
            self._keep(key, _Report(percent, now + milliseconds / 1_000))

    def _fetch(self, keys: Sequence[str]) -> tuple[Mapping[str, tuple[float, int]], bytes | None]:
        with self._gate.client.pipeline(transaction=False) as pipe:
            pipe.get(self._gate.mark_key)
            for key in keys:
                pipe.get(key)
                pipe.pttl(key)
            mark, *rest = cast("list[bytes | int | None]", pipe.execute())
        found = {
            key: (float(percent), int(left))
            for key, percent, left in zip(keys, rest[::2], rest[1::2], strict=True)
            if percent is not None and left is not None and int(left) > 0
        }
        return found, cast("bytes | None", mark)


def _key(payer: Payer, scope: PaceScope) -> str:
    return f"{PREFIX}:usage:{scope.value}:{payer.key(scope)}"
