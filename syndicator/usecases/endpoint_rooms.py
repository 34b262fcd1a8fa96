"""How much each channel may have in work at once: nothing while its breaker is open, a share while it is slow."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from syndicator.domain.breaker import Breaker, BreakerPolicy, BreakerState, HeardCalls, judge, room_of
from syndicator.store.breakers import closed_breaker
from syndicator.store.dispatching import InFlight
from syndicator.store.engine import UnitOfWork

log = structlog.get_logger()

JUDGE_EVERY = timedelta(milliseconds=500)
"""Breakers are judged no more often; the looks for due work follow each other faster."""


def judge_breakers(
    uow: UnitOfWork, in_flight: Iterable[InFlight], *, policy: BreakerPolicy, now: datetime
) -> None:
    """Let every breaker hear what was counted since; write those back that changed."""
    heard = uow.breakers.heard(since=now - policy.window, lately=now - policy.lately)
    known = uow.breakers.all(lock=True)
    running: dict[str, int] = {}
    for one in in_flight:
        running[one.endpoint] = running.get(one.endpoint, 0) + one.listings
    changed = []
    for endpoint in {**known, **heard}:
        before = known.get(endpoint) or closed_breaker(endpoint, now)
        after = judge(
            before,
            heard.get(endpoint, HeardCalls()),
            in_flight=running.get(endpoint, 0),
            now=now,
            policy=policy,
        )
        if after != before:
            changed.append(after)
            _tell(before, after)
    uow.breakers.save(changed)


def _tell(before: Breaker, after: Breaker) -> None:
    if before.state is not after.state:
        tell = log.info if after.state is BreakerState.CLOSED else log.warning
        tell("channel.breaker", endpoint=after.endpoint, state=after.state.value, probe_at=after.probe_at)
    if before.is_slow != after.is_slow:
        log.warning("channel.slow", endpoint=after.endpoint, is_slow=after.is_slow)


class EndpointRooms:
    """What each endpoint may still be given in this look.

    Args:
        breakers: All breakers, by endpoint.
        in_flight: What every account has under lease.
        slow_in_flight: Leases that all slow or half-open endpoints together may hold; each may hold a worker thread.
        policy: As the breakers are judged by.
        now: The present moment.
    """

    def __init__(
        self,
        breakers: Mapping[str, Breaker],
        in_flight: Iterable[InFlight],
        *,
        slow_in_flight: int,
        policy: BreakerPolicy,
        now: datetime,
    ) -> None:
        self._rooms: dict[str, int] = {}
        self._open = {name for name, one in breakers.items() if one.state is BreakerState.OPEN}
        self._slow_room = slow_in_flight
        running: dict[str, int] = {}
        for one in in_flight:
            running[one.endpoint] = running.get(one.endpoint, 0) + one.leases
        for name, breaker in breakers.items():
            if breaker.is_slow or breaker.state is not BreakerState.CLOSED:
                self._slow_room -= running.get(name, 0)
        for name, breaker in breakers.items():
            room = room_of(
                breaker,
                in_flight=running.get(name, 0),
                slow_room=self._slow_room,
                now=now,
                policy=policy,
            )
            if room is not None:
                self._rooms[name] = room
        self.probed: set[str] = set()

    @property
    def closed(self) -> Sequence[str]:
        """Endpoints that get nothing more."""
        return [name for name, room in self._rooms.items() if self._left(name, room) <= 0]

    def room(self, endpoint: str) -> int | None:
        """Return how many more listings the endpoint may get; None where nothing bounds it."""
        room = self._rooms.get(endpoint)
        return None if room is None else self._left(endpoint, room)

    def take(self, endpoint: str, count: int) -> None:
        """Note that so many listings of a bounded endpoint are about to be leased."""
        if count == 0:
            return
        self._rooms[endpoint] -= count
        if endpoint in self._open:
            self.probed.add(endpoint)
        else:
            self._slow_room -= count

    def _left(self, endpoint: str, room: int) -> int:
        # A probe always finds room: without it a slow neighbour could keep a breaker open for ever.
        return room if endpoint in self._open else min(room, self._slow_room)
