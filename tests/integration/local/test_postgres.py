import os
import signal

import psutil
import psycopg
import pytest

from syndicator.local.errors import ServerDown
from syndicator.local.leftovers import processes_in
from syndicator.local.postgres import PrivatePostgres
from syndicator.local.probes import libpq_url
from tests.integration.local.conftest import is_alive, kill_and_wait, wait_until

HOLD_POSTGRES = """
import sys
from pathlib import Path
from syndicator.local.postgres import PrivatePostgres
server = PrivatePostgres(Path(sys.argv[1]))
print(server.start(), flush=True)
print(server.pid, flush=True)
sys.stdin.read()
"""


def write(url: str, value: int) -> None:
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def read(url: str) -> list[int]:
    with psycopg.connect(libpq_url(url)) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def test_data_outlives_a_stop_and_the_address_stays(short_folder):
    with PrivatePostgres(short_folder) as server:
        first_url = server.url
        write(first_url, 1)

    with PrivatePostgres(short_folder) as server:
        assert server.url == first_url
        assert read(server.url) == [1]


def test_stop_leaves_no_process(short_folder):
    with PrivatePostgres(short_folder) as server:
        pid = server.pid

    assert not is_alive(pid)
    assert processes_in((short_folder / "data").resolve(), "postgres") == []


def test_committed_data_outlives_a_kill_of_the_server(short_folder):
    with PrivatePostgres(short_folder) as server:
        write(server.url, 1)
        kill_and_wait(server.pid)
        wait_until(lambda: not server.is_running())

        assert read(server.start()) == [1]


def test_committed_data_outlives_a_kill_of_server_and_guardian(short_folder):
    with PrivatePostgres(short_folder) as server:
        write(server.url, 1)
        guardian = psutil.Process(server.pid).ppid()
        os.kill(guardian, signal.SIGSTOP)
        os.kill(server.pid, signal.SIGKILL)
        kill_and_wait(guardian)

        assert read(server.start()) == [1]


def test_a_killed_parent_leaves_no_server_and_no_damage(short_folder, run_script):
    parent = run_script(HOLD_POSTGRES, short_folder)
    url, pid = parent.line(), int(parent.line())
    write(url, 1)

    parent.process.kill()

    wait_until(lambda: not is_alive(pid), seconds=10)
    with PrivatePostgres(short_folder) as server:
        assert read(server.url) == [1]


def test_a_killed_guardian_takes_the_server_along(short_folder):
    with PrivatePostgres(short_folder) as server:
        pid = server.pid

        kill_and_wait(psutil.Process(pid).ppid())

        wait_until(lambda: not is_alive(pid), seconds=10)


def test_a_new_start_right_after_the_parent_was_killed_waits_for_the_old_server(short_folder, run_script):
    parent = run_script(HOLD_POSTGRES, short_folder)
    url, old_pid = parent.line(), int(parent.line())
    write(url, 1)
    parent.process.kill()

    with PrivatePostgres(short_folder) as server:
        assert server.pid != old_pid
        assert not is_alive(old_pid)
        write(server.url, 2)
        assert read(server.url) == [1, 2]


def test_a_pid_file_naming_another_program_is_no_obstacle(short_folder):
    with PrivatePostgres(short_folder) as server:
        write(server.url, 1)
        kill_and_wait(server.pid)
    for pid_file in (short_folder / "data" / "postmaster.pid", short_folder / "run" / ".s.PGSQL.5432.lock"):
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    with PrivatePostgres(short_folder) as server:
        assert read(server.url) == [1]


def test_a_first_start_that_was_cut_off_is_begun_again(short_folder):
    unfinished = short_folder / "new" / "data"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    with PrivatePostgres(short_folder) as server:
        write(server.url, 1)
        assert read(server.url) == [1]


@pytest.mark.parametrize("name", ["x" * 150, "ผักสด, \"ผลไม้\" และ 'ข้าว' 100%"])
def test_any_folder_name_will_do(short_folder, name):
    with PrivatePostgres(short_folder / name) as server:
        write(server.url, 1)
        assert read(server.url) == [1]


def test_it_can_live_below_a_folder_closed_to_others_never_as_root_and_opens_none(short_folder):
    closed = short_folder / "closed"
    closed.mkdir(mode=0o700)

    with PrivatePostgres(closed / "postgres") as server:
        write(server.url, 1)
        assert psutil.Process(server.pid).uids().effective != 0

    assert closed.stat().st_mode & 0o777 == 0o700


def test_no_port_is_open_and_the_socket_is_private(short_folder):
    with PrivatePostgres(short_folder) as server:
        assert psutil.Process(server.pid).net_connections(kind="inet") == []
        assert (short_folder / "run").stat().st_mode & 0o777 == 0o700


def test_text_is_utf_8_and_the_server_is_durable(short_folder):
    with PrivatePostgres(short_folder) as server, psycopg.connect(libpq_url(server.url)) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("server_encoding", "fsync", "synchronous_commit", "jit")
        }
        locale = connection.execute(
            "SELECT datlocale FROM pg_database WHERE datname = current_database()"
        ).fetchone()

    assert shown == {"server_encoding": "UTF8", "fsync": "on", "synchronous_commit": "on", "jit": "off"}
    assert locale == ("C.UTF-8",)


def test_data_of_another_version_is_refused_in_one_sentence(short_folder):
    (short_folder / "data").mkdir()
    (short_folder / "data" / "PG_VERSION").write_text("15\n")

    with pytest.raises(ServerDown, match="PostgreSQL 15") as caught:
        PrivatePostgres(short_folder).start()

    assert caught.value.problem.code == "database_not_started"


def test_a_setting_the_server_refuses_is_reported_with_its_own_words(short_folder):
    with pytest.raises(ServerDown, match="shared_buffers"):
        PrivatePostgres(short_folder, settings={"shared_buffers": "none"}).start()


def test_values_of_a_failing_statement_are_not_logged(short_folder):
    with PrivatePostgres(short_folder) as server, psycopg.connect(libpq_url(server.url)) as connection:
        connection.execute("CREATE TABLE account (token text PRIMARY KEY)")
        connection.execute("INSERT INTO account VALUES ('very-secret')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO account VALUES ('very-secret')")

    log = (short_folder / "log" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "very-secret" not in log
