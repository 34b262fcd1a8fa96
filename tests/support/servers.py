"""Fixtures: a real PostgreSQL and a real Redis for each test process, a database of its own for each test.

Each pytest-xdist worker starts servers of its own, when its first test asks for one. They end with the worker,
also when it is killed. A test may hurt them: what one test does to a server no other worker sees.
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from syndicator.local.postgres import PrivatePostgres
from syndicator.local.redis import PrivateRedis
from tests.support.emptied_database import EmptiedDatabase, create, drop, url_of

# Nothing here has to survive a power cut, and no test is to be planned by what was counted during another.
FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
TEMPLATE = "migrated_template"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    # Not tmp_path: that one is long, which moves the sockets elsewhere, and is kept after the run.
    folder = Path(tempfile.mkdtemp(prefix="syndicator-tests-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[PrivatePostgres]:
    with PrivatePostgres(servers_folder / "postgres", settings=FAST_SETTINGS) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(servers_folder: Path) -> Iterator[PrivateRedis]:
    with PrivateRedis(servers_folder / "redis") as server:
        yield server


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PrivatePostgres) -> str:
    """Name of a database that has gone through all migrations once, to be copied."""
    from syndicator.store.migrate import migrate

    create(postgres_server, TEMPLATE, template="template0")
    migrate(url_of(postgres_server, TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def emptied_database(postgres_server: PrivatePostgres, migrated_template: str) -> EmptiedDatabase:
    return EmptiedDatabase(postgres_server, migrated_template)


@pytest.fixture
def database_url(emptied_database: EmptiedDatabase) -> str:
    """Address of a migrated, empty database for this test alone."""
    return emptied_database.url()


@pytest.fixture
def empty_database_url(postgres_server: PrivatePostgres) -> Iterator[str]:
    """Address of a fresh database without any table, for tests of the migrations themselves."""
    yield from _fresh_database(postgres_server, template="template0")


@pytest.fixture
def redis_url(redis_server: PrivateRedis) -> str:
    """Address of an empty Redis for this test alone."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


def _fresh_database(server: PrivatePostgres, *, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    create(server, name, template=template)
    yield url_of(server, name)
    drop(server, name)
