"""The system's figures, read from PostgreSQL and Redis when a monitor asks, and kept for a moment."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import redis
import structlog
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from schemas.channel import AccountState, Lane
from schemas.listing import ListingState
from syndicator.bootstrap import App
from syndicator.domain.breaker import BreakerState
from syndicator.queue_depths import inspect_queues
from syndicator.store.engine import UnitOfWork
from syndicator.store.processes import ALIVE_WITHIN
from syndicator.store.pushes import EDGES_S
from syndicator.store.reports import LaneReport

log = structlog.get_logger()

WITHIN: Final = timedelta(seconds=2)
"""Longest that one question may take; a part that takes longer is left out and said to be missing."""
KEPT_FOR: Final = timedelta(seconds=5)
COUNTS_KEPT_FOR: Final = timedelta(seconds=60)
"""How long figures are kept that a large table is counted for."""
Families = Sequence[Metric]
Read = Callable[[], Families]


class SystemCollector(Collector):
    """Yields the figures. What cannot be read now is missing, and ``syndicator_scrape_ok`` of its part is 0."""

    def __init__(
        self, app: App, queues: Sequence[str], *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._queues = queues
        self._parts = [
            _Part("work", KEPT_FOR, lambda: self._read(self._work), steady),
            _Part("channels", KEPT_FOR, lambda: self._read(self._channels), steady),
            _Part("webhooks", KEPT_FOR, lambda: self._read(self._webhooks), steady),
            _Part("counts", COUNTS_KEPT_FOR, lambda: self._read(self._counts), steady),
            _Part("queues", KEPT_FOR, self._queue_depths, steady),
        ]

    def describe(self) -> Iterable[Metric]:
        """Name nothing ahead, so that nothing is read when this is registered."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield every figure."""
        is_ok = GaugeMetricFamily("syndicator_scrape_ok", "Whether a part could be read.", labels=["part"])
        for part in self._parts:
            families = part.families()
            is_ok.add_metric([part.name], float(families is not None))
            yield from families or ()
        yield is_ok
        yield self._pool()

    def _read(self, read: Callable[[UnitOfWork], Families]) -> Families:
        with self._app.database.begin() as uow:
            uow.gauges.bound(WITHIN)
            return read(uow)

    def _work(self, uow: UnitOfWork) -> Families:
        now = self._app.clock.now()
        lanes = [(Lane(report.lane).name.lower(), report) for report in uow.reports.lanes(now)]
        attempts = _gauge(
            "syndicator_attempts_recent",
            "Attempts begun in the last 5 minutes (of the newest 20,000), by step and outcome.",
            ("step", "outcome"),
            uow.gauges.attempts(now).items(),
        )
        dead = _figure(
            "syndicator_dead_letters_open", "What gave up and waits for a person.", uow.reports.dead_count()
        )
        return [
            *_lanes([*lanes, ("media", uow.reports.media(now))], now.timestamp()),
            attempts,
            dead,
            *_processes(uow, now),
        ]

    def _channels(self, uow: UnitOfWork) -> Families:
        now = self._app.clock.now()
        counted = dict.fromkeys((state.value for state in AccountState), 0) | dict(uow.gauges.accounts())
        delays = GaugeHistogramMetricFamily(
            "syndicator_stock_push_delay_seconds",
            "From a change of stock until it was sent, and until it was seen on the channel; the last hour.",
            labels=["kind", "stage"],
        )
        for found in uow.gauges.push_delays(now):
            edges = [*(f"{edge:g}" for edge in EDGES_S), "+Inf"]
            summed = [sum(found.counts[: index + 1]) for index in range(len(edges))]
            delays.add_metric(
                [found.kind, found.stage], list(zip(edges, summed, strict=True)), gsum_value=found.total_s
            )
        breakers = (
            ((endpoint, state.value), int(breaker.state is state))
            for endpoint, breaker in uow.breakers.all().items()
            for state in BreakerState
        )
        return [
            _gauge("syndicator_accounts", "Accounts by state.", ("state",), _keyed(counted)),
            _figure(
                "syndicator_accounts_braked",
                "Accounts to which nothing is sent for a while.",
                uow.reports.braked_count(now),
            ),
            _gauge(
                "syndicator_breaker",
                "1 for the state a channel's breaker is in.",
                ("endpoint", "state"),
                breakers,
            ),
            delays,
            _figure(
                "syndicator_oversells_open",
                "Order lines that sold more than there was.",
                uow.gauges.open_oversells(),
            ),
        ]

    def _webhooks(self, uow: UnitOfWork) -> Families:
        waiting, oldest_s = uow.gauges.webhooks_waiting(self._app.clock.now())
        counted = dict.fromkeys(("active", "paused"), 0) | dict(uow.gauges.webhook_subscriptions())
        return [
            _gauge(
                "syndicator_webhook_subscriptions",
                "Addresses told of events, by state.",
                ("state",),
                _keyed(counted),
            ),
            _figure(
                "syndicator_webhook_deliveries_waiting", "Messages to addresses that are not paused.", waiting
            ),
            _figure("syndicator_webhook_oldest_seconds", "Age of the oldest of them; 0 for none.", oldest_s),
        ]

    def _counts(self, uow: UnitOfWork) -> Families:
        listings = dict.fromkeys((state.value for state in ListingState), 0) | dict(uow.gauges.listings())
        return [
            _gauge(
                "syndicator_listings",
                "Listings by state, counted once a minute.",
                ("state",),
                _keyed(listings),
            ),
            _gauge(
                "syndicator_orders",
                "Orders by state, counted once a minute.",
                ("state",),
                _keyed(uow.gauges.orders()),
            ),
        ]

    def _queue_depths(self) -> Families:
        seconds = WITHIN.total_seconds()
        with redis.Redis.from_url(
            self._app.redis_url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=None
        ) as client:
            states = inspect_queues(client, self._queues)
        fields = ("ready", "unacknowledged", "delayed", "dead", "orphaned")
        figures = (((one.name, field), getattr(one, field)) for one in states for field in fields)
        return [_gauge("syndicator_queue_messages", "Messages in Redis.", ("queue", "state"), figures)]

    def _pool(self) -> Metric:
        pool = self._app.database.engine.pool
        used = pool.checkedout() if isinstance(pool, QueuePool) else 0
        return _figure("syndicator_database_connections_used", "Connections of this process in use.", used)


