"""A thread of the leading scheduler that hands out stock changes, so that none waits until a look at all else has ended."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import structlog

from syndicator.bootstrap import App
from syndicator.local.probes import libpq_url
from syndicator.usecases.dispatch import DispatchLimits, Turn, dispatch
from workers.broker import BrokerWakeUps

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
"""Longest pause between two looks; a change tells of itself, and the look at all lanes finds what was missed."""
TROUBLE_PAUSE_S = 1.0


@contextmanager
def watching_stock(app: App, wake_ups: BrokerWakeUps, limits: Callable[[], DispatchLimits]) -> Iterator[None]:
    """Hand out stock changes as soon as they are told of, for the block."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(app, wake_ups, limits, stop), name="stock-lane", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=LOOK_EVERY_S + TROUBLE_PAUSE_S)


def _run(
    app: App, wake_ups: BrokerWakeUps, limits: Callable[[], DispatchLimits], stop: threading.Event
) -> None:
    turn = Turn()
    while not stop.is_set():
        try:
            with psycopg.connect(libpq_url(app.database_url), autocommit=True) as connection:
                connection.execute("LISTEN syndicator_stock")
                while not stop.is_set():
                    _look(app, wake_ups, limits(), turn)
                    for _ in connection.notifies(timeout=LOOK_EVERY_S, stop_after=1):
                        pass
        except Exception as exc:  # noqa: BLE001 - whatever it was, the next look tries again
            log.warning("stock_lane.trouble", error=type(exc).__name__)
            stop.wait(TROUBLE_PAUSE_S)


def _look(app: App, wake_ups: BrokerWakeUps, limits: DispatchLimits, turn: Turn) -> None:
    dispatch(
        limits,
        turn,
        database=app.database,
        adapters=app.adapters,
        wake_ups=wake_ups,
        clock=app.clock,
        only_stock=True,
    )
