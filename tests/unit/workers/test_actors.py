"""The middleware on dramatiq's own broker in memory: ids, sizes, and nothing that retries."""

import dramatiq
import pytest
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries

from workers import queues
from workers.broker import Correlation, MessageTooLarge


@pytest.fixture
def broker() -> StubBroker:
    made = StubBroker(middleware=[Correlation()])
    made.declare_queue("content")
    return made


def message(lease: str = "abc", **options: object) -> dramatiq.Message:
    return dramatiq.Message(
        queue_name="content", actor_name="listing.reconcile", args=(lease,), kwargs={}, options=options
    )


def test_a_message_without_an_id_gets_one(broker: StubBroker) -> None:
    first, second = broker.enqueue(message()), broker.enqueue(message())

    ids = {first.options["correlation_id"], second.options["correlation_id"]}
    assert len(ids) == 2


def test_an_id_given_by_the_sender_is_kept(broker: StubBroker) -> None:
    assert broker.enqueue(message(correlation_id="c-1")).options["correlation_id"] == "c-1"


@pytest.mark.parametrize("fits", [True, False])
def test_the_bound_is_on_the_whole_message(broker: StubBroker, *, fits: bool) -> None:
    empty = len(message("", correlation_id="c").encode())
    lease = "x" * (queues.MAX_MESSAGE_BYTES - empty + (not fits))

    if fits:
        broker.enqueue(message(lease, correlation_id="c"))
    else:
        with pytest.raises(MessageTooLarge):
            broker.enqueue(message(lease, correlation_id="c"))

    assert broker.queues["content"].qsize() == int(fits)


def test_everything_logged_while_a_message_runs_carries_its_id(broker: StubBroker) -> None:
    seen: list[dict[str, object]] = []

    def look(_lease: str) -> None:
        seen.append(dict(structlog.contextvars.get_contextvars()))

    dramatiq.actor(actor_name="listing.reconcile", queue_name="content", broker=broker)(look)
    broker.enqueue(message(correlation_id="c-1"))
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=10)
    worker.start()
    broker.join("content")
    worker.stop()

    assert seen == [{"correlation_id": "c-1", "actor": "listing.reconcile"}]
    assert not any(isinstance(one, Retries) for one in broker.middleware)