class _Part:
    """Some figures that are read together and kept for a while; one thread reads, the others wait for it."""

    def __init__(self, name: str, kept_for: timedelta, read: Read, steady: Callable[[], float]) -> None:
        self.name = name
        self._kept_for = kept_for.total_seconds()
        self._read = read
        self._steady = steady
        self._lock = threading.Lock()
        self._families: Families | None = None
        self._until = float("-inf")

    def families(self) -> Families | None:
        """Return them; None where they cannot be read, which is kept for a while too."""
        with self._lock:
            if self._steady() >= self._until:
                self._families = self._try()
                # A system in trouble is looked at no more often than a sound one, and its figures again soon.
                kept_for = self._kept_for if self._families is not None else KEPT_FOR.total_seconds()
                self._until = self._steady() + kept_for
            return self._families

    def _try(self) -> Families | None:
        try:
            return self._read()
        except Exception as exc:  # noqa: BLE001 - a monitor is told that the part is missing
            log.warning("metrics.not_read", part=self.name, error=type(exc).__name__)
            return None


def _lanes(reports: Sequence[tuple[str, LaneReport]], now: float) -> Families:
    ages = (
        ((name,), 0.0 if report.oldest_due_at is None else max(0.0, now - report.oldest_due_at.timestamp()))
        for name, report in reports
    )
    return [
        _gauge("syndicator_due", "Due now, by lane.", ("lane",), (((n,), r.due) for n, r in reports)),
        _gauge("syndicator_due_oldest_seconds", "Age of the oldest that is due; 0 for none.", ("lane",), ages),
        _gauge("syndicator_in_progress", "Under lease.", ("lane",), (((n,), r.in_progress) for n, r in reports)),
        _gauge("syndicator_scheduled", "Waiting for a later moment.", ("lane",), (((n,), r.scheduled) for n, r in reports)),
    ]  # fmt: skip


def _processes(uow: UnitOfWork, now: datetime) -> Families:
    alive = uow.processes.alive(since=now - ALIVE_WITHIN)
    roles = {row.role for row in alive} | {"worker", "stock worker", "media", "scheduler"}
    count = {(role,): sum(row.role == role for row in alive) for role in sorted(roles)}
    memory = {(role,): sum(row.rss_bytes for row in alive if row.role == role) for role in sorted(roles)}
    return [
        _gauge("syndicator_processes", "Processes heard of in the last 20 s.", ("role",), count.items()),
        _gauge("syndicator_processes_rss_bytes", "Their resident memory.", ("role",), memory.items()),
    ]


def _keyed(counts: Mapping[str, int]) -> Iterable[tuple[tuple[str], int]]:
    return (((key,), value) for key, value in sorted(counts.items()))


def _figure(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _gauge(
    name: str, meaning: str, labels: Sequence[str], figures: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, figure in figures:
        family.add_metric(values, figure)
    return family
