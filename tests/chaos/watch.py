"""Watching from outside: how long leases outlive the trouble that orphaned them, and whether a buyer ever sees double."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from adapters.testing.sandbox.summary import Listing
from syndicator.local.probes import libpq_url
from tests.chaos.judge import sku_of
from tests.chaos.scenario import Trouble

LOOK_EVERY_S = 0.5
_LEASES = """
SELECT lease_token FROM listing WHERE lease_token IS NOT NULL AND due_at > now()
UNION SELECT lease_token FROM media WHERE lease_token IS NOT NULL AND due_at > now()
"""
_NEXT_END = "SELECT min(ended_at) FROM attempt WHERE ended_at > %s AND outcome <> 'lost'"


@dataclass(slots=True, eq=False)
class Recovery:
    """One trouble, the leases that ran when it came, and what became of the work.

    Attributes:
        seconds: How long it took until none of those leases kept work from being taken up: ended, or run out.
        idle_s: How long it took until the next step of any listing ended; None where no work was left.
    """

    trouble: Trouble
    at: float
    came: datetime
    held: set[str]
    seconds: float | None = None
    idle_s: float | None = None
    leases: int = field(init=False)

    def __post_init__(self) -> None:
        self.leases = len(self.held)


class Watch:
    """Looks twice a second, in a thread of its own, at the leases and at what buyers see.

    Args:
        database_url: Where leases stand.
        visible: Returns what buyers see now.
    """

    def __init__(self, database_url: str, visible: Callable[[], Sequence[Listing]]) -> None:
        self._database_url = database_url
        self._visible = visible
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.recoveries: list[Recovery] = []
        self.most_visible: dict[tuple[str, str, str], int] = {}

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()

    def trouble_comes(self, trouble: Trouble) -> Recovery | None:
        """Note which leases are held right before a trouble; None when the database cannot be asked."""
        held = self._leases()
        if held is None:
            return None
        recovery = Recovery(trouble, time.monotonic(), datetime.now(UTC), held)
        with self._lock:
            self.recoveries.append(recovery)
        return recovery

    def measure_idleness(self) -> None:
        """Ask, once all is over, how soon after each trouble work went on."""
        with psycopg.connect(libpq_url(self._database_url)) as connection:
            for recovery in self.recoveries:
                row = connection.execute(_NEXT_END, [recovery.came]).fetchone()
                if row and row[0]:
                    recovery.idle_s = (row[0] - recovery.came).total_seconds()

    @property
    def doubles(self) -> Mapping[tuple[str, str, str], int]:
        """Products that buyers ever saw more than once on one account, with how often at most."""
        return {who: most for who, most in self.most_visible.items() if most > 1}

    def _run(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Look once."""
        seen = Counter((one.channel, one.account, sku_of(one)) for one in self._visible())
        for who, count in seen.items():
            self.most_visible[who] = max(count, self.most_visible.get(who, 0))
        held = self._leases()
        if held is None:
            return
        with self._lock:
            for recovery in self.recoveries:
                if recovery.seconds is None and not recovery.held & held:
                    recovery.seconds = time.monotonic() - recovery.at

    def _leases(self) -> set[str] | None:
        try:
            with psycopg.connect(libpq_url(self._database_url), connect_timeout=3) as connection:
                return {row[0] for row in connection.execute(_LEASES)}
        except psycopg.Error:
            return None
