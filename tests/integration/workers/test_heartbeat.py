"""A process says that it is alive, signs off, and gives up when its broker is gone."""

import threading
from datetime import timedelta

import structlog
from dramatiq.brokers.redis import RedisBroker

from syndicator.local.ports import free_port
from tests.support.app import CoreApp
from tests.support.waiting import wait_until
from workers.broker import make_broker
from workers.heartbeat import HeartbeatThread


def heartbeat(core: CoreApp, broker: RedisBroker | None, stop: threading.Event) -> HeartbeatThread:
    return HeartbeatThread(
        role="worker",
        threads=8,
        database=core.database,
        broker=broker,
        stop=stop,
        every=timedelta(milliseconds=20),
        patience=timedelta(milliseconds=100),
    )


def test_a_process_is_seen_while_it_runs_and_gone_after_it_signed_off(core: CoreApp) -> None:
    beating = heartbeat(core, None, threading.Event())
    beating.start()
    (row,) = core.rows("SELECT * FROM process")
    assert (row.id, row.role, row.threads) == (beating.id, "worker", 8)
    assert row.rss_bytes > 1_000_000
    wait_until(
        lambda: core.value("SELECT max(seen_at) > :first FROM process", first=row.seen_at), "a later beat"
    )

    beating.end()

    assert core.rows("SELECT * FROM process") == []


def test_a_process_whose_broker_answers_goes_on(core: CoreApp, broker: RedisBroker) -> None:
    stop = threading.Event()
    beating = heartbeat(core, broker, stop)
    beating.start()

    assert not stop.wait(0.4)
    beating.end()


def test_a_beat_tells_the_broker_that_this_worker_lives(core: CoreApp, broker: RedisBroker) -> None:
    beating = heartbeat(core, broker, threading.Event())
    beating.start()

    wait_until(lambda: broker.client.zcard("dramatiq:__heartbeats__") == 1, "a heartbeat in Redis")
    beating.end()


def test_a_process_that_lost_its_broker_is_told_to_stop(core: CoreApp) -> None:
    nowhere = make_broker(
        f"redis://127.0.0.1:{free_port()}/0", core.database, time_limit=timedelta(seconds=1)
    )
    stop = threading.Event()
    beating = heartbeat(core, nowhere, stop)

    with structlog.testing.capture_logs() as logs:
        beating.start()
        assert stop.wait(20)
        beating.end()

    assert "broker.lost" in [entry["event"] for entry in logs]
    nowhere.close()


def test_a_beat_that_the_database_misses_is_made_up_for(core: CoreApp) -> None:
    beating = heartbeat(core, None, threading.Event())
    beating.start()
    core.execute("ALTER TABLE process RENAME TO process_gone")
    with structlog.testing.capture_logs() as logs:
        wait_until(lambda: [e for e in logs if e["event"] == "heartbeat.database_silent"], "a missed beat")
    core.execute("ALTER TABLE process_gone RENAME TO process")
    before = core.value("SELECT max(seen_at) FROM process")

    wait_until(lambda: core.value("SELECT max(seen_at) > :b FROM process", b=before), "a beat again")
    beating.end()
