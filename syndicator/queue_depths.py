"""Read the state of dramatiq's queues from Redis, without changing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import redis

NAMESPACE: Final = "dramatiq"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """Messages of one queue.

    Attributes:
        ready: Waiting to be taken.
        unacknowledged: Taken by a worker and not finished.
        delayed: In the delay queue, which stays empty with us.
        dead: Failed, kept for a while.
        orphaned: Payloads that no list knows any more; anything but 0 is a fault.
    """

    name: str
    ready: int
    unacknowledged: int
    delayed: int
    dead: int
    orphaned: int


def inspect_queues(client: redis.Redis, names: Sequence[str]) -> Sequence[QueueState]:
    """Return the state of the queues of these names.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    acks = list(client.scan_iter(match=f"{NAMESPACE}:__acks__.*", count=500))
    return [_inspect(client, name, [key.decode() for key in acks]) for name in names]


def _inspect(client: redis.Redis, name: str, acks: Sequence[str]) -> QueueState:
    own = [key for key in acks if key.rpartition(".")[2] == name]
    with client.pipeline(transaction=True) as pipe:
        pipe.llen(f"{NAMESPACE}:{name}")
        pipe.hlen(f"{NAMESPACE}:{name}.msgs")
        pipe.hlen(f"{NAMESPACE}:{name}.DQ.msgs")
        pipe.zcard(f"{NAMESPACE}:{name}.XQ")
        for key in own:
            pipe.scard(key)
        ready, payloads, delayed, dead, *taken = cast("list[int]", pipe.execute())
    return QueueState(
        name=name,
        ready=ready,
        unacknowledged=sum(taken),
        delayed=delayed,
        dead=dead,
        orphaned=max(0, payloads - ready - sum(taken)),
    )
