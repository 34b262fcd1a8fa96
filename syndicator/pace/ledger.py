"""What this process sees of each channel: calls under way, and how the ended ones ended."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.pace import CallEnd
from syndicator.domain.breaker import CallCounts

HAND_OVER_EVERY = timedelta(seconds=1)
"""Counts of healthy calls wait so long, so that a busy worker writes one row a second instead of one for each step."""


@dataclass(slots=True)
class _Endpoint:
    running: dict[int, float] = field(default_factory=dict)
    counts: CallCounts = field(default_factory=CallCounts)
    handed_over: float = float("-inf")


class CallLedger:
    """Counts calls by endpoint; safe for use from many threads. Implements ``syndicator.ports.ChannelWatch``.

    Args:
        slow_after: A call that takes longer is slow.
        most_hanging: So many threads may hang in slow calls to one endpoint before further slices are turned back.
        steady: Seconds of a clock that nobody can set.
    """

    def __init__(
        self,
        *,
        slow_after: timedelta,
        most_hanging: int,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slow_s = slow_after.total_seconds()
        self._most_hanging = most_hanging
        self._steady = steady
        self._lock = threading.Lock()
        self._endpoints: dict[str, _Endpoint] = {}
        self._numbers = itertools.count(1)

    def began(self, endpoint: str) -> int:
        """Note a call that leaves; return its number."""
        number = next(self._numbers)
        with self._lock:
            self._endpoints.setdefault(endpoint, _Endpoint()).running[number] = self._steady()
        return number

    def ended(self, endpoint: str, number: int, end: CallEnd) -> None:
        """Note how it ended."""
        with self._lock:
            seen = self._endpoints.setdefault(endpoint, _Endpoint())
            seen.running.pop(number, None)
            seen.counts += CallCounts(
                answered=int(not end.is_broken),
                broken=int(end.is_broken),
                slow=int(end.seconds >= self._slow_s),
            )

    def is_crowded(self, endpoint: str) -> bool:
        """Say whether as many threads as may hang in calls to the endpoint that take too long already."""
        with self._lock:
            seen = self._endpoints.get(endpoint)
            return seen is not None and self._hanging(seen) >= self._most_hanging

    def due_counts(self) -> Mapping[str, CallCounts]:
        """Hand over what was counted: at once where a channel was broken, else about once a second."""
        now = self._steady()
        with self._lock:
            return {
                endpoint: self._handed_over(seen, now)
                for endpoint, seen in self._endpoints.items()
                if self._is_due(seen, now)
            }

    def _is_due(self, seen: _Endpoint, now: float) -> bool:
        if seen.counts.broken:
            return True
        has_news = seen.counts != CallCounts() or self._hanging(seen) > 0
        return has_news and now - seen.handed_over >= HAND_OVER_EVERY.total_seconds()

    def _handed_over(self, seen: _Endpoint, now: float) -> CallCounts:
        counts = seen.counts + CallCounts(slow=self._hanging(seen))
        seen.counts, seen.handed_over = CallCounts(), now
        return counts

    def _hanging(self, seen: _Endpoint) -> int:
        now = self._steady()
        return sum(now - began >= self._slow_s for began in seen.running.values())
