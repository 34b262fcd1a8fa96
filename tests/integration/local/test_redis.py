import os
import signal

import psutil
import pytest
import redis

from syndicator.local.errors import ServerDown
from syndicator.local.redis import PrivateRedis
from tests.integration.local.conftest import is_alive, kill_and_wait, wait_until

HOLD_REDIS = """
import sys
from pathlib import Path
from syndicator.local.redis import PrivateRedis
server = PrivateRedis(Path(sys.argv[1]))
print(server.start(), flush=True)
print(server.pid, flush=True)
sys.stdin.read()
"""


def write(url: str, value: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.set("kept", value)
        # Of everysec the last second may be lost; these tests are about what was written before it.
        client.config_set("appendfsync", "always")
        client.set("kept", value)


def read(url: str) -> bytes | None:
    with redis.Redis.from_url(url) as client:
        return client.get("kept")


def test_data_outlives_a_stop_and_the_address_stays(short_folder):
    with PrivateRedis(short_folder) as server:
        first_url = server.url
        write(first_url, "1")
        pid = server.pid
    assert not is_alive(pid)

    with PrivateRedis(short_folder) as server:
        assert server.url == first_url
        assert read(server.url) == b"1"


def test_data_outlives_a_kill_of_the_server(short_folder):
    with PrivateRedis(short_folder) as server:
        write(server.url, "1")
        kill_and_wait(server.pid)
        wait_until(lambda: not server.is_running())

        assert read(server.start()) == b"1"


def test_a_log_cut_off_in_the_middle_of_a_write_is_read_up_to_there(short_folder):
    with PrivateRedis(short_folder) as server:
        write(server.url, "1")
        kill_and_wait(server.pid)
    with (short_folder / "data" / "appendonly.aof").open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\nke")

    with PrivateRedis(short_folder) as server:
        assert read(server.url) == b"1"


def test_a_killed_parent_leaves_no_server_and_no_damage(short_folder, run_script):
    parent = run_script(HOLD_REDIS, short_folder)
    url, pid = parent.line(), int(parent.line())
    write(url, "1")

    parent.process.kill()

    wait_until(lambda: not is_alive(pid), seconds=10)
    with PrivateRedis(short_folder) as server:
        assert read(server.url) == b"1"


def test_an_orphaned_server_is_ended_before_a_new_one_opens_its_files(short_folder):
    with PrivateRedis(short_folder) as orphan:
        write(orphan.url, "1")
        pid = orphan.pid
        guardian = psutil.Process(pid).ppid()
        # Both together, as when the machine runs out of memory: the guardian cannot act any more.
        os.kill(pid, signal.SIGSTOP)
        kill_and_wait(guardian)
        os.kill(pid, signal.SIGCONT)

        with PrivateRedis(short_folder) as server:
            assert not is_alive(pid)
            assert read(server.url) == b"1"


@pytest.mark.parametrize("name", ["x" * 150, "ผักสด, \"ผลไม้\" และ 'ข้าว' 100%"])
def test_any_folder_name_will_do(short_folder, name):
    with PrivateRedis(short_folder / name) as server:
        write(server.url, "1")
        assert read(server.url) == b"1"


def test_databases_are_apart(short_folder):
    with PrivateRedis(short_folder) as server:
        write(server.database_url(3), "1")
        assert read(server.url) is None


def test_no_port_is_open_and_nothing_is_evicted(short_folder):
    with PrivateRedis(short_folder) as server:
        assert psutil.Process(server.pid).net_connections(kind="inet") == []
        assert (short_folder / "run").stat().st_mode & 0o777 == 0o700
        with redis.Redis.from_url(server.url) as client:
            names = ("maxmemory-policy", "appendonly", "appendfsync")
            shown = {name: client.config_get(name)[name] for name in names}
    assert shown == {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec"}


def test_a_damaged_log_is_reported_with_the_servers_own_words(short_folder):
    with PrivateRedis(short_folder) as server:
        write(server.url, "1")
    (short_folder / "data" / "appendonly.aof").write_bytes(b"this is no log of writes\n" * 10)

    with pytest.raises(ServerDown, match="append only file") as caught:
        PrivateRedis(short_folder).start()

    assert caught.value.problem.code == "redis_not_started"
