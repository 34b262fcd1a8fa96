"""The sandbox as a process of its own."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from adapters.testing.sandbox import SandboxOptions, sandbox_accounts, serve
from tests.contract.sandbox.clients import Graph

PROGRAM = """
import sys
from pathlib import Path
from adapters.testing.sandbox import SandboxOptions, serve
serve("127.0.0.1", int(sys.argv[1]), SandboxOptions(state_file=Path(sys.argv[2])))
"""
ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def sandbox_process(port: int, state: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(port), str(state)], cwd=ROOT)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.kill()
        process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/_sandbox/health", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the sandbox process did not answer")


def page_at(port: int, http: httpx.Client) -> Graph:
    return Graph(f"http://127.0.0.1:{port}/graph", sandbox_accounts(1)[0], http)


def test_stop_signal_saves_and_ends_cleanly(tmp_path: Path, http: httpx.Client):
    port, state = free_port(), tmp_path / "sandbox.json"
    with sandbox_process(port, state) as process:
        post = page_at(port, http).publish("ก่อนปิด").json()["id"]
        process.send_signal(signal.SIGTERM)

        assert process.wait(15) == 0

    with sandbox_process(port, state):
        assert page_at(port, http).get(post, fields="message").json()["message"] == "ก่อนปิด"


def test_kill_loses_a_second_at_most(tmp_path: Path, http: httpx.Client):
    port, state = free_port(), tmp_path / "sandbox.json"
    with sandbox_process(port, state) as process:
        post = page_at(port, http).publish("ก่อนตาย").json()["id"]
        time.sleep(1.5)
        process.kill()
        process.wait(10)

    with sandbox_process(port, state):
        assert page_at(port, http).get(post).json()["id"] == post


def test_taken_port_is_an_os_error(http: httpx.Client):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve("127.0.0.1", taken.getsockname()[1], SandboxOptions())
