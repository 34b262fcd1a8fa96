"""The core with a real broker and real worker threads beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage

from syndicator.bootstrap import App
from syndicator.registered_adapters import SystemClock
from syndicator.settings import Settings
from tests.support.app import CoreApp
from workers import queues
from workers.broker import make_broker


class RealTime(SystemClock):
    """The real time, for tests in which threads wait for each other."""


@pytest.fixture
def core(database_url: str) -> Iterator[CoreApp]:
    app = CoreApp(database_url, clock=RealTime())  # type: ignore[arg-type]
    yield app
    app.close()


@pytest.fixture
def broker(core: CoreApp, redis_url: str) -> Iterator[RedisBroker]:
    made = make_broker(redis_url, core.database, time_limit=timedelta(seconds=45))
    made.add_middleware(CurrentMessage())
    yield made
    made.close()


@pytest.fixture
def app(core: CoreApp, database_url: str, redis_url: str) -> App:
    """The application over fake channels: what ``bootstrap`` makes once, put there beforehand."""
    made = App(settings=Settings(), database_url=database_url, redis_url=redis_url)
    made.__dict__["database"] = core.database
    made.__dict__["adapters"] = core.adapters
    return made


@contextmanager
def working(broker: RedisBroker) -> Iterator[Worker]:
    """Let two worker threads take messages for a while."""
    worker = Worker(broker, queues=set(queues.ALL_QUEUES), worker_threads=2, worker_timeout=20)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
