"""The migrations make exactly the tables the code speaks of."""

import threading

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from syndicator.store.engine import psycopg_url
from syndicator.store.migrate import alembic_config, current_revision, migrate, newest_revision
from syndicator.store.tables import Base


def connected(url: str) -> sa.Engine:
    return sa.create_engine(psycopg_url(url), poolclass=sa.NullPool)


def test_the_migrations_make_the_tables_of_the_models(empty_database_url: str) -> None:
    migrate(empty_database_url)

    with connected(empty_database_url).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_check_constraints_of_models_and_migrations_are_the_same(empty_database_url: str) -> None:
    # Alembic does not compare these.
    migrate(empty_database_url)
    engine = connected(empty_database_url)
    migrated = {name: sa.inspect(engine).get_check_constraints(name) for name in Base.metadata.tables}
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
        Base.metadata.create_all(connection)

    modelled = {name: sa.inspect(engine).get_check_constraints(name) for name in Base.metadata.tables}

    assert migrated == modelled


def test_partial_indexes_of_models_and_migrations_are_the_same(empty_database_url: str) -> None:
    migrate(empty_database_url)
    engine = connected(empty_database_url)
    statement = sa.text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
    with engine.begin() as connection:
        migrated = [
            tuple(row) for row in connection.execute(statement) if row.indexname != "alembic_version_pkc"
        ]
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
        Base.metadata.create_all(connection)
        modelled = [tuple(row) for row in connection.execute(statement)]

    assert migrated == modelled


def test_migrating_again_changes_nothing(empty_database_url: str) -> None:
    first = migrate(empty_database_url)

    assert migrate(empty_database_url) == first == newest_revision()


def test_an_empty_database_stands_at_no_revision(empty_database_url: str) -> None:
    with connected(empty_database_url).connect() as connection:
        assert current_revision(connection) is None


def test_many_processes_may_migrate_at_once(empty_database_url: str) -> None:
    reached: list[str] = []
    threads = [threading.Thread(target=lambda: reached.append(migrate(empty_database_url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert reached == [newest_revision()] * 3


def test_going_down_leaves_no_table(empty_database_url: str) -> None:
    migrate(empty_database_url)
    engine = connected(empty_database_url)

    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version"}


def test_dead_letters_of_before_are_grouped_by_cause_and_keep_whether_they_were_closed(
    empty_database_url: str,
) -> None:
    engine = connected(empty_database_url)
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            sa.text(
                "INSERT INTO dead_letter (actor, cause, detail, closed_at) VALUES"
                " ('listing.reconcile', 'KeyError', 'x', NULL), ('listing.reconcile', 'KeyError', 'y', now()),"
                " (NULL, 'Transient 2', 'z', NULL)"
            )
        )

    migrate(empty_database_url)

    with engine.begin() as connection:
        rows = connection.execute(
            sa.text("SELECT fingerprint, resolution FROM dead_letter ORDER BY id")
        ).all()
    assert [row.resolution for row in rows] == [None, "superseded", None]
    assert rows[0].fingerprint == rows[1].fingerprint != rows[2].fingerprint
    assert {len(row.fingerprint) for row in rows} == {10}
