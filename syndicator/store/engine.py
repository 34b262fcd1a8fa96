"""The connection to PostgreSQL and the unit of work: one transaction, the repositories on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from syndicator.ports import Cipher
from syndicator.store.accounts import AccountRepository
from syndicator.store.answers import AnswerRepository
from syndicator.store.attempts import AttemptRepository
from syndicator.store.dead_letters import DeadLetterRepository
from syndicator.store.dispatching import DispatchRepository
from syndicator.store.feeds import FeedRepository
from syndicator.store.listings import ListingRepository
from syndicator.store.media import MediaRepository
from syndicator.store.processes import ProcessRepository
from syndicator.store.products import ProductRepository
from syndicator.store.reports import ReportRepository
from syndicator.store.stock import StockRepository
from syndicator.store.unlisted import UnlistedRepository


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One open transaction. Repositories never commit; leaving ``Database.begin`` does."""

    connection: sa.Connection
    accounts: AccountRepository
    products: ProductRepository
    stock: StockRepository
    media: MediaRepository
    listings: ListingRepository
    feeds: FeedRepository
    dispatch: DispatchRepository
    attempts: AttemptRepository
    unlisted: UnlistedRepository
    dead: DeadLetterRepository
    answers: AnswerRepository
    processes: ProcessRepository
    reports: ReportRepository

    def notify_due(self) -> None:
        """Wake the dispatcher when this transaction commits."""
        self.connection.execute(sa.text("SELECT pg_notify('syndicator_due', '')"))


def psycopg_url(url: str) -> sa.URL:
    """Accept ``postgres://`` and ``postgresql://`` addresses and say which driver speaks."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


class Database:
    """Opens transactions. Safe for use from many threads.

    Args:
        url: PostgreSQL address.
        cipher: Opens and closes stored credentials.
        pool_size: Connections kept open; more wait their turn.
    """

    def __init__(self, url: str, cipher: Cipher, *, pool_size: int = 10) -> None:
        self.engine = sa.create_engine(
            psycopg_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "application_name": "syndicator"},
        )
        self._cipher = cipher

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open a transaction; it commits at the end of the block and rolls back when the block raises."""
        with self.engine.begin() as connection:
            yield UnitOfWork(
                connection=connection,
                accounts=AccountRepository(connection, self._cipher),
                products=ProductRepository(connection),
                stock=StockRepository(connection),
                media=MediaRepository(connection),
                listings=ListingRepository(connection),
                feeds=FeedRepository(connection),
                dispatch=DispatchRepository(connection),
                attempts=AttemptRepository(connection),
                unlisted=UnlistedRepository(connection),
                dead=DeadLetterRepository(connection),
                answers=AnswerRepository(connection),
                processes=ProcessRepository(connection),
                reports=ReportRepository(connection),
            )

    @contextmanager
    def alone(self, purpose: str) -> Iterator[bool]:
        """Hold the only right to ``purpose`` without a transaction; yield False when another connection holds it.

        It ends with the block, or with the connection.
        """
        key = {"purpose": purpose}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            held = connection.scalar(
                sa.text("SELECT pg_try_advisory_lock(hashtextextended(:purpose, 0))"), key
            )
            try:
                yield bool(held)
            finally:
                if held:
                    connection.execute(
                        sa.text("SELECT pg_advisory_unlock(hashtextextended(:purpose, 0))"), key
                    )

    def close(self) -> None:
        """Close the pool."""
        self.engine.dispose()
