"""What one run of chaos is: how much goods, how long the storm, what goes wrong how often. Seeded values, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Trouble(StrEnum):
    """What happens to the machines while work is on its way."""

    KILL_WORKER = "kill_worker"
    KILL_MEDIA = "kill_media"
    KILL_SCHEDULER = "kill_scheduler"
    KILL_SECOND_SCHEDULER = "kill_second_scheduler"
    KILL_API = "kill_api"
    KILL_REDIS = "kill_redis"
    KILL_POSTGRES = "kill_postgres"
    KILL_POSTGRES_BACKEND = "kill_postgres_backend"
    """PostgreSQL then ends every connection and recovers, which is a restart for those who use it."""
    KILL_EVERYTHING = "kill_everything"
    """The supervisor is killed; its guardians end what it had started."""
    DEPLOY = "deploy"
    """Stopped in good order in the middle of publishing, and started again."""
    EMPTY_REDIS = "empty_redis"
    FREEZE_REDIS = "freeze_redis"
    """Reachable, and answers nothing."""
    FILL_REDIS = "fill_redis"
    """Out of memory: every write is refused."""
    FREEZE_WORKER = "freeze_worker"
    """A worker stands still for longer than its lease and then goes on, as a machine does that was suspended."""
    CUT_CONNECTIONS = "cut_connections"
    """Every database connection ends at once, in mid-transaction or not."""
    FAIL_OVER = "fail_over"
    """Connections end and the server they come back to takes no writes for a while."""
    FILL_DISK = "fill_disk"
    """The database refuses to write an attempt, as on a full disk."""


KILLS = frozenset(trouble for trouble in Trouble if trouble.value.startswith("kill_"))

WEIGHTS: Mapping[Trouble, int] = {
    Trouble.KILL_WORKER: 40,
    Trouble.KILL_MEDIA: 8,
    Trouble.KILL_SCHEDULER: 10,
    Trouble.KILL_SECOND_SCHEDULER: 5,
    Trouble.KILL_API: 5,
    Trouble.KILL_REDIS: 6,
    Trouble.KILL_POSTGRES: 4,
    Trouble.KILL_POSTGRES_BACKEND: 6,
    Trouble.KILL_EVERYTHING: 2,
    Trouble.DEPLOY: 2,
    Trouble.EMPTY_REDIS: 6,
    Trouble.FREEZE_REDIS: 3,
    Trouble.FILL_REDIS: 3,
    Trouble.FREEZE_WORKER: 2,
    Trouble.CUT_CONNECTIONS: 5,
    Trouble.FAIL_OVER: 3,
    Trouble.FILL_DISK: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run.

    Attributes:
        seed: Decides goods, edits, troubles and which calls fail; how they interleave is up to the machine.
        sellers: Each has one account on each of the four channels.
        products: Of each seller.
        edits: Changes of wishes after the first, over all sellers.
        purchases: Buyers who come, over all sellers and the channels that take orders.
        kills: Processes killed; other troubles come between them by weight.
        storm_s: How long wishes and troubles are spread over, about.
        quiet_within_s: How long everything may take to come to rest once the storm is over.
        fault_share: Part of all calls to channels that go wrong.
        lookup_settles_s: How long Meta and LINE may not show what is new; None leaves it as shipped. Longer than what
            the weather hides.
        verifies: False switches the look before a repeat off, so that the proof is seen to fail.
    """

    seed: int = 1
    sellers: int = 10
    products: int = 50
    edits: int = 600
    purchases: int = 1_200
    kills: int = 100
    storm_s: float = 420.0
    quiet_within_s: float = 600.0
    fault_share: float = 0.3
    lookup_settles_s: int | None = None
    verifies: bool = True
    weights: Mapping[Trouble, int] = field(default_factory=lambda: WEIGHTS)

    @property
    def listings(self) -> int:
        """Products on accounts, all together."""
        return self.sellers * self.products * 4


LONG = Scenario()
SHORT = Scenario(
    sellers=4,
    products=12,
    edits=60,
    purchases=120,
    kills=8,
    storm_s=45.0,
    quiet_within_s=240.0,
    lookup_settles_s=12,
)
"""For ``make test``: the same troubles, fewer goods, and less patience with what is not seen yet."""
CALM_KILLS = {Trouble.KILL_WORKER: 1}
