"""A whole system that ends when it should not: everything goes on later, and nothing is left behind."""

import signal

import httpx
import psutil
import pytest

from tests.support.cli import CommandLine
from tests.support.stack import (
    DOZEN,
    Channels,
    Seller,
    alive,
    family,
    good_rows,
    kill,
    quick_environment,
    running_stack,
    short_folder,
    start_stack,
    wait_until,
)

LISTINGS = 4 * len(DOZEN)
SHELVES = ("--channels", "line,market")
"""Two channels are enough where what counts is that everything ends."""


@pytest.fixture
def own_cli():
    """The command line with a folder of its own, and the promise that no process is left on it."""
    with short_folder() as folder:
        yield CommandLine(quick_environment(folder))
        left = [
            process
            for process in psutil.process_iter(["cmdline", "environ"])
            if str(folder) in " ".join(process.info["cmdline"] or ())
            and process.status() != psutil.STATUS_ZOMBIE
        ]
        assert left == []


def test_ctrl_c_while_publishing_alone_leaves_no_process_and_the_rest_goes_on_later(
    own_cli, photos, tmp_path
):
    with running_stack(own_cli, photos) as stack:
        own_cli.run("channels", "connect", "--sandbox").told(0)
        second = own_cli.run("up").told(4, str(stack.pid), "กำลังถูกใช้")
        assert len(second.err.strip().splitlines()) == 2
        told = stack.stop()
    assert told.code == 0
    assert "Traceback" not in told.err
    seller = _first_seller(own_cli, photos, tmp_path)
    publishing = seller.begin_publishing()
    channels = Channels(f"http://127.0.0.1:{own_cli.env['SYNDICATOR_SANDBOX__PORT']}")
    wait_until(lambda: _visible(channels) >= 4 or publishing.poll() is not None, seconds=120, what="a part")
    processes = family(publishing.pid)
    # From here on the channels are slow, so that a busy machine does not publish the rest before the signal comes.
    channels.order(effect={"kind": "slow", "seconds": 2.0})

    publishing.send_signal(signal.SIGINT)

    out, err = publishing.communicate(timeout=90)
    assert publishing.returncode == 6, (out, err)
    assert "Traceback" not in err
    assert "งานที่ค้างอยู่จะทำต่อ" in err
    assert alive(processes) == []

    with running_stack(own_cli, photos) as stack:
        report = seller.publish(good_rows(*DOZEN))
        assert not_live(report, seller) == []
        assert _visible(stack.channels) == LISTINGS
        assert stack.channels.duplicates() == 0


def test_a_killed_supervisor_takes_everything_with_it_and_the_next_start_recovers(own_cli, photos, tmp_path):
    stack = start_stack(own_cli, photos)
    own_cli.run("channels", "connect", "--sandbox").told(0)
    seller = _first_seller(own_cli, photos, tmp_path)
    publishing = seller.begin_publishing(*SHELVES)
    wait_until(lambda: _visible(stack.channels) >= 4, seconds=120, what="the first listings")
    processes = family(stack.pid)

    kill(psutil.Process(stack.pid))

    stack.process.communicate(timeout=30)
    wait_until(lambda: not alive(processes), seconds=60, what="the end of everything")
    out, err = publishing.communicate(timeout=90)
    assert publishing.returncode == 4, (out, err)
    assert "Traceback" not in err

    report = seller.publish(good_rows(*DOZEN), *SHELVES)

    assert not_live(report, seller) == []
    with running_stack(own_cli, photos) as again:
        assert _visible(again.channels) == 2 * len(DOZEN)
        assert again.channels.duplicates() == 0


def not_live(report, seller):
    """Return what is not on sale after a report that says all is settled."""
    assert report["settled"]
    return [
        (listing["account"], listing["sku"], listing["state"], [p["en"] for p in listing["problems"]])
        for listing in seller.listings()
        if listing["state"] != "live"
    ]


def _first_seller(cli, photos, folder):
    return Seller(1, cli, folder, photos)


def _visible(channels):
    try:
        return channels.get("summary")["visible"]
    except httpx.TransportError:
        return 0
