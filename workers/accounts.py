"""A thread of the leading scheduler that hands out work done account by account, so that it never delays dispatching."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from syndicator.bootstrap import App
from syndicator.ports import WakeUps
from syndicator.usecases.dispatch_accounts import LooksOut, dispatch_accounts, dispatch_looks

log = structlog.get_logger()

LOOK_EVERY = timedelta(seconds=1)
LEASES_EVERY = 60
"""Looks between two looks for leases that no clock of ours can have given."""


@contextmanager
def handing_out_accounts(app: App, wake_ups: WakeUps, threads: Callable[[], int]) -> Iterator[None]:
    """Hand out accounts that are due for the block; ``threads`` tells how many worker threads are alive."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(app, wake_ups, threads, stop), name="accounts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=app.settings.dispatch.lease.total_seconds())


def _run(app: App, wake_ups: WakeUps, threads: Callable[[], int], stop: threading.Event) -> None:
    out, number = LooksOut(), 0
    while not stop.is_set():
        try:
            hand_out_accounts(app, wake_ups, out, threads())
            if number % LEASES_EVERY == 0:
                _shorten_leases(app)
        except ConnectionError as exc:
            log.warning("accounts.broker_silent", error=str(exc))
        except Exception as exc:  # noqa: BLE001 - the next look tries again
            log.warning("accounts.not_handed_out", error=type(exc).__name__)
        number += 1
        stop.wait(LOOK_EVERY.total_seconds())


def hand_out_accounts(app: App, wake_ups: WakeUps, out: LooksOut, threads: int) -> int:
    """Lease what is due and wake the workers; return how many wake-ups went out.

    Raises:
        ConnectionError: The broker cannot be reached.
    """
    kinds = app.account_dispatches(threads)
    sent = dispatch_accounts(kinds, database=app.database, wake_ups=wake_ups, clock=app.clock)
    return sent + dispatch_looks(
        out,
        lease=app.settings.dispatch.lease,
        outstanding=app.settings.sweep.outstanding(threads),
        database=app.database,
        wake_ups=wake_ups,
        clock=app.clock,
    )


def _shorten_leases(app: App) -> None:
    with app.database.begin() as uow:
        for work in (uow.orders_work, uow.sweep_work):
            ended = work.shorten_leases(now=app.clock.now(), longest=app.settings.dispatch.lease)
            if ended:
                log.warning("accounts.leases_shortened", count=ended)
