"""Messages that nobody can work on: taken out of the queue once, kept for a person, and no worker stumbles over them."""

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker

from syndicator.bootstrap import App
from syndicator.queue_depths import inspect_queues
from syndicator.usecases.dispatch import RECONCILE
from tests.integration.workers.conftest import working
from tests.support.app import CoreApp, goods
from tests.support.waiting import wait_until
from workers.actors import declare_listing_actor
from workers.broker import BrokerWakeUps
from workers.queues import MAX_MESSAGE_BYTES
from workers.screening import problem_of


def message(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "queue_name": "content",
        "actor_name": RECONCILE,
        "args": ["abc"],
        "kwargs": {},
        "options": {"redis_message_id": "r-1"},
        "message_id": "m-1",
        "message_timestamp": 1,
    }
    return values | changes


def encoded(**changes: object) -> bytes:
    return dramatiq.get_encoder().encode(message(**changes))


POISON = {
    "not JSON": b"\xff\xfe{{{",
    "cut off": encoded()[:-20],
    "nested without end": b"[" * MAX_MESSAGE_BYTES,
    "too large": encoded(args=["x" * MAX_MESSAGE_BYTES]),
    "no object": b"[1, 2]",
    "a field too many": encoded(surprise=1),
    "a number for a token": encoded(args=[17]),
    "a NUL in the token": encoded(args=["a\x00b"]),
    "two tokens": encoded(args=["a", "b"]),
    "words beside the token": encoded(kwargs={"lease": "abc"}),
    "no actor": encoded(actor_name=None),
    "no options": encoded(options=None),
    "not from a broker": encoded(options={}),
    "for another queue": encoded(queue_name="bulk"),
    "no id": encoded(message_id=7),
    "for a later time": encoded(options={"redis_message_id": "r-1", "eta": 1}),
}


@pytest.mark.parametrize("payload", POISON.values(), ids=POISON)
def test_what_is_wrong_with_a_message_is_said_without_its_content(payload: bytes) -> None:
    problem = problem_of("content", payload)

    assert problem is not None
    assert "surprise" not in problem


def test_a_message_of_ours_has_no_problem() -> None:
    assert problem_of("content", encoded()) is None


def put(redis_url: str, payload: bytes, *, key: str = "poison") -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.hset("dramatiq:content.msgs", key, payload)
        client.rpush("dramatiq:content", key)


def content(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        return next(queue for queue in inspect_queues(client, ["content"]) if queue.name == "content")


def test_poison_is_kept_once_and_the_work_behind_it_is_done(
    broker: RedisBroker, core: CoreApp, app: App, redis_url: str
) -> None:
    core.connect()
    core.submit(goods())
    declare_listing_actor(broker, app)
    for number, payload in enumerate(POISON.values()):
        put(redis_url, payload, key=f"poison-{number}")
    BrokerWakeUps(broker).send(core.dispatch())

    with working(broker):
        wait_until(lambda: core.state() == "live", "the listing behind the poison goes live")
        wait_until(lambda: len(core.dead()) == len(POISON), "a dead letter for each")

    state = content(redis_url)
    assert (state.ready, state.unacknowledged, state.orphaned) == (0, 0, 0)
    assert {letter.cause for letter in core.dead()} == {"MalformedMessage"}
    assert core.dead()[0].message["payload"]


def test_poison_does_not_come_back_with_the_next_process(
    broker: RedisBroker, core: CoreApp, app: App, redis_url: str
) -> None:
    declare_listing_actor(broker, app)
    put(redis_url, POISON["cut off"])
    with working(broker):
        wait_until(core.dead, "a dead letter")

    with working(broker):
        wait_until(lambda: content(redis_url).dead == 1, "the message among the dead ones")

    assert len(core.dead()) == 1
    assert content(redis_url).ready == 0


def test_a_message_for_an_actor_that_does_not_exist_is_kept(
    broker: RedisBroker, core: CoreApp, app: App, redis_url: str
) -> None:
    declare_listing_actor(broker, app)
    put(redis_url, encoded(actor_name="listing.gone", options={"redis_message_id": "poison"}))

    with working(broker):
        wait_until(core.dead, "a dead letter")
        wait_until(lambda: content(redis_url).dead == 1, "the message among the dead ones")

    (letter,) = core.dead()
    assert (letter.cause, letter.actor, letter.message["args"]) == ("ActorNotFound", "listing.gone", ["abc"])
