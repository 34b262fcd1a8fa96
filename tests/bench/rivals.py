"""Both sides of the end-to-end bench, each on a fresh sandbox in processes of its own, measured from outside."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from adapters.testing.sandbox.accounts import MARKET_CATEGORIES, sandbox_accounts
from schemas.ids import SellerId
from schemas.money import Money
from schemas.product import Product
from syndicator.bootstrap import App
from syndicator.cli.account_details import sandbox_details
from syndicator.cli.sandbox_client import SandboxClient
from syndicator.cli.stack import Mode, RunningStack, start_stack
from syndicator.local.children import Child, HealthUrl
from syndicator.local.ports import free_port
from syndicator.local.supervisor import Supervisor
from syndicator.settings import ApiSettings, SandboxSettings, Settings
from syndicator.usecases.connect_account import connect_account
from syndicator.usecases.import_file import import_file
from syndicator.usecases.submit_products import Submission, submit_products
from tests.bench.workload import Shop, Workload

LOOK_EVERY_S = 0.03
PATIENCE_S = 300.0
IDLE_S = 5.0
START_S = 5.0
ANSWER_S = 0.1
"""How late every answer comes in the slow part; on loopback alone a channel answers in half a millisecond."""
PRICE_STEP = 100
"""Satang; the script steps by the same baht."""


class NotSettled(RuntimeError):
    """The listings did not come to rest in time, or not all of them are live: there is nothing to compare."""


@dataclass
class Timing:
    """Seconds by the clock and of CPU (all processes of the side, sandbox and servers included)."""

    seconds: float
    cpu: float


@dataclass
class Run:
    """What one side did on one fresh sandbox; ``calls`` are the sandbox's own counters at the end of publishing."""

    publish: Timing
    price: list[Timing]
    stock: list[Timing]
    slow_price: list[Timing]
    slow_stock: list[Timing]
    visible: Mapping[str, int]
    calls: Mapping[str, int]
    steps: int = 0
    scheduler_cpu: float = 0.0
    idle_cpu_percent: float = 0.0
    peaks: Mapping[str, int] = field(default_factory=dict)


