"""Processes that end when they should not: everything goes on later, nothing is sent twice, nothing is left behind."""

import signal

import httpx
import psutil
import pytest

from tests.support.cli import CommandLine
from tests.support.stack import (
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

GOODS = (
    "PLK-BSD-240",
    "PLK-BBF-500",
    "PLK-BBT-15",
    "PLK-STR",
    "PTL-KJD-BAG",
    "UTT-HTE-20",
    "UTT-DRN-VF",
    "SNI-SEG-10",
    "PYO-FSH-500",
    "LPG-RCK-12",
    "SMS-SHP-400",
    "CTI-PPR-100",
)
LISTINGS = 4 * len(GOODS)
SHELVES = ("--channels", "line,market")
"""Where a look-up proves after seconds, and not after a minute, that something is not there."""


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


def begin_publishing(cli, seller, *more):
    """Start publishing in a process of its own."""
    file = seller.file(good_rows(*GOODS))
    return cli.start("publish", file, "--photos", seller.photos, "--json", *more)


@pytest.mark.xdist_group("stack")
def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(seller, stack):
    publishing = begin_publishing(seller.cli, seller)
    wait_until(lambda: len(stack.channels.visible(*seller.accounts)) >= 6, what="the first listings")

    kill(stack.child("worker-1"))

    out, err = publishing.communicate(timeout=180)
    assert publishing.returncode == 0, (out, err)
    visible = stack.channels.visible(*seller.accounts)
    assert len(visible) == LISTINGS
    assert stack.channels.duplicates() == 0


@pytest.mark.xdist_group("stack")
def test_a_media_worker_and_a_scheduler_killed_in_the_middle_are_replaced(seller, stack):
    publishing = begin_publishing(seller.cli, seller)
    wait_until(lambda: stack.channels.calls(of=seller.accounts), what="the first call")

    kill(stack.child("media-1"))
    kill(stack.child("scheduler"))

    out, err = publishing.communicate(timeout=180)
    assert publishing.returncode == 0, (out, err)
    assert len(stack.channels.visible(*seller.accounts)) == LISTINGS
    assert stack.channels.duplicates() == 0


@pytest.mark.xdist_group("kills")
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
    publishing = begin_publishing(own_cli, seller)
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
        report = seller.publish(good_rows(*GOODS))
        assert not_live(report, seller) == []
        assert _visible(stack.channels) == LISTINGS
        assert stack.channels.duplicates() == 0


@pytest.mark.xdist_group("kills")
def test_a_killed_supervisor_takes_everything_with_it_and_the_next_start_recovers(own_cli, photos, tmp_path):
    stack = start_stack(own_cli, photos)
    own_cli.run("channels", "connect", "--sandbox").told(0)
    seller = _first_seller(own_cli, photos, tmp_path)
    publishing = begin_publishing(own_cli, seller, *SHELVES)
    wait_until(lambda: _visible(stack.channels) >= 4, seconds=120, what="the first listings")
    processes = family(stack.pid)

    kill(psutil.Process(stack.pid))

    stack.process.communicate(timeout=30)
    wait_until(lambda: not alive(processes), seconds=60, what="the end of everything")
    out, err = publishing.communicate(timeout=90)
    assert publishing.returncode == 4, (out, err)
    assert "Traceback" not in err

    report = seller.publish(good_rows(*GOODS), *SHELVES)

    assert not_live(report, seller) == []
    with running_stack(own_cli, photos) as again:
        assert _visible(again.channels) == 2 * len(GOODS)
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
