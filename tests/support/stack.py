"""A whole system of real processes for end-to-end tests, and what its simulated channels saw."""

import csv
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil

from adapters.testing.sandbox.accounts import (
    SandboxAccount,
    instagram_id,
    market_id,
    page_id,
    sandbox_accounts,
    shop_id,
)
from syndicator.local.ports import free_port
from tests.support.cli import CommandLine, Ran
from tests.support.intake_files import GOOD, write_csv

START_S = 180
"""Longest start of a whole system; the machine may be busy."""
STOP_S = 60


DOZEN = (
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
"""Codes of goods that break no channel's rule."""


def wait_until(claim: Callable[[], Any], *, seconds: float = 60, what: str = "it") -> Any:
    """Return what ``claim`` returned once that is true; fail after ``seconds``."""
    give_up_at = time.monotonic() + seconds
    while not (found := claim()):
        assert time.monotonic() < give_up_at, f"{what} did not come true within {seconds} s"
        time.sleep(0.05)
    return found


def family(pid: int) -> list[psutil.Process]:
    """Return a process and everything it started."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run; a zombie does not."""
    return [p for p in processes if p.is_running() and _status(p) not in {None, psutil.STATUS_ZOMBIE}]


def _status(process: psutil.Process) -> str | None:
    with suppress(psutil.NoSuchProcess):
        return str(process.status())
    return None


@dataclass(frozen=True, slots=True)
class Channels:
    """The simulated channels of a running system, asked from outside."""

    url: str

    def get(self, path: str, **query: Any) -> Any:
        """Read from the control paths."""
        return httpx.get(f"{self.url}/_sandbox/{path}", params=query, timeout=30, trust_env=False).json()

    def now(self) -> int:
        """Return the number of the newest call."""
        return int(self.get("journal", limit=0)["total"])

    def calls(self, after: int = 0, *, of: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Return the calls after a number, of the accounts named or of all."""
        entries = self.get("journal", after=after, limit=200_000)["entries"]
        wanted = None if of is None else set(of)
        return [entry for entry in entries if wanted is None or entry["account"] in wanted]

    def changes(self, after: int, *, of: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Return the calls after a number that change something."""
        return [entry for entry in self.calls(after, of=of) if entry["mutating"]]

    def listings(self, account: str | None = None) -> list[dict[str, Any]]:
        """Return what the channels hold."""
        query = {} if account is None else {"account": account}
        found: list[dict[str, Any]] = self.get("listings", **query)["listings"]
        return found

    def visible(self, *accounts: str) -> list[dict[str, Any]]:
        """Return what buyers see on the accounts."""
        return [found for account in accounts for found in self.listings(account) if found["visible"]]

    def duplicates(self) -> int:
        """Count listings that are there twice."""
        return int(self.get("summary")["duplicates"])

    def order(self, **fault: Any) -> None:
        """Order a fault that stays."""
        httpx.post(f"{self.url}/_sandbox/faults", json=fault, trust_env=False).raise_for_status()

    @contextmanager
    def trouble(self, **fault: Any) -> Iterator[None]:
        """Order a fault for the block."""
        self.order(**fault)
        try:
            yield
        finally:
            httpx.delete(f"{self.url}/_sandbox/faults", trust_env=False).raise_for_status()


@dataclass(frozen=True)
class Seller:
    """One seller on a running system, with accounts of its own on the simulated channels."""

    number: int
    cli: CommandLine
    folder: Path
    photos: Path

    @cached_property
    def page(self) -> str:
        """The Page's id on its channel."""
        return page_id(self.number)

    @cached_property
    def instagram(self) -> str:
        """The Instagram user's id."""
        return instagram_id(self.number)

    @cached_property
    def shop(self) -> str:
        """The LINE shop's name in the sandbox."""
        return shop_id(self.number)

    @cached_property
    def market(self) -> str:
        """The market shop's name in the sandbox."""
        return market_id(self.number)

    @property
    def accounts(self) -> tuple[str, str, str, str]:
        """The four accounts as the channels know them."""
        return self.page, self.instagram, self.shop, self.market

    def account(self, name: str) -> SandboxAccount:
        """Return what connects one of the accounts."""
        return next(account for account in sandbox_accounts(self.number) if account.name == name)

    def connect(self, *names: str) -> None:
        """Connect the accounts named, or all four."""
        for account in sandbox_accounts(self.number):
            if not names or account.name in names:
                self.cli.connect(account, self.folder / "secrets").told(0)

    def file(self, rows: Iterable[Mapping[str, str]], name: str = "goods.csv") -> Path:
        """Write a product file."""
        return write_csv(self.folder / name, rows)

    def publish(self, goods: Path | Iterable[Mapping[str, str]], *more: object, code: int = 0) -> Any:
        """Publish a file or rows, wait, and return the report."""
        file = goods if isinstance(goods, Path) else self.file(goods)
        return self.cli.run("publish", file, "--photos", self.photos, "--json", *more).told(code).json

    def begin_publishing(self, *more: object) -> subprocess.Popen[str]:
        """Start publishing a dozen goods in a process of its own."""
        file = self.file(good_rows(*DOZEN))
        return self.cli.start("publish", file, "--photos", self.photos, "--json", *more)

    def listings(self, sku: str | None = None) -> list[dict[str, Any]]:
        """Return the listings as the command line shows them, of one product or all."""
        found: list[dict[str, Any]] = self.cli.json("listings")
        return [listing for listing in found if sku in {None, listing["sku"]}]

    def states(self, sku: str) -> dict[str, str]:
        """Return the state of a product on each account."""
        return {listing["account"]: listing["state"] for listing in self.listings(sku)}


@dataclass(frozen=True)
class Stack:
    """A running ``syndicator up``."""

    process: subprocess.Popen[str]
    cli: CommandLine
    var: Path
    api_url: str
    channels: Channels
    photos: Path

    @property
    def pid(self) -> int:
        """The supervisor's process."""
        return self.process.pid

    def child(self, name: str) -> psutil.Process:
        """Return one of the processes: ``api``, ``worker-1``, ``media-1``, ``scheduler``, ``sandbox``."""
        mark = f"/ready/{name}" if name not in {"api", "sandbox"} else None
        for process in family(self.pid):
            with suppress(psutil.NoSuchProcess):
                words = process.cmdline()
                if "-m" in words[1:2] and (words[-1].endswith(mark) if mark else name in words[3:4]):
                    return process
        raise LookupError(f"no process {name} runs")

    def seller(self, number: int) -> Seller:
        """Return a seller of that number, whose accounts are not connected yet."""
        name = f"seller-{number}"
        folder = self.var / "sellers" / name
        folder.mkdir(parents=True, exist_ok=True)
        cli = replace(self.cli, env={**self.cli.env, "SYNDICATOR_SELLER": name})
        return Seller(number, cli, folder, self.photos)

    def stop(self, number: int = signal.SIGINT) -> Ran:
        """End it as a person does; every process must be gone."""
        before = family(self.pid)
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=STOP_S)
        wait_until(lambda: not alive(before), what=f"the end of {before}")
        return Ran(self.process.returncode, out, err)


def quick_environment(var: Path) -> dict[str, str]:
    """Return the settings of a small system on free ports, which gives up leases of the dead early."""
    return {
        "SYNDICATOR_VAR": str(var),
        "SYNDICATOR_API__PORT": str(free_port()),
        "SYNDICATOR_SANDBOX__PORT": str(free_port()),
        "SYNDICATOR_WORKER__MEDIA_PROCESSES": "1",
        "SYNDICATOR_DISPATCH__LEASE": "PT12S",
        # What is new is seen at once on the simulated channels, so "not found" may be believed soon.
        "SYNDICATOR_META__LOOKUP_SETTLES": "PT3S",
        "SYNDICATOR_LINE__LOOKUP_SETTLES": "PT3S",
        # The endpoints of other systems are on this machine, too.
        "SYNDICATOR_WEBHOOKS__ALLOW_PRIVATE": "true",
    }


@contextmanager
def short_folder() -> Iterator[Path]:
    """Give a folder whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="sy-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def start_stack(cli: CommandLine, photos: Path) -> Stack:
    """Start ``syndicator up`` and return when it says where it is; what failed to start is told."""
    var = Path(cli.env["SYNDICATOR_VAR"])
    process = cli.start("up", "--json")
    info = var / "run" / "stack.json"
    wait_until(lambda: info.exists() or process.poll() is not None, seconds=START_S, what="the start")
    if process.poll() is not None:
        raise AssertionError(process.communicate())
    written = json.loads(info.read_text(encoding="utf-8"))
    return Stack(process, cli, var, written["api_url"], Channels(written["sandbox_url"]), photos)


@contextmanager
def running_stack(cli: CommandLine, photos: Path) -> Iterator[Stack]:
    """Run a system for the block; it must end cleanly unless the test killed it."""
    stack = start_stack(cli, photos)
    try:
        yield stack
    finally:
        if stack.process.poll() is None:
            stack.stop()


def kill(process: psutil.Process) -> None:
    """Kill -9 and wait."""
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not alive([process]), what=f"the end of {process}")


def good_rows(*skus: str) -> list[dict[str, str]]:
    """Return the rows of the shipped file whose code, or whose group's code, is named; all when none is."""
    with GOOD.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [row for row in rows if not skus or {row["sku"], row["group_sku"]} & set(skus)]


def about(entry: Mapping[str, Any], listings: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a call names one of the listings: by its id on the channel, its code or its address."""
    text = json.dumps(entry, ensure_ascii=False)
    return any(
        listing["sku"] in text or (listing["external_id"] or listing["sku"]) in text for listing in listings
    )
