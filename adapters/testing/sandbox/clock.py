"""A clock that runs with the real one and can be moved ahead."""

import time
from datetime import UTC, datetime


class SandboxClock:
    """Unix seconds, offset by what tests asked for."""

    def __init__(self, offset_s: float = 0.0) -> None:
        self.offset_s = offset_s

    def now(self) -> float:
        """Return unix seconds of the sandbox's present."""
        return time.time() + self.offset_s

    def advance(self, seconds: float) -> None:
        """Move the present ahead by ``seconds``."""
        self.offset_s += seconds


def graph_time(seconds: float) -> str:
    """Write a moment as Graph does: ``2026-11-22T05:00:00+0000``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def iso_time(seconds: float) -> str:
    """Write a moment in UTC to the second: ``2026-11-22T05:00:00Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
