"""Of what a worker holds, the most urgent is worked on first."""

from types import SimpleNamespace

from dramatiq.worker import _WorkQueueItem

from workers.queues import BY_URGENCY
from workers.urgency import UrgentFirst


def arrived(*queue_names: str) -> list[str]:
    """Return the order in which messages that came in this order are taken."""
    queue = UrgentFirst(BY_URGENCY)
    for name in queue_names:
        queue.put(_WorkQueueItem(0, SimpleNamespace(queue_name=name)))
    return [queue.get().message.queue_name for _ in queue_names]


def test_a_stock_change_stands_before_everything():
    assert arrived("bulk", "content", "bulk", "price", "stock") == [
        "stock",
        "price",
        "content",
        "bulk",
        "bulk",
    ]


def test_of_one_queue_the_first_to_come_is_the_first_to_go():
    queue = UrgentFirst(BY_URGENCY)
    first, second = (SimpleNamespace(queue_name="bulk") for _ in range(2))
    for message in (first, second):
        queue.put(_WorkQueueItem(0, message))

    assert [queue.get().message, queue.get().message] == [first, second]


def test_an_unknown_queue_stands_last():
    assert arrived("other", "bulk") == ["bulk", "other"]