def cpu_of(pids: Sequence[int]) -> float:
    """CPU seconds so far of the processes and of everything below them, the ended children included."""
    total = 0.0
    for pid in pids:
        try:
            root = psutil.Process(pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for process in family:
            with _vanishing():
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def _vanishing() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        return


def timed(action: Callable[[], object]) -> Timing:
    """Time an action of this process and of all processes below it."""
    own = [psutil.Process().pid]
    wall, cpu = time.perf_counter(), cpu_of(own)
    action()
    return Timing(time.perf_counter() - wall, cpu_of(own) - cpu)


def slow_down(sandbox: str) -> None:
    """Have every answer of the channels come ``ANSWER_S`` late from now on."""
    order = {"effect": {"kind": "slow", "seconds": ANSWER_S}}
    httpx.post(f"{sandbox}/_sandbox/faults", json=order, trust_env=False).raise_for_status()


# -- ours


def run_ours(workload: Workload, var: Path, *, rounds: int) -> Run:
    """Start the real stack on an empty folder, publish, change every price and every stock ``rounds`` times."""
    settings = Settings(var=var, api=ApiSettings(port=0), sandbox=SandboxSettings(port=0))
    with start_stack(settings, Mode.SANDBOX) as stack:
        return OurSide(stack, workload).run(rounds)


class OurSide:
    """The running stack, told what to do by calls of its use cases."""

    def __init__(self, stack: RunningStack, workload: Workload) -> None:
        self._stack = stack
        self._app: App = stack.app
        self._workload = workload
        self._sandbox = SandboxClient(stack.info.sandbox_url or "")
        self._sellers: dict[int, SellerId] = {}

    def run(self, rounds: int) -> Run:
        self.connect()
        scheduler = self._scheduler_cpu()
        publish = timed(self.publish)
        summary = self._sandbox.summary()
        visible, calls = _of(summary, "visible"), _of(summary, "calls")
        self._expect_live()
        steps, scheduler = self._steps(), self._scheduler_cpu() - scheduler
        price = [self._changed(dearer, stock=50) for _ in range(rounds)]
        stock = [self._changed(same, stock=51 + n) for n in range(rounds)]
        slow_down(self._stack.info.sandbox_url or "")
        slow_price = [self._changed(dearer, stock=50 + rounds) for _ in range(rounds)]
        slow_stock = [self._changed(same, stock=51 + rounds + n) for n in range(rounds)]
        self._expect_live()
        return Run(
            publish=publish,
            price=price,
            stock=stock,
            slow_price=slow_price,
            slow_stock=slow_stock,
            visible=visible,
            calls=calls,
            steps=steps,
            scheduler_cpu=scheduler,
            idle_cpu_percent=self._idle_cpu(),
            peaks=self._stack.peaks(),
        )

    def connect(self) -> None:
        """Give every shop its seller and its four accounts."""
        app = self._app
        for shop in self._workload.shops:
            with app.database.begin() as uow:
                seller = uow.accounts.ensure_seller(f"seller-{shop.number}")
            self._sellers[shop.number] = seller
            for details in sandbox_details(shop.number):
                connect_account(
                    seller, details, database=app.database, adapters=app.adapters, clock=app.clock
                )

    def publish(self) -> None:
        """Hand over every file and wait until all is live."""
        for shop in self._workload.shops:
            import_file(
                self._sellers[shop.number],
                shop.file,
                photos=self._workload.photos,
                account_ids=None,
                failed_rows=self._app.settings.var / f"failed-{shop.number}",
                tools=self._app.intake_tools,
                progress=lambda _phase, _done, _total: None,
            )
        self._settle()

    def _changed(self, edit: Callable[[Product], Product], *, stock: int) -> Timing:
        """Time one change of everything, from products in memory (where the script has them too) to every channel."""
        return timed(partial(self.change, self.submissions(edit, stock)))

    def submissions(
        self, edit: Callable[[Product], Product], stock: int
    ) -> Mapping[Shop, Sequence[Submission]]:
        """Return every product as edited, with its stock."""
        return {shop: self._submissions_of(shop, edit, stock) for shop in self._workload.shops}

    def _submissions_of(
        self, shop: Shop, edit: Callable[[Product], Product], stock: int
    ) -> Sequence[Submission]:
        with self._app.database.begin() as uow:
            stored = uow.products.by_sku(self._sellers[shop.number], shop.skus).values()
        return [
            Submission(product=edit(one.product), stock=dict.fromkeys(one.product.skus, stock))
            for one in stored
        ]

    def change(self, ready: Mapping[Shop, Sequence[Submission]]) -> None:
        """Submit the products and wait until every channel has them."""
        for shop, submissions in ready.items():
            self._submit(self._sellers[shop.number], submissions)
        self._settle()

    def _submit(self, seller: SellerId, submissions: Sequence[Submission]) -> None:
        app = self._app
        for result in submit_products(
            seller,
            submissions,
            {},
            reference=uuid.uuid4().hex,
            account_ids=None,
            database=app.database,
            adapters=app.adapters,
            clock=app.clock,
        ):
            if len(result.updated) != len(submissions):
                raise NotSettled(f"{len(submissions) - len(result.updated)} products took no change")

    def _settle(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while self._moving():
            if time.monotonic() > until:
                raise NotSettled(f"listings still move after {PATIENCE_S} s")
            time.sleep(LOOK_EVERY_S)

    def _moving(self) -> int:
        horizon = self._app.clock.now() + timedelta(days=1)
        with self._app.database.begin() as uow:
            # One seller after the other: the first that still moves ends the look.
            moving = (uow.reports.unsettled(seller, horizon=horizon) for seller in self._sellers.values())
            return next((count for count in moving if count), 0)

    def _expect_live(self) -> None:
        with self._app.database.begin() as uow:
            states = [x for seller in self._sellers.values() for x in uow.reports.listings(seller)]
        bad = [(x.sku, x.kind, x.state, x.problems) for x in states if x.state.value != "live"]
        if bad:
            raise NotSettled(f"{len(bad)} listings are not live, the first: {bad[0]}")

    def _steps(self) -> int:
        with self._app.database.begin() as uow:
            return sum(row._mapping["count"] for row in uow.reports.attempt_outcomes())

    def _scheduler_cpu(self) -> float:
        return cpu_of([self._stack.supervisor.pids()["scheduler"]])

    def _idle_cpu(self) -> float:
        """Percent of one core that all processes take together while nothing is due."""
        measured = timed(lambda: time.sleep(IDLE_S))
        return 100 * measured.cpu / measured.seconds


def dearer(product: Product) -> Product:
    """Raise every price by one step."""
    variants = tuple(
        v.model_copy(update={"price": Money(v.price.satang + PRICE_STEP)}) for v in product.variants
    )
    return product.model_copy(update={"variants": variants})


def same(product: Product) -> Product:
    """Change nothing but the stock beside it."""
    return product


def _of(summary: Mapping[str, Mapping[str, Any]], counter: str) -> dict[str, int]:
    return {channel: int(counts[counter]) for channel, counts in summary.items()}


# -- the plain script


def run_script(workload: Workload, var: Path, *, rounds: int, pool: str, maker: str) -> Run:
    """Start a sandbox as the stack does and a static server, then let the script do the same."""
    folder = var / "pictures"
    folder.mkdir(parents=True)
    sandbox, static = (f"http://127.0.0.1:{free_port('127.0.0.1')}" for _ in range(2))
    with Supervisor(var / "log") as supervisor:
        supervisor.start([_sandbox_child(sandbox, var), _static_child(static, folder)])
        with _Script(
            _job(workload, sandbox, static, folder, rounds=rounds, pool=pool, maker=maker)
        ) as script:
            publish = script.part("publish")
            summary = SandboxClient(sandbox).summary()
            price = [script.part("price") for _ in range(rounds)]
            stock = [script.part("stock") for _ in range(rounds)]
            slow_down(sandbox)
            slow_price = [script.part("price") for _ in range(rounds)]
            slow_stock = [script.part("stock") for _ in range(rounds)]
    return Run(
        publish=publish,
        price=price,
        stock=stock,
        slow_price=slow_price,
        slow_stock=slow_stock,
        visible=_of(summary, "visible"),
        calls=_of(summary, "calls"),
    )


def _sandbox_child(url: str, var: Path) -> Child:
    port = str(httpx.URL(url).port)
    own = (
        "--state",
        str(var / "sandbox" / "state.json"),
        "--journal",
        str(var / "sandbox" / "journal.ndjson"),
    )
    return Child(
        name="sandbox",
        argv=(sys.executable, "-m", "syndicator", "sandbox", "--port", port, *own),
        ready=HealthUrl(f"{url}/_sandbox/health"),
    )


def _static_child(url: str, folder: Path) -> Child:
    port = str(httpx.URL(url).port)
    return Child(
        name="static",
        argv=(sys.executable, "-m", "tests.bench.static_server", port, str(folder)),
        ready=HealthUrl(f"{url}/live.txt"),
    )


def _job(workload: Workload, sandbox: str, static: str, folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "sandbox": sandbox,
        "static": static,
        "folder": str(folder),
        "photos": str(workload.photos),
        "market_categories": dict(MARKET_CATEGORIES),
        "shops": [
            {
                "file": str(shop.file),
                "accounts": {account.kind: asdict(account) for account in sandbox_accounts(shop.number)},
            }
            for shop in workload.shops
        ],
        **more,
    }


class _Script:
    """The running script, told part by part; its own clock times the parts, we read the processes around them."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.baseline_script"],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._say(json.dumps(job))
        # Let it start its pools, which nobody measures.
        time.sleep(START_S)

    def part(self, name: str) -> Timing:
        own = [psutil.Process().pid]
        before = cpu_of(own)
        self._say("")
        told = json.loads(self._process.stdout.readline() or "{}")  # type: ignore[union-attr]
        if told.get("part") != name:
            raise NotSettled(f"the script ended in the part {name!r}")
        return Timing(told["seconds"], cpu_of(own) - before)

    def _say(self, line: str) -> None:
        self._process.stdin.write(line + "\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
