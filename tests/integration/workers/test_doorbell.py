"""A consumer hears of messages, and finds by itself those nobody rang for."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Self

import dramatiq
import pytest
import redis

from syndicator.usecases.dispatch import RECONCILE
from tests.support.waiting import wait_until
from workers.doorbell import CHANNEL, Doorbell, WokenConsumer
from workers.screening import ScreeningBroker

QUEUE = "stock"
NEVER = timedelta(hours=1)
"""No test waits that long: what comes, came by the bell."""
SOON = timedelta(milliseconds=100)


@pytest.fixture
def broker(redis_url: str) -> Iterator[ScreeningBroker]:
    broker = ScreeningBroker(bury=lambda *_: None, client=redis.Redis.from_url(redis_url), middleware=[])
    broker.declare_queue(QUEUE)
    yield broker
    broker.close()


class Listening:
    """A consumer that waits in a thread of its own for one message."""

    def __init__(self, broker: ScreeningBroker, longest_pause: timedelta, prefetch: int = 1) -> None:
        self._broker = broker
        self.bell = Doorbell(broker.client, longest_pause=longest_pause)
        self.consumer = WokenConsumer(broker, QUEUE, prefetch, self.bell)
        self.came: list[dramatiq.MessageProxy] = []
        self._thread = threading.Thread(target=self._take, daemon=True)

    def __enter__(self) -> Self:
        self.bell.before_worker_boot(self._broker, None)
        wait_until(self.hears, "somebody listens")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bell.before_worker_shutdown(self._broker, None)
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()

    def hears(self) -> bool:
        return self._broker.client.pubsub_numsub(CHANNEL)[0][1] > 0

    def _take(self) -> None:
        while not self.came and not self.bell.is_ended:
            message = next(self.consumer)
            if message is not None:
                self.came.append(message)


def lease(name: str = "lease") -> dramatiq.Message:
    return dramatiq.Message(queue_name=QUEUE, actor_name=RECONCILE, args=(name,), kwargs={}, options={})


def test_a_message_wakes_who_waits_for_it(broker: ScreeningBroker) -> None:
    with Listening(broker, NEVER) as listening:
        broker.enqueue(lease())

        wait_until(lambda: listening.came, "the message")


def test_a_message_that_nobody_rang_for_is_found(broker: ScreeningBroker) -> None:
    with Listening(broker, SOON) as listening:
        super(ScreeningBroker, broker).enqueue(lease())

        wait_until(lambda: listening.came, "the message")


def test_a_bell_whose_line_was_cut_rings_again(broker: ScreeningBroker) -> None:
    with Listening(broker, NEVER) as listening:
        broker.client.client_kill_filter(_type="pubsub")
        super(ScreeningBroker, broker).enqueue(lease())

        # What came while nobody listened is looked for once somebody does.
        wait_until(lambda: listening.came, "the message")


def test_who_had_no_room_looks_again_once_there_is_some(broker: ScreeningBroker) -> None:
    with Listening(broker, NEVER) as listening:
        broker.enqueue(lease("first"))
        wait_until(lambda: listening.came, "the first message")
        broker.enqueue(lease("second"))
        second: list[dramatiq.MessageProxy] = []
        thread = threading.Thread(target=lambda: second.extend(_next_of(listening)), daemon=True)
        thread.start()
        assert second == []

        listening.consumer.ack(listening.came[0])

        wait_until(lambda: second, "the second message")
        assert second[0].args == ("second",)


def _next_of(listening: Listening) -> list[dramatiq.MessageProxy]:
    while not listening.bell.is_ended:
        message = next(listening.consumer)
        if message is not None:
            return [message]
    return []


def test_every_acknowledgement_is_a_reason_to_look(broker: ScreeningBroker) -> None:
    """Also where it was not the one that made room: another thread may just have filled it up again."""
    bell = Doorbell(broker.client, longest_pause=NEVER)
    consumer = WokenConsumer(broker, QUEUE, 2, bell)
    broker.enqueue(lease())
    message = next(consumer)
    assert message is not None
    bell.rung(QUEUE).clear()

    consumer.ack(message)

    assert bell.rung(QUEUE).is_set()


def test_the_end_is_heard_by_who_waits(broker: ScreeningBroker) -> None:
    with Listening(broker, NEVER):
        pass
