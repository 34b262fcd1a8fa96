"""The broker on a real Redis: what it refuses, what it records, what it never uses."""

from datetime import timedelta

import dramatiq
import pytest
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker

from syndicator.bootstrap import App
from syndicator.local.ports import free_port
from syndicator.ports import WakeUp
from syndicator.queue_depths import inspect_queues
from syndicator.usecases.dispatch import RECONCILE
from tests.integration.workers.conftest import working
from tests.support.app import CoreApp, goods
from tests.support.waiting import wait_until
from workers import queues
from workers.actors import declare_listing_actor
from workers.broker import BrokerWakeUps, MessageTooLarge, make_broker


def wake_up(lease: str = "abc", actor: str = RECONCILE) -> WakeUp:
    return WakeUp(actor=actor, queue="content", lease=lease)


def state(redis_url: str, name: str = "content"):
    with redis.Redis.from_url(redis_url) as client:
        return next(queue for queue in inspect_queues(client, queues.ALL_QUEUES) if queue.name == name)


def failing_actor(broker: RedisBroker) -> list[str]:
    began: list[str] = []

    def fail(lease: str) -> None:
        began.append(lease)
        raise RuntimeError("access to the database was lost")

    dramatiq.actor(actor_name=RECONCILE, queue_name="content", broker=broker)(fail)
    return began


def test_every_purpose_has_a_queue_of_its_own(broker: RedisBroker) -> None:
    assert set(queues.ALL_QUEUES) == {
        "stock",
        "orders",
        "price",
        "content",
        "bulk",
        "submit",
        "sweep",
        "media",
        "webhooks",
    }
    assert set(queues.ALL_QUEUES) <= set(broker.get_declared_queues())


def test_a_message_that_is_too_large_is_refused_before_it_is_sent(
    broker: RedisBroker, redis_url: str
) -> None:
    with pytest.raises(MessageTooLarge, match=str(queues.MAX_MESSAGE_BYTES)):
        BrokerWakeUps(broker).send([wake_up("x" * queues.MAX_MESSAGE_BYTES)])

    assert state(redis_url).ready == 0


def test_a_broker_out_of_reach_is_a_connection_error(core: CoreApp) -> None:
    nowhere = make_broker(
        f"redis://127.0.0.1:{free_port()}/0", core.database, time_limit=timedelta(seconds=1)
    )

    with pytest.raises(ConnectionError, match="wake-up"):
        BrokerWakeUps(nowhere).send([wake_up()])
    nowhere.close()


def test_a_wake_up_carries_its_lease_and_nothing_else(broker: RedisBroker, redis_url: str) -> None:
    BrokerWakeUps(broker).send([wake_up("abc")])

    with redis.Redis.from_url(redis_url) as client:
        ((_, payload),) = client.hgetall("dramatiq:content.msgs").items()
    message = dramatiq.Message.decode(payload)
    assert (message.args, message.kwargs, set(message.options)) == (
        ("abc",),
        {},
        {"correlation_id", "redis_message_id"},
    )


def test_a_failed_message_is_copied_to_the_database_and_not_tried_again(
    broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    began = failing_actor(broker)
    BrokerWakeUps(broker).send([wake_up("abc")])

    with working(broker):
        wait_until(core.dead, "a dead letter")
        wait_until(lambda: state(redis_url).dead == 1, "a dead message in the broker")

    (letter,) = core.dead()
    assert (letter.actor, letter.queue, letter.cause) == (RECONCILE, "content", "RuntimeError")
    assert letter.message["args"] == ["abc"]
    assert "lost" in letter.detail
    assert began == ["abc"]


def test_no_message_ever_waits_in_a_delay_queue(broker: RedisBroker, core: CoreApp, redis_url: str) -> None:
    failing_actor(broker)
    BrokerWakeUps(broker).send([wake_up(f"lease-{number}") for number in range(5)])

    with working(broker):
        wait_until(lambda: len(core.dead()) == 5, "five dead letters")

    assert state(redis_url).delayed == 0
    with redis.Redis.from_url(redis_url) as client:
        assert [key for key in client.keys("dramatiq:*.DQ*") if b"acks" not in key] == []


def test_a_fault_while_the_record_cannot_be_written_is_only_logged(
    broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    failing_actor(broker)
    core.execute("ALTER TABLE dead_letter RENAME TO dead_letter_gone")
    BrokerWakeUps(broker).send([wake_up("abc")])

    with structlog.testing.capture_logs() as logs, working(broker):
        wait_until(lambda: state(redis_url).dead == 1, "a dead message")

    assert [entry["error"] for entry in logs if entry["event"] == "message.not_copied"] == [
        "ProgrammingError"
    ]


def test_the_correlation_id_reaches_the_attempt(broker: RedisBroker, core: CoreApp, app: App) -> None:
    core.connect()
    core.submit(goods())
    declare_listing_actor(broker, app)
    message = dramatiq.Message(
        queue_name="content",
        actor_name=RECONCILE,
        args=(core.lease_one(),),
        kwargs={},
        options={"correlation_id": "c-123"},
    )
    broker.enqueue(message)

    with working(broker):
        wait_until(lambda: core.state() == "live", "a live listing")

    assert core.value("SELECT correlation_id FROM attempt") == "c-123"


def test_every_message_gets_a_correlation_id(broker: RedisBroker, core: CoreApp, app: App) -> None:
    core.connect()
    core.submit(goods())
    declare_listing_actor(broker, app)
    BrokerWakeUps(broker).send(core.dispatch())

    with working(broker):
        wait_until(lambda: core.state() == "live", "a live listing")

    assert core.value("SELECT length(correlation_id) FROM attempt") == 12


def test_a_message_of_a_dead_worker_comes_back_and_is_harmless(
    broker: RedisBroker, core: CoreApp, app: App
) -> None:
    page = core.connect()
    core.submit(goods())
    declare_listing_actor(broker, app)
    (sent,) = core.dispatch()

    BrokerWakeUps(broker).send([sent, sent, sent])
    with working(broker):
        wait_until(lambda: core.state() == "live", "a live listing")
        broker.join("content")

    assert len(page.calls) == 1


def test_queues_are_counted_by_what_their_messages_are_doing(
    broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    failing_actor(broker)
    BrokerWakeUps(broker).send([wake_up(f"lease-{number}") for number in range(3)])
    assert (state(redis_url).ready, state(redis_url).unacknowledged) == (3, 0)

    taken = broker.consume("content", prefetch=2, timeout=50)
    message = next(taken)
    assert message is not None
    held = state(redis_url)
    assert (held.ready + held.unacknowledged, held.unacknowledged >= 1, held.orphaned) == (3, True, 0)

    taken.nack(message)
    assert state(redis_url).dead == 1
    taken.close()


def test_a_payload_that_no_list_knows_is_counted_as_orphaned(broker: RedisBroker, redis_url: str) -> None:
    BrokerWakeUps(broker).send([wake_up()])
    with redis.Redis.from_url(redis_url) as client:
        client.delete("dramatiq:content")

    assert state(redis_url).orphaned == 1


def test_reading_the_queues_changes_nothing(broker: RedisBroker, redis_url: str) -> None:
    BrokerWakeUps(broker).send([wake_up()])
    with redis.Redis.from_url(redis_url) as client:
        before = {key: client.type(key) for key in client.keys("*")}
        inspect_queues(client, queues.ALL_QUEUES)
        assert {key: client.type(key) for key in client.keys("*")} == before
