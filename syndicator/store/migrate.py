"""Bring a database to the tables of this release."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from syndicator.store.engine import psycopg_url

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_305_421
"""Advisory lock that lets one process migrate at a time."""


def alembic_config() -> Config:
    """Return Alembic's configuration; it has no file of its own."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def migrate(url: str) -> str:
    """Upgrade to the newest revision, waiting for another process that is doing so. Return the revision."""
    engine = sa.create_engine(psycopg_url(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        try:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            return current_revision(connection) or ""
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()
            engine.dispose()


def current_revision(connection: sa.Connection) -> str | None:
    """Return the revision the database stands at, or None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Return the revision this release wants."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""
