import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from syndicator.local.children import Child, HealthUrl, Listens, ReadyFile
from syndicator.local.errors import ChildDown, PortTaken
from syndicator.local.ports import check_port_free, free_port
from syndicator.local.supervisor import Supervisor
from tests.integration.local.conftest import is_alive, kill_and_wait, wait_until

SERVE = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
SLEEP = "import time; print('awake', flush=True); time.sleep(600)"
DEAF = (
    "import signal, time, pathlib, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
)
WITH_CHILD = (
    "import subprocess, sys, time, pathlib;"
    " p = subprocess.Popen([sys.executable, '-c', 'import time; b = bytearray(60_000_000); time.sleep(600)'],"
    " start_new_session=True); pathlib.Path(sys.argv[1]).write_text(str(p.pid)); time.sleep(600)"
)
HOLD_CHILD = """
import sys
from pathlib import Path
from syndicator.local.children import Child
from syndicator.local.supervisor import Supervisor
with Supervisor(Path(sys.argv[1])) as supervisor:
    supervisor.start([Child(name="sleeper", argv=(sys.executable, "-c", "import time; time.sleep(600)"))])
    print(supervisor.pids()["sleeper"], flush=True)
    print(supervisor.wait_for_signal(), flush=True)
print("stopped", flush=True)
"""


def python(name, code, *args, **changes):
    return Child(name=name, argv=(sys.executable, "-c", code, *map(str, args)), **changes)


@pytest.fixture
def supervisor(tmp_path):
    with Supervisor(tmp_path / "log") as supervisor:
        yield supervisor


def test_start_returns_when_the_health_url_answers(supervisor):
    port = free_port()
    child = python(
        "api",
        SERVE,
        port,
        ready=HealthUrl(f"http://127.0.0.1:{port}/health"),
        listens=Listens("127.0.0.1", port, "--port"),
    )

    supervisor.start([child])

    assert child.ready.is_ready()
    assert not HealthUrl(f"http://127.0.0.1:{port}/elsewhere").is_ready()


def test_start_returns_when_the_ready_file_appears_and_not_for_an_old_one(supervisor, tmp_path):
    ready = ReadyFile(tmp_path / "run" / "ready")
    ready.prepare()
    ready.path.write_text("old")

    supervisor.start(
        [
            python(
                "late",
                "import sys, time; time.sleep(0.3); open(sys.argv[1], 'w').write('new'); time.sleep(600)",
                ready.path,
                ready=ready,
            )
        ]
    )

    wait_until(lambda: ready.path.read_text() == "new")


def test_output_goes_to_the_log_of_the_child(supervisor, tmp_path):
    supervisor.start([python("talker", SLEEP)])

    wait_until(lambda: (tmp_path / "log" / "talker.log").read_text() == "awake\n")


def test_a_child_that_dies_is_started_again_and_counted(supervisor):
    supervisor.start([python("sleeper", SLEEP), python("other", SLEEP)])
    before = supervisor.pids()

    kill_and_wait(before["sleeper"])

    wait_until(lambda: supervisor.pids().get("sleeper", before["sleeper"]) != before["sleeper"])
    wait_until(lambda: supervisor.restarts() == {"sleeper": 1, "other": 0})
    assert supervisor.pids()["other"] == before["other"]


def test_each_look_is_called_and_may_fail_without_stopping_the_watch(tmp_path, caplog):
    calls = []

    def look():
        calls.append(1)
        raise OSError("disk full")

    with Supervisor(tmp_path, each_look=look) as supervisor:
        supervisor.start([python("sleeper", SLEEP)])
        wait_until(lambda: len(calls) >= 2)

    assert "supervisor.look_failed" in caplog.text


def test_stop_ends_children_and_what_they_started_even_in_other_sessions(supervisor, tmp_path):
    supervisor.start([python("parent", WITH_CHILD, tmp_path / "pid", ready=ReadyFile(tmp_path / "pid"))])
    wait_until(lambda: (tmp_path / "pid").read_text() != "")
    pids = [supervisor.pids()["parent"], int((tmp_path / "pid").read_text())]

    supervisor.stop()

    assert not any(is_alive(pid) for pid in pids)
    assert supervisor.pids() == {}
    zombies = [p for p in psutil.Process().children() if p.status() == psutil.STATUS_ZOMBIE]
    assert not {p.pid for p in zombies} & set(pids)


def test_what_a_dead_child_started_is_gone_before_the_restart(supervisor, tmp_path):
    supervisor.start([python("parent", WITH_CHILD, tmp_path / "pid", ready=ReadyFile(tmp_path / "pid"))])
    wait_until(lambda: (tmp_path / "pid").read_text() != "")
    grandchild = int((tmp_path / "pid").read_text())

    kill_and_wait(supervisor.pids()["parent"])

    wait_until(lambda: not is_alive(grandchild))


def test_a_child_deaf_to_sigterm_is_killed_after_its_grace(supervisor, tmp_path):
    ready = ReadyFile(tmp_path / "ready")
    supervisor.start([python("deaf", DEAF, ready.path, ready=ready, grace=timedelta(seconds=0.3))])
    pid = supervisor.pids()["deaf"]
    started = time.monotonic()

    supervisor.stop()

    assert not is_alive(pid)
    assert time.monotonic() - started >= 0.3


def test_a_child_that_ends_before_it_is_ready_is_reported_with_its_last_words(supervisor, tmp_path):
    bad = python("bad", "import sys; sys.exit('no such table: listing')", ready=ReadyFile(tmp_path / "never"))
    good = python("good", SLEEP)

    with pytest.raises(ChildDown, match=r"(?s)bad ended with code 1.*no such table: listing") as caught:
        supervisor.start([good, bad])

    assert caught.value.problem.code == "child_ended"
    assert supervisor.pids() == {}


