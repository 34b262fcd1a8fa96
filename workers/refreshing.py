"""Threads of the leading scheduler that refresh credentials, so that a slow channel never holds up dispatching."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from syndicator.bootstrap import App
from syndicator.usecases.refresh_credentials import TURN_TIME, Refresher

log = structlog.get_logger()


@contextmanager
def refreshing(app: App) -> Iterator[None]:
    """Refresh what falls due for the block. It ends after the refreshes under way, whose outcome must be saved."""
    stop = threading.Event()
    refresher = Refresher(
        database=app.database, adapters=app.adapters, policy=app.retry_policy, clock=app.clock
    )
    settings = app.settings.refresh
    threads = [
        threading.Thread(
            target=_run, args=(refresher, stop, settings.every), name=f"refresh-{n}", daemon=True
        )
        for n in range(settings.threads)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=TURN_TIME.total_seconds())


def _run(refresher: Refresher, stop: threading.Event, every: timedelta) -> None:
    while not stop.is_set():
        if not _refreshed(refresher):
            stop.wait(every.total_seconds())


def _refreshed(refresher: Refresher) -> bool:
    try:
        return refresher.refresh_next()
    except Exception as exc:  # noqa: BLE001 - the next look tries again
        log.warning("refresh.not_looked_after", error=type(exc).__name__)
        return False
