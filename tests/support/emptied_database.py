"""A database that one test after the other uses: emptied before each, made anew where a test changed more than rows.

To copy the template for every test took longer than most tests.
"""

import itertools
from contextlib import suppress

import psycopg
from psycopg import sql

from syndicator.local.postgres import DATABASE, PrivatePostgres
from syndicator.local.probes import libpq_url

MOST_GROWTH = 16 * 1024 * 1024
"""Bytes; one that has grown further is made anew, for what was deleted is still read over."""

# Whatever changes the schema changes a name, a count or the newest id of these.
_SCHEMA = """
SELECT (SELECT (count(*), max(oid), sum(hashtext(relname)))::text FROM pg_class),
       (SELECT (count(*), max(oid), sum(hashtext(prosrc)))::text FROM pg_proc),
       (SELECT (count(*), max(oid), string_agg(tgenabled::text, '' ORDER BY oid))::text FROM pg_trigger),
       (SELECT (count(*), max(oid))::text FROM pg_constraint), (SELECT (count(*), max(oid))::text FROM pg_namespace),
       (SELECT (sum(hashtext(attname)), sum(attnum), sum(attnotnull::int))::text FROM pg_attribute),
       (SELECT count(*)::text FROM pg_db_role_setting)
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_RESTART_SEQUENCES = """
SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL
"""
_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_numbers = itertools.count(1)


class EmptiedDatabase:
    """Gives the address of a migrated database without rows, as often as asked; each time the last one's is spent."""

    def __init__(self, server: PrivatePostgres, template: str) -> None:
        self._server = server
        self._template = template
        self._name: str | None = None
        self._schema: tuple[str, ...] = ()
        self._size = 0

    def url(self) -> str:
        """Return the address; whoever is still connected is cut off."""
        if self._name is None or not self._is_emptied(self._name):
            self._name = self._made_anew(self._name)
        return url_of(self._server, self._name)

    def _made_anew(self, spent: str | None) -> str:
        if spent is not None:
            drop(self._server, spent)
        name = f"emptied_{next(_numbers)}"
        create(self._server, name, template=self._template)
        with _connected(self._server, name) as connection:
            self._schema, self._size = _schema_of(connection), _size_of(connection)
        return name

    def _is_emptied(self, name: str) -> bool:
        """Take all rows out; return False where that is not enough."""
        with suppress(psycopg.Error), _connected(self._server, name) as connection:
            connection.execute(_END_OTHERS)
            if _schema_of(connection) != self._schema or _size_of(connection) > self._size + MOST_GROWTH:
                return False
            _take_rows_out(connection)
            return True
        return False


def _take_rows_out(connection: psycopg.Connection) -> None:
    tables = [sql.Identifier(name) for (name,) in connection.execute(_TABLES)]
    is_filled = sql.SQL(", ").join(sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in tables)
    filled = connection.execute(sql.SQL("SELECT {}").format(is_filled)).fetchone()
    assert filled is not None
    with connection.transaction():
        # Neither triggers nor references are asked.
        connection.execute("SET LOCAL session_replication_role = replica")
        for table, has_rows in zip(tables, filled, strict=True):
            if has_rows:
                connection.execute(sql.SQL("DELETE FROM {}").format(table))
        connection.execute(_RESTART_SEQUENCES)


def _schema_of(connection: psycopg.Connection) -> tuple[str, ...]:
    row = connection.execute(_SCHEMA).fetchone()
    assert row is not None
    return row


def _size_of(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])


def _connected(server: PrivatePostgres, name: str) -> psycopg.Connection:
    return psycopg.connect(libpq_url(url_of(server, name)), autocommit=True)


def url_of(server: PrivatePostgres, database: str) -> str:
    """Return the address of another database of the same server."""
    return server.url.replace(f"@/{DATABASE}?", f"@/{database}?")


def create(server: PrivatePostgres, name: str, *, template: str) -> None:
    """Make a database as a copy of another."""
    statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
    _execute(server, sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))


def drop(server: PrivatePostgres, name: str) -> None:
    """Drop a database, by force: a pool of the test may still hold idle connections."""
    _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server: PrivatePostgres, statement: sql.Composed) -> None:
    with psycopg.connect(libpq_url(server.url), autocommit=True) as connection:
        connection.execute(statement)
