"""A thread of the leading scheduler that hands out what other systems are to be told, so that it never delays dispatching."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from syndicator.bootstrap import App
from syndicator.ports import WakeUps
from syndicator.usecases.dispatch_webhooks import dispatch_webhooks, fan_out

log = structlog.get_logger()

LOOK_EVERY = timedelta(milliseconds=500)
TIDY_EVERY = 120
"""Looks between two times that old events are forgotten and impossible leases are ended."""


@contextmanager
def telling_others(app: App, wake_ups: WakeUps, threads: Callable[[], int]) -> Iterator[None]:
    """Hand out events for the block; ``threads`` tells how many worker threads are alive."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(app, wake_ups, threads, stop), name="events", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=app.settings.dispatch.lease.total_seconds())


def _run(app: App, wake_ups: WakeUps, threads: Callable[[], int], stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        try:
            fan_out(database=app.database, clock=app.clock)
            dispatch_webhooks(
                app.webhook_room(threads()), database=app.database, wake_ups=wake_ups, clock=app.clock
            )
            if number % TIDY_EVERY == 0:
                tidy(app)
        except ConnectionError as exc:
            log.warning("events.broker_silent", error=str(exc))
        except Exception as exc:  # noqa: BLE001 - the next look tries again
            log.warning("events.not_handed_out", error=type(exc).__name__)
        number += 1
        stop.wait(LOOK_EVERY.total_seconds())


def tidy(app: App) -> None:
    """Forget old events, and end leases that no clock of ours can have given."""
    now = app.clock.now()
    with app.database.begin() as uow:
        uow.webhooks.forget(before=now - app.settings.webhooks.kept)
        ended = uow.webhooks.shorten_leases(now=now, longest=app.settings.dispatch.lease)
    if ended:
        log.warning("events.leases_shortened", count=ended)
