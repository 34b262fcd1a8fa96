"""The steps of docs/operate.md bring everything back: rows, credentials that the keys open, keys of the API."""

import subprocess

import sqlalchemy as sa

from syndicator.domain.access import ApiKeyText, Reach, Rights, Role
from syndicator.local.postgres import packaged_program
from syndicator.local.probes import libpq_url
from syndicator.store.engine import psycopg_url
from syndicator.store.migrate import migrate
from tests.support.app import CoreApp, goods


def run(name, *arguments):
    subprocess.run([packaged_program(name), *arguments], check=True, capture_output=True, timeout=120)


def test_what_was_dumped_is_restored_whole(database_url, empty_database_url, tmp_path):
    lived = CoreApp(database_url)
    lived.connect()
    lived.submit(goods("P-1"), goods("P-2"))
    lived.run_until_quiet()
    key = ApiKeyText.make()
    with lived.database.begin() as uow:
        uow.api_keys.add(
            key, Reach(role=Role.ADMIN), rights=Rights.READ, name="n", made_by="m", requests_per_minute=None
        )
    before = counts(lived.database.engine)
    lived.close()

    dump = str(tmp_path / "syndicator.dump")
    run("pg_dump", "--format=custom", f"--file={dump}", libpq_url(database_url))
    restored_url = libpq_url(empty_database_url)
    run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={restored_url}", dump)
    migrate(empty_database_url)

    restored = CoreApp(empty_database_url)
    try:
        assert counts(restored.database.engine) == before
        assert before["listing"] == 2
        with restored.database.begin() as uow:
            account_id = restored.account_id()
            assert uow.accounts.get([account_id])[account_id].credentials.values == {"token": "TOPSECRET"}
            assert uow.api_keys.caller(key, now=restored.clock.now()) is not None
        # It goes on where it was: nothing is due, and a new wish is numbered after the old ones.
        assert restored.dispatch() == []
        assert restored.submit(goods("P-3")).created == ("P-3",)
    finally:
        restored.close()


def counts(engine):
    tables = sa.inspect(engine).get_table_names()
    with engine.connect() as connection:
        count = sa.select(sa.func.count())
        return {name: connection.scalar(count.select_from(sa.table(name))) for name in tables}


def test_an_address_for_the_programs_of_postgresql_is_that_of_the_program(database_url):
    assert psycopg_url(libpq_url(database_url)) == psycopg_url(database_url)
