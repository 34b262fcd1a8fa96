"""What the durable make of the script writes: that a step begins, before its call, and how it ended, after it.

The least that a program must write down which is not to send a thing twice, or lose it, when it dies in between: one row,
two commits, both waited for. No queue, no retry, no lease, no stock, no fairness.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Protocol

import sqlalchemy as sa

_METADATA = sa.MetaData()
_STEP = sa.Table(
    "step",
    _METADATA,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("listing", sa.Text, nullable=False, index=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
)


class Records(Protocol):
    """Writes steps down, or does not."""

    def step(self, what: str, *listings: str) -> "contextmanager[None] | nullcontext[None]":
        """Enclose the calls of one step of some listings."""


class NoRecords:
    """The plain script forgets."""

    def step(self, what: str, *listings: str) -> nullcontext[None]:
        """Write nothing."""
        del what, listings
        return nullcontext()


class DurableRecords:
    """Keeps steps in PostgreSQL; ``url`` as SQLAlchemy reads it, ``threads`` write at once."""

    def __init__(self, url: str, threads: int) -> None:
        self._engine = sa.create_engine(url, pool_size=threads)
        _METADATA.create_all(self._engine)

    @contextmanager
    def step(self, what: str, *listings: str) -> Iterator[None]:
        """Commit the beginning of a step, let it be done, commit its end."""
        ids = self._begin(what, listings)
        yield
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(_STEP).where(_STEP.c.id.in_(ids)).values(ended_at=sa.func.clock_timestamp())
            )

    def _begin(self, what: str, listings: Sequence[str]) -> Sequence[int]:
        rows = [{"listing": listing, "what": what} for listing in listings]
        with self._engine.begin() as connection:
            return connection.scalars(sa.insert(_STEP).returning(_STEP.c.id), rows).all()
