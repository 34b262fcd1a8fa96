"""One scheduler leads, another takes over, and a commit wakes the leader."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from dramatiq.brokers.redis import RedisBroker

from adapters.refreshing import Renewal
from syndicator.bootstrap import App
from syndicator.settings import DispatchSettings, Settings
from syndicator.store.processes import Heartbeat
from tests.support.app import CoreApp, goods
from tests.support.waiting import wait_until
from workers.broker import BrokerWakeUps
from workers.run import LISTING_ROLE
from workers.scheduler import LEADER_LOCK, Scheduler, WorkerCount


class Running:
    """A scheduler in a thread of its own."""

    def __init__(self, app: App, broker: RedisBroker) -> None:
        self._stop = threading.Event()
        self._scheduler = Scheduler(app, BrokerWakeUps(broker))
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._scheduler.lead_until(self._stop)
        except psycopg.Error as exc:
            self.error = exc

    def end(self) -> None:
        self._stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()


@pytest.fixture
def slow_ticks(app: App) -> App:
    """Only a notification can make the dispatcher look early."""
    settings = Settings(dispatch=DispatchSettings(tick=timedelta(seconds=3)))
    made = replace(app, settings=settings)
    made.__dict__.update({name: app.__dict__[name] for name in ("database", "adapters")})
    return made


@pytest.fixture
def running(slow_ticks: App, broker: RedisBroker) -> Iterator[list[Running]]:
    started: list[Running] = []
    yield started
    for one in started:
        one.end()


def leaders(core: CoreApp) -> list[int]:
    """Return the server processes that hold the leader's lock."""
    rows = core.rows(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        lock=LEADER_LOCK,
    )
    return [row.pid for row in rows]


def test_of_two_schedulers_one_leads(
    core: CoreApp, slow_ticks: App, broker: RedisBroker, running: list[Running]
) -> None:
    running += [Running(slow_ticks, broker), Running(slow_ticks, broker)]
    wait_until(lambda: leaders(core), "a leader")

    core.connect()
    core.submit(goods())
    wait_until(lambda: core.listing().lease_token, "a lease")

    assert len(leaders(core)) == 1
    assert broker.client.llen("dramatiq:content") == 1


def test_another_takes_over_when_the_leader_ends(
    core: CoreApp, slow_ticks: App, broker: RedisBroker, running: list[Running]
) -> None:
    first = Running(slow_ticks, broker)
    wait_until(lambda: leaders(core), "a leader")
    (before,) = leaders(core)
    running.append(Running(slow_ticks, broker))

    first.end()

    wait_until(lambda: leaders(core) not in ([], [before]), "another leader")


def test_another_takes_over_when_the_leaders_connection_breaks(
    core: CoreApp, slow_ticks: App, broker: RedisBroker, running: list[Running]
) -> None:
    first = Running(slow_ticks, broker)
    running.append(first)
    wait_until(lambda: leaders(core), "a leader")
    (before,) = leaders(core)
    running.append(Running(slow_ticks, broker))

    core.value("SELECT pg_terminate_backend(:pid)", pid=before)

    wait_until(lambda: leaders(core) not in ([], [before]), "another leader")
    wait_until(lambda: first.error is not None, "the first leader to notice")
    core.connect()
    core.submit(goods())
    wait_until(lambda: core.listing().lease_token, "a lease by the new leader")


def test_a_commit_wakes_the_dispatcher_long_before_its_tick(
    core: CoreApp, slow_ticks: App, broker: RedisBroker, running: list[Running]
) -> None:
    core.connect()
    running.append(Running(slow_ticks, broker))
    wait_until(lambda: leaders(core), "a leader")
    time.sleep(0.5)  # The first look, which finds nothing, is over; the next by the clock is seconds away.

    core.submit(goods())
    committed = time.monotonic()
    wait_until(lambda: core.listing().lease_token, "a lease")

    assert time.monotonic() - committed < 1.5


def test_a_dispatch_that_fails_does_not_end_the_leader(
    core: CoreApp, slow_ticks: App, broker: RedisBroker, running: list[Running]
) -> None:
    core.connect()
    core.execute("ALTER TABLE channel_account RENAME TO channel_account_gone")
    running.append(Running(slow_ticks, broker))
    wait_until(lambda: leaders(core), "a leader")
    time.sleep(0.3)
    core.execute("ALTER TABLE channel_account_gone RENAME TO channel_account")

    core.submit(goods())

    wait_until(lambda: core.listing().lease_token, "a lease")


def test_the_leader_refreshes_what_is_due_and_a_second_scheduler_does_not(
    core: CoreApp, slow_ticks: App, broker: RedisBroker, running: list[Running]
) -> None:
    hour = timedelta(hours=1)
    page = core.connect(renewal=Renewal(before=hour, first_after=timedelta(0), single_use=True))
    running += [Running(slow_ticks, broker), Running(slow_ticks, broker)]

    wait_until(lambda: page.generation, "a refresh")
    wait_until(lambda: core.value("SELECT refreshed_at FROM channel_account"), "its being saved")

    assert page.refreshes == ["r0"]


def test_a_slow_token_endpoint_does_not_hold_up_dispatching(
    core: CoreApp, slow_ticks: App, broker: RedisBroker, running: list[Running]
) -> None:
    asked, answer = threading.Event(), threading.Event()
    page = core.connect(renewal=Renewal(before=timedelta(hours=1), first_after=timedelta(0), single_use=True))
    page.meanwhile = lambda: asked.set() or answer.wait(20)
    core.connect("shop")
    running.append(Running(slow_ticks, broker))
    assert asked.wait(20)

    core.submit(goods())
    try:
        wait_until(lambda: core.listing(account="shop").lease_token, "a lease")
        assert page.generation == 0
    finally:
        answer.set()
    wait_until(lambda: core.value("SELECT refreshed_at FROM channel_account WHERE name = 'page'"), "a save")


def test_threads_of_the_living_workers_are_counted(core: CoreApp) -> None:
    now = core.clock.now()
    with core.database.begin() as uow:
        for number, role in enumerate((LISTING_ROLE, LISTING_ROLE, "media")):
            uow.processes.beat(
                Heartbeat(id=f"p-{number}", role=role, host="h", pid=1, threads=8, rss_bytes=1, version="0")
            )
    core.execute("UPDATE process SET seen_at = now() - interval '1 minute' WHERE id = 'p-0'")
    count = WorkerCount(core.database)

    assert [count.threads(role, now) for role in (LISTING_ROLE, "media", "api")] == [8, 8, 0]


def test_workers_are_counted_again_only_now_and_then(core: CoreApp) -> None:
    now = core.clock.now()
    count = WorkerCount(core.database)
    assert count.threads(LISTING_ROLE, now) == 0
    with core.database.begin() as uow:
        uow.processes.beat(
            Heartbeat(id="p", role=LISTING_ROLE, host="h", pid=1, threads=8, rss_bytes=1, version="0")
        )

    assert count.threads(LISTING_ROLE, now + timedelta(seconds=1)) == 0
    assert count.threads(LISTING_ROLE, now + timedelta(seconds=3)) == 8
