import os
import stat

import pytest

from syndicator.local.errors import ServerDown, VarHeld, VarUnusable
from syndicator.local.probes import probe_database, probe_redis
from syndicator.local.servers import PrivateServers, holder, running_endpoints
from tests.integration.local.conftest import is_alive, kill_and_wait, wait_until
from tests.support.servers import FAST_SETTINGS

HOLD_BOTH = """
import sys
from pathlib import Path
from syndicator.local.servers import PrivateServers
servers = PrivateServers(Path(sys.argv[1]))
print(servers.start(), flush=True)
print(servers.postgres.pid, servers.redis.pid, flush=True)
sys.stdin.read()
"""


def make_servers(var, **changes):
    return PrivateServers(var, database_settings=FAST_SETTINGS, **changes)


def test_both_answer_and_other_commands_find_them_while_they_run(short_folder):
    assert running_endpoints(short_folder) is None

    with make_servers(short_folder) as servers:
        probe_database(servers.endpoints.database_url)
        probe_redis(servers.endpoints.redis_url)
        assert running_endpoints(short_folder) == servers.endpoints
        assert holder(short_folder) == os.getpid()

    assert running_endpoints(short_folder) is None
    assert holder(short_folder) is None


def test_a_second_holder_is_told_who_the_first_is_and_harms_nothing(short_folder):
    with make_servers(short_folder) as servers:
        with pytest.raises(VarHeld, match=f"process {os.getpid()}") as caught:
            make_servers(short_folder).start()

        assert caught.value.pid == os.getpid()
        assert running_endpoints(short_folder) == servers.endpoints


def test_a_killed_holder_leaves_nothing_that_runs_and_the_next_one_starts(short_folder, run_script):
    parent = run_script(HOLD_BOTH, short_folder)
    assert parent.line().startswith("Endpoints(")
    pids = [int(pid) for pid in parent.line().split()]
    assert holder(short_folder) == parent.process.pid

    parent.process.kill()
    parent.process.wait()

    assert running_endpoints(short_folder) is None
    with make_servers(short_folder) as servers:
        assert not any(is_alive(pid) for pid in pids)
        assert running_endpoints(short_folder) == servers.endpoints


def test_a_server_that_died_is_started_again_at_its_address(short_folder):
    with make_servers(short_folder) as servers:
        before = servers.endpoints
        assert servers.keep_running() == ()
        for server in (servers.postgres, servers.redis):
            kill_and_wait(server.pid)
            wait_until(lambda server=server: not server.is_running())

        assert servers.keep_running() == ("postgres", "redis")

        assert servers.endpoints == before
        probe_database(before.database_url)
        probe_redis(before.redis_url)


def test_when_one_server_cannot_start_the_other_is_stopped_and_var_is_free(short_folder):
    (short_folder / "redis").mkdir()
    (short_folder / "redis" / "data").write_text("a file where the folder should be")
    servers = make_servers(short_folder)

    with pytest.raises(ServerDown, match="Redis"):
        servers.start()

    assert not servers.postgres.is_running()
    assert holder(short_folder) is None


def test_nothing_is_started_on_a_disk_with_too_little_room(short_folder):
    with pytest.raises(VarUnusable) as caught:
        make_servers(short_folder, min_free_bytes=10**18).start()

    assert caught.value.problem.code == "disk_full"
    assert not (short_folder / "postgres").exists()


def test_endpoints_are_read_only_by_their_owner(short_folder):
    with make_servers(short_folder):
        mode = (short_folder / "run" / "endpoints.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"database_url": "x"}', '{"database_url":1,"redis_url":2,"pid":3}']
)
def test_a_damaged_endpoints_file_means_that_nothing_runs(short_folder, text):
    (short_folder / "run").mkdir()
    (short_folder / "run" / "endpoints.json").write_text(text)

    assert running_endpoints(short_folder) is None
