"""Fixed-window call counters: enough for a throttle, constant cost per call."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Window:
    """Calls since ``began`` (unix seconds)."""

    began: float = 0.0
    calls: int = 0


@dataclass(slots=True)
class Pace:
    """Counts calls per key and window length."""

    _windows: dict[tuple[str, float], Window] = field(default_factory=dict)

    def count(self, key: str, length_s: float, now: float) -> Window:
        """Count one call of ``key`` and return its window of ``length_s`` seconds, this call included."""
        window = self._windows.get((key, length_s))
        if window is None or now - window.began >= length_s:
            window = self._windows[key, length_s] = Window(now)
        window.calls += 1
        return window

    def clear(self) -> None:
        """Forget all counts."""
        self._windows.clear()