def test_a_program_that_does_not_exist_is_reported(supervisor, tmp_path):
    with pytest.raises(ChildDown, match=r"(?s)ended with code 127.*no-such-program could not be started"):
        supervisor.start(
            [Child(name="ghost", argv=("no-such-program",), ready=ReadyFile(tmp_path / "never"))]
        )


def test_a_child_that_never_becomes_ready_is_reported_and_stopped(supervisor, tmp_path):
    marker = tmp_path / "pid"
    code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"

    with pytest.raises(ChildDown, match="slow was not ready after 1 seconds"):
        supervisor.start(
            [python("slow", code, marker, ready=ReadyFile(tmp_path / "never"))], timeout=timedelta(seconds=1)
        )

    assert not is_alive(int(marker.read_text()))


def test_a_taken_port_is_named_with_its_holder_and_nothing_is_started(supervisor, tmp_path):
    port = free_port()
    supervisor.start([python("first", SERVE, port, ready=HealthUrl(f"http://127.0.0.1:{port}/health"))])

    with pytest.raises(PortTaken) as caught:
        supervisor.start(
            [
                python("second", SLEEP),
                python("third", SERVE, port, listens=Listens("127.0.0.1", port, "--port")),
            ]
        )

    problem = caught.value.problem
    assert problem.code == "port_taken"
    assert str(port) in problem.th
    assert str(port) in problem.en
    assert f"pid {supervisor.pids()['first']}" in problem.en
    assert "--port" in problem.en
    assert set(supervisor.pids()) == {"first"}


def test_a_free_port_passes_also_after_closed_connections(supervisor):
    check_port_free("127.0.0.1", free_port(), setting="--port")


def test_an_unknown_address_is_named():
    with pytest.raises(PortTaken) as caught:
        check_port_free("192.0.2.77", 8080, setting="--host")

    assert "192.0.2.77" in caught.value.problem.en


def test_peaks_tell_the_child_and_its_largest_descendant_apart(supervisor, tmp_path):
    supervisor.start(
        [
            python("parent", WITH_CHILD, tmp_path / "pid", ready=ReadyFile(tmp_path / "pid")),
            python("big", "b = bytearray(90_000_000); del b; import time; time.sleep(600)"),
        ]
    )

    wait_until(lambda: supervisor.peaks().get("parent/child", 0) > 60_000_000)
    wait_until(lambda: supervisor.peaks()["big"] > 90_000_000)

    supervisor.stop()
    peaks = supervisor.peaks()
    assert set(peaks) == {"parent", "parent/child", "big"}
    assert 1_000_000 < peaks["parent"] < 60_000_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_and_everything_stops_cleanly(tmp_path, run_script, number):
    script = run_script(HOLD_CHILD, tmp_path)
    pid = int(script.line())
    time.sleep(0.1)  # The handlers are set a moment after the line is printed.

    script.process.send_signal(number)

    assert script.line() == str(number)
    assert script.line() == "stopped"
    assert script.process.wait(10) == 0
    assert not is_alive(pid)


def test_children_do_not_outlive_a_killed_supervisor(tmp_path, run_script):
    script = run_script(HOLD_CHILD, tmp_path)
    pid = int(script.line())

    script.process.kill()

    wait_until(lambda: not is_alive(pid), seconds=10)


def test_children_outlive_the_thread_that_started_them(supervisor):
    starter = threading.Thread(target=supervisor.start, args=([python("sleeper", SLEEP)],))
    starter.start()
    starter.join()
    pid = supervisor.pids()["sleeper"]

    time.sleep(0.7)

    assert is_alive(pid)
    assert supervisor.restarts() == {"sleeper": 0}


def test_the_log_of_a_chatty_child_stays_bounded(supervisor, tmp_path):
    code = "import sys, time\nfor _ in range(1200): sys.stdout.write('x' * 9_999 + '\\n')\nsys.stdout.flush(); time.sleep(600)"

    supervisor.start([python("chatty", code)])

    logs = tmp_path / "log"
    # While one log takes the place of the last there is, for an instant, no file of the first name.
    wait_until(lambda: size_of(logs / "chatty.log.1") > 0 and size_of(logs / "chatty.log") > 1_000_000)
    time.sleep(0.3)
    assert all(size_of(file) <= 5_000_000 for file in logs.iterdir())


def size_of(file: Path) -> int:
    """How many bytes a file holds; 0 where there is none."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def test_a_stop_right_after_the_start_does_not_wait_for_the_grace(tmp_path):
    for turn in range(20):
        started = time.monotonic()
        with Supervisor(tmp_path / str(turn)) as supervisor:
            supervisor.start([python("sleeper", SLEEP)])
        assert time.monotonic() - started < 5


def test_a_child_that_listens_ends_after_those_it_serves(tmp_path):
    served, port = tmp_path / "served", free_port()
    ask_at_the_end = (
        "import http.client, pathlib, signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.5)\n"
        "    connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=5)\n"
        "    connection.request('GET', '/health')\n"
        "    pathlib.Path(sys.argv[2]).write_text(str(connection.getresponse().status))\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('awake', flush=True)\n"
        "time.sleep(600)\n"
    )
    log = tmp_path / "log" / "served.log"
    with Supervisor(tmp_path / "log") as supervisor:
        supervisor.start(
            [
                python(
                    "serving",
                    SERVE,
                    port,
                    ready=HealthUrl(f"http://127.0.0.1:{port}/health"),
                    listens=Listens("127.0.0.1", port, "--port"),
                ),
                python("served", ask_at_the_end, port, served),
            ]
        )
        wait_until(lambda: log.exists() and "awake" in log.read_text())

    assert served.read_text() == "200"
