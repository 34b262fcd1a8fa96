"""What a worker has fetched ahead, the most urgent first: a stock change never waits behind a bulk of publishes."""

from collections.abc import Sequence
from dataclasses import replace
from queue import PriorityQueue
from typing import Any


class UrgentFirst(PriorityQueue[Any]):
    """A worker's own queue, ordered by where the message's queue stands in ``names``, then by when it came.

    dramatiq orders by actor only, and ours has one actor on many queues: whatever queue a message came over, it stood in
    line behind all that was fetched before it. A queue that is not named stands last.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._places = {name: place for place, name in enumerate(names)}

    def _put(self, item: Any) -> None:
        place = self._places.get(item.message.queue_name, len(self._places))
        super()._put(replace(item, priority=place))
