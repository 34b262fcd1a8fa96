"""Whoever changes several listings locks them in the order of their ids, and a worker waits for what is locked.

A page of orders and a slice of a worker concern the same listings at the same time: locked in any order, one of the two
would be ended by the database; passed over, a stock change would rest until a lease runs out.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from schemas.ids import ListingId
from syndicator.usecases import outcomes
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import MARKET

SKUS = ("P-1", "P-2", "P-3")


@pytest.fixture
def app(database_url) -> Iterator[CoreApp]:
    """Three listings on sale, all due under one lease; the one with the lowest id lies last in the table."""
    core = CoreApp(database_url)
    core.connect(can=MARKET)
    core.submit(*(goods(sku) for sku in SKUS))
    core.run_until_quiet()
    core.execute("UPDATE listing SET wish = wish WHERE id = :id", id=core.listing("P-1").id)
    yield core
    core.close()


def change_all(app: CoreApp) -> str:
    """Make a change of stock due and lease it; return the lease."""
    with app.database.begin() as uow:
        uow.pushes.want([app.listing(sku).product_id for sku in SKUS], now=app.clock.now())
    return app.lease_one()


@contextmanager
def locked(app: CoreApp, sku: str) -> Iterator[None]:
    """Hold the row of a listing for the block."""
    with app.database.begin() as uow:
        uow.connection.execute(
            sa.text("SELECT id FROM listing WHERE id = :id FOR UPDATE"), {"id": app.listing(sku).id}
        )
        yield


def is_locked(app: CoreApp, sku: str) -> bool:
    try:
        with app.database.begin() as uow:
            uow.connection.execute(
                sa.text("SELECT id FROM listing WHERE id = :id FOR NO KEY UPDATE NOWAIT"),
                {"id": app.listing(sku).id},
            )
    except sa.exc.OperationalError:
        return True
    return False


@contextmanager
def waiting(app: CoreApp, action) -> Iterator[threading.Thread]:
    """Run ``action`` in a thread, which waits for a lock during the block and ends after it."""
    thread = threading.Thread(target=action)
    thread.start()
    for _ in range(200):
        if app.value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            break
        thread.join(timeout=0.02)
    assert thread.is_alive(), "it did not wait"
    yield thread


def test_a_stock_change_locks_the_lowest_listing_first(app):
    products = [app.listing(sku).product_id for sku in reversed(SKUS)]

    def want() -> None:
        with app.database.begin() as uow:
            # As the database may read a large table: as its rows lie.
            for name in ("enable_indexscan", "enable_bitmapscan"):
                uow.connection.execute(sa.text(f"SET LOCAL {name} = off"))
            uow.pushes.want(products, now=app.clock.now())

    with locked(app, "P-1"), waiting(app, want) as thread:
        assert not is_locked(app, "P-3")
    thread.join(timeout=20)

    assert app.listing("P-3").due_at == app.clock.now()


def test_outcomes_lock_the_lowest_listing_first(app):
    lease = change_all(app)
    with app.database.begin() as uow:
        claimed = uow.listings.claim(lease, until=app.clock.now() + LEASE)
    given = [outcomes.later(one.listing, timedelta(0)) for one in reversed(claimed)]
    lost: list[frozenset[ListingId]] = []

    def record() -> None:
        with app.database.begin() as uow:
            lost.append(uow.listings.record(claimed[0].token, given, now=app.clock.now()))

    with locked(app, "P-1"), waiting(app, record) as thread:
        assert not is_locked(app, "P-3")
    thread.join(timeout=20)

    assert lost == [frozenset()]


def test_a_worker_waits_for_listings_that_somebody_changes_at_this_moment(app):
    lease = change_all(app)
    worked: list[int] = []

    with locked(app, "P-2"), waiting(app, lambda: worked.append(app.reconcile(lease))) as thread:
        pass
    thread.join(timeout=20)

    assert worked == [len(SKUS)]


def test_a_message_delivered_twice_at_once_is_worked_on_once(app):
    lease = change_all(app)
    worked: list[int] = []

    with locked(app, "P-1"):
        threads = [threading.Thread(target=lambda: worked.append(app.reconcile(lease))) for _ in range(2)]
        for one in threads:
            one.start()
    for one in threads:
        one.join(timeout=20)

    assert sorted(worked) == [0, len(SKUS)]
