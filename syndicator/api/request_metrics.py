"""Requests as a monitor counts them: by the route as it is written, never by the address, which would be endless."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "other"
"""A method or a route that nobody declared; a stranger could invent any number of them."""
EDGES_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class RequestMetrics:
    """Counts the requests of this process. Safe for use from many threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        names = ("route", "method", "status")
        self._requests = Counter(
            "syndicator_api_requests", "Requests answered by this process.", names, registry=registry
        )
        self._seconds = Histogram(
            "syndicator_api_request_seconds",
            "Time until the whole answer was handed over.",
            names[:2],
            registry=registry,
            buckets=EDGES_S,
        )

    def answered(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request. ``status`` is 0 where the connection ended before an answer began."""
        labels = (route or OTHER, method if method in METHODS else OTHER)
        self._requests.labels(*labels, str(status)).inc()
        self._seconds.labels(*labels).observe(seconds)
