"""What all tables share: naming of constraints, column types, common columns."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    """Shared column types: times are aware, ids are 64 bits."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
        datetime: sa.DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        int: sa.BigInteger,
        str: sa.Text,
    }


def id_column() -> Mapped[int]:
    """Return the primary key every table has."""
    return mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)


def now_column() -> Mapped[datetime]:
    """Return a moment that defaults to when the transaction began."""
    return mapped_column(server_default=sa.func.now())


def ref_column(target: str, *, index: bool = False) -> Mapped[int]:
    """Return a reference that goes with what it refers to."""
    return mapped_column(sa.ForeignKey(f"{target}.id", ondelete="CASCADE"), index=index)


def table(model: type[Base]) -> sa.Table:
    """Return the table of a model, typed; the repositories write SQL on tables, not objects."""
    found = model.__table__
    if not isinstance(found, sa.Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return found
