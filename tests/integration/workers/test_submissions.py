"""Messages of other systems: products taken in once, bad documents kept with the reason, and no worker stumbles."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker

from syndicator.bootstrap import App
from syndicator.domain.access import Reach, Role
from syndicator.queue_depths import inspect_queues
from tests.integration.workers.conftest import working
from tests.support.app import CoreApp, goods
from tests.support.waiting import wait_until
from workers.actors import declare_submit_actor
from workers.queues import MAX_SUBMIT_BYTES
from workers.submission_starts import MOST_STARTS, STARTS, SubmissionStarts, WorkerLost

SELLER = "A"


def product(sku: str = "P-1", **changes: Any) -> dict[str, Any]:
    return goods(sku, **changes).model_dump(mode="json") | {"stock": {sku: 7}}


def document(*products: Any, **changes: Any) -> dict[str, Any]:
    values = {
        "schema_version": 1,
        "seller": SELLER,
        "reference": "erp-1",
        "products": list(products or [product()]),
    }
    return values | changes


def send_by_dramatiq(redis_url: str, argument: object) -> None:
    """As a system with dramatiq does, with a broker of its own."""
    broker = RedisBroker(url=redis_url, middleware=[])
    message = dramatiq.Message(
        queue_name="submit", actor_name="listing.submit", args=(argument,), kwargs={}, options={}
    )
    broker.enqueue(message)
    broker.close()


def send_by_redis(redis_url: str, argument: object, **changes: Any) -> None:
    """As docs/messages.md says it for everybody else."""
    id_ = str(uuid.uuid4())
    message = {
        "queue_name": "submit",
        "actor_name": "listing.submit",
        "args": [argument],
        "kwargs": {},
        "options": {"redis_message_id": id_},
        "message_id": id_,
        "message_timestamp": 1_795_689_600_000,
    }
    put(redis_url, json.dumps(message | changes, ensure_ascii=False).encode(), id_)


def put(redis_url: str, payload: bytes, id_: str = "poison") -> None:
    with redis.Redis.from_url(redis_url) as client, client.pipeline(transaction=True) as pipe:
        pipe.hset("dramatiq:submit.msgs", id_, payload)
        pipe.rpush("dramatiq:submit", id_)
        pipe.execute()


def queue(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url) as client:
        return inspect_queues(client, ["submit"])[0]


def is_empty(redis_url: str) -> bool:
    state = queue(redis_url)
    return (state.ready, state.unacknowledged, state.orphaned) == (0, 0, 0)


def jobs(core: CoreApp) -> list[Any]:
    return core.rows("SELECT * FROM job ORDER BY id")


def lines(core: CoreApp) -> list[tuple[Any, ...]]:
    rows = core.rows("SELECT sku, outcome FROM job_line ORDER BY job_id, line")
    return [tuple(row) for row in rows]


@pytest.fixture
def ready(broker: RedisBroker, core: CoreApp, app: App) -> App:
    core.connect()
    declare_submit_actor(broker, app)
    return app


@pytest.mark.parametrize("send", [send_by_dramatiq, send_by_redis])
def test_a_document_becomes_a_job_whose_products_are_due_on_every_account(
    send: Callable[[str, object], None], ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    send(redis_url, document(product("P-1"), product("P-2")))
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the document taken")

    (job,) = jobs(core)
    assert (job.reference, job.source, job.state, job.created) == ("message:erp-1", "message", "received", 2)
    assert core.value("SELECT count(*) FROM listing WHERE due_at IS NOT NULL") == 2
    assert core.value("SELECT sum(on_hand) FROM stock_level") == 14
    assert core.dead() == []


def test_the_same_reference_again_does_nothing_twice(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    for price in (4500, 4500, 9900):
        send_by_redis(redis_url, document(product(price=price)))
    with working(broker):
        wait_until(lambda: is_empty(redis_url), "three messages taken")

    assert len(jobs(core)) == 1
    assert lines(core) == [("P-1", "created")]
    assert core.value("SELECT canonical->'variants'->0->>'price' FROM product") == "4500"


def test_a_product_that_is_not_sound_is_refused_by_itself(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    bad = product("P-2") | {"lead_time_days": -1}
    send_by_redis(redis_url, document(product("P-1"), bad, {"sku": "P-3"}, product("P-4")))
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the document taken")

    assert lines(core) == [("P-1", "created"), ("P-2", "refused"), ("P-3", "refused"), ("P-4", "created")]
    problems = core.value("SELECT problems FROM job_line WHERE line = 2")
    assert [one["path"] for one in problems] == ["lead_time_days"]
    assert core.dead() == []


REFUSED = {
    "no object": (["a list"], "JSON object"),
    "a token": ("abc", "JSON object"),
    "no version": ({"seller": SELLER, "reference": "r", "products": [{}]}, "schema_version"),
    "a later version": (document(schema_version=2), "version 2"),
    "no products": (document() | {"products": []}, "products"),
    "a field too many": (document(surprise=1), "surprise"),
    "an unsound reference": (document(reference="two words"), "reference"),
    "an unknown seller": (document(seller="nobody"), "there is no seller nobody"),
    "an unknown account": (document(accounts=["page", "elsewhere"]), "elsewhere"),
    "text that no database takes": (document(seller="a\x00b", reference="\ud800"), "seller"),
}


@pytest.mark.parametrize(("argument", "told"), REFUSED.values(), ids=REFUSED)
def test_a_document_that_cannot_be_taken_is_kept_with_the_reason(
    argument: object, told: str, ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    send_by_dramatiq(redis_url, argument)
    with working(broker):
        wait_until(core.dead, "a dead letter")
        wait_until(lambda: queue(redis_url).dead == 1, "the message among the dead ones")

    (letter,) = core.dead()
    assert (letter.actor, letter.queue, letter.cause) == ("listing.submit", "submit", "MessageRefused")
    assert told in letter.detail
    assert is_empty(redis_url)
    assert jobs(core) == []
    assert core.value("SELECT count(*) FROM seller WHERE code = 'nobody'") == 0


def test_a_document_that_is_mended_is_taken_under_the_same_reference(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    send_by_redis(redis_url, document(accounts=["elsewhere"]))
    send_by_redis(redis_url, document(accounts=["page"]))
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the second one taken")

    assert len(core.dead()) == 1
    assert lines(core) == [("P-1", "created")]


def test_messages_that_are_none_are_kept_once_and_those_behind_them_are_taken(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    put(redis_url, b"\xff{", "not-json")
    put(redis_url, b'{"args": ["' + b"x" * MAX_SUBMIT_BYTES + b'"]}', "too-large")
    send_by_redis(redis_url, document(), actor_name="listing.reconcile")
    send_by_redis(redis_url, document(), queue_name="content")
    send_by_redis(redis_url, document(), kwargs={"force": True})
    send_by_redis(redis_url, document(), options={"redis_message_id": "another-id"})
    send_by_redis(redis_url, document())
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the good one taken")
        wait_until(lambda: queue(redis_url).dead == 6, "the others among the dead ones")

    assert {letter.cause for letter in core.dead()} == {"MalformedMessage"}
    assert len(core.dead()) == 6
    told = " ".join(letter.detail for letter in core.dead())
    assert "redis_message_id is not the id" in told
    assert f"{MAX_SUBMIT_BYTES} a message may have" in told
    assert lines(core) == [("P-1", "created")]


def test_a_document_as_large_as_it_may_be_is_taken(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    products = [product(f"P-{number}") for number in range(400)]
    assert 300_000 < len(json.dumps(products)) < MAX_SUBMIT_BYTES
    send_by_redis(redis_url, document(*products))
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the document taken", within_s=60)

    (job,) = jobs(core)
    assert (job.lines, job.created, job.refused) == (400, 400, 0)


def test_a_document_cut_off_in_the_middle_goes_on_where_it_stopped(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    products = [product(f"P-{number}") for number in range(250)]
    send_by_redis(redis_url, document(*products))
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the document taken", within_s=60)
    core.execute("DELETE FROM job_line WHERE line > 200")
    core.execute("UPDATE job SET state = 'receiving', lines = 200, created = 200, received_at = NULL")

    send_by_redis(redis_url, document(*products))
    with working(broker):
        wait_until(lambda: jobs(core)[0].state == "received", "the rest taken", within_s=60)

    (job,) = jobs(core)
    assert (job.lines, job.created, job.unchanged) == (250, 200, 50)


def test_a_message_waits_while_the_database_is_away(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str, database_url: str
) -> None:
    away = App(
        settings=ready.settings, database_url=database_url.replace("@/", "@/nowhere_"), redis_url=redis_url
    )
    away.__dict__["adapters"] = core.adapters
    broker.actors.pop("listing.submit")
    declare_submit_actor(broker, away)
    send_by_redis(redis_url, document())
    with working(broker):
        wait_until(lambda: taken_ids(redis_url), "the message put back under another id")
    assert jobs(core) == []
    assert core.dead() == []
    away.close()

    broker.actors.pop("listing.submit")
    declare_submit_actor(broker, ready)
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the message taken after all")
    assert lines(core) == [("P-1", "created")]


def begun_before(redis_url: str, times: int) -> None:
    """Leave the counts as so many workers leave them that died over the messages in the queue."""
    with redis.Redis.from_url(redis_url) as client:
        for id_ in client.hkeys("dramatiq:submit.msgs"):
            client.hset(STARTS, id_, times)


def counts_left(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return client.hlen(STARTS)


def test_a_message_over_which_every_worker_died_is_kept_with_the_reason(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    send_by_redis(redis_url, document())
    begun_before(redis_url, MOST_STARTS)
    send_by_redis(redis_url, document(product("P-2"), reference="erp-2"))
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the other one taken")
        wait_until(core.dead, "a dead letter")

    (letter,) = core.dead()
    assert (letter.actor, letter.cause) == ("listing.submit", "WorkerLost")
    assert f"began {MOST_STARTS} times" in letter.detail
    assert lines(core) == [("P-2", "created")]
    assert counts_left(redis_url) == 0


def test_messages_whose_workers_died_for_another_reason_are_taken(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    for number in range(3):
        send_by_redis(redis_url, document(product(f"P-{number}"), reference=f"erp-{number}"))
    begun_before(redis_url, MOST_STARTS - 1)
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and len(jobs(core)) == 3, "all taken")

    assert core.dead() == []
    assert counts_left(redis_url) == 0


def test_a_start_that_nobody_ended_is_counted_by_the_next_process(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        killed = [SubmissionStarts(client, most=2).counted("c-1") for _ in range(2)]
        for one in killed:
            one.__enter__()
        last = SubmissionStarts(client, most=2)
        with last.counted("c-2"):
            with pytest.raises(WorkerLost, match="began 2 times"), last.counted("c-1"):
                pass

            assert client.hgetall(STARTS) == {b"c-2": b"1"}


def test_work_that_fails_is_no_lost_worker(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        starts = SubmissionStarts(client, most=1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError), starts.counted("c-1"):
                _ = 1 / 0

        assert client.hgetall(STARTS) == {}


def test_messages_are_taken_where_redis_does_not_count() -> None:
    taken = []
    with redis.Redis(port=1) as nowhere:
        starts = SubmissionStarts(nowhere, most=1)
        for number in range(3):
            with starts.counted("c-1"):
                taken.append(number)

    assert taken == [0, 1, 2]


def taken_ids(redis_url: str) -> bool:
    """Say whether a message in the queue was put there by a broker of ours: those sent by hand carry no correlation id."""
    with redis.Redis.from_url(redis_url) as client:
        payloads = client.hvals("dramatiq:submit.msgs")
    return any("correlation_id" in json.loads(one)["options"] for one in payloads)


def test_a_job_of_a_message_is_named_in_what_it_makes_due(
    ready: App, broker: RedisBroker, core: CoreApp, redis_url: str
) -> None:
    id_ = "c-17"
    payload = {"redis_message_id": id_, "correlation_id": "erp-run-9"}
    put(
        redis_url,
        json.dumps(
            {
                "queue_name": "submit",
                "actor_name": "listing.submit",
                "args": [document()],
                "kwargs": {},
                "options": payload,
                "message_id": id_,
            }
        ).encode(),
        id_,
    )
    with working(broker):
        wait_until(lambda: is_empty(redis_url) and jobs(core), "the document taken")

    assert jobs(core)[0].request_id == "erp-run-9"
    with core.database.begin() as uow:
        assert uow.sellers.find(SELLER, Reach(role=Role.ADMIN)) is not None
