"""Fairness bench: one seller behind another's ten thousand, and a healthy channel beside one that throttles or hangs.

Each figure is compared with the same stack's own, undisturbed one in the same run. Goods share one picture, prepared before
anything is measured: what is measured is the dispatching and not the decoding.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import structlog

from schemas.ids import AccountId, SellerId
from schemas.product import Media, Product
from syndicator.bootstrap import App
from syndicator.cli.account_details import sandbox_details
from syndicator.cli.stack import Mode, RunningStack, start_stack
from syndicator.media.originals import Original, store_original
from syndicator.settings import ApiSettings, SandboxSettings, Settings
from syndicator.usecases.connect_account import connect_account
from syndicator.usecases.submit_products import Submission, submit_products
from tests.bench.pictures import machine
from tests.bench.results import HIGHER, LOWER, entry
from tests.bench.rivals import NotSettled, slow_down
from tests.support.app import goods
from tests.support.factories import make_variant
from tests.support.shops import jpeg

BEHIND_TARGET = 2.0
"""Time to live behind a backlog, against idle. Source: the design's table of targets."""
BESIDE_TARGET = 0.8
"""Throughput of a healthy channel beside a sick one, against alone: close to alone on two noisy cores."""
HEALTHY, SICK = "page", "line"
SICK_KIND = "line_shop"
LOOK_EVERY_S = 0.01
PATIENCE_S = 240.0
HANGS_S = 40
"""Longer than a call may take, so that every call to the sick channel times out."""
BATCH = 500
REFUSES: Mapping[str, Any] = {"kind": "error", "status": 429, "body": {"message": "API rate limit exceeded"}}
HANGS: Mapping[str, Any] = {"kind": "slow", "seconds": HANGS_S}
Say = Callable[[str], None]


class Answers(StrEnum):
    """How soon the channels answer. Targets are judged with late ones, as channels across the internet give them.

    Where every answer is instant two programs share out two cores, which says what each costs and not how long anybody waits.
    """

    LATE = "late"
    INSTANT = "instant"

    def named(self, name: str) -> str:
        """Return the name of a figure that was measured with such answers."""
        return name if self is Answers.LATE else f"{name}.{self}_answers"

    def target(self, value: float) -> float | None:
        """Return the target of a figure that is judged with late answers."""
        return value if self is Answers.LATE else None


@dataclass(frozen=True)
class Size:
    """How much is measured: the backlog, single publishes timed before and behind it, goods for each of the sellers."""

    backlog: int = 10_000
    singles: int = 15
    sellers: int = 4
    each: int = 150


QUICK = Size(backlog=2_000, singles=5, each=50)


def run(size: Size, say: Say) -> list[dict[str, Any]]:
    """Measure both on stacks of their own.

    Raises:
        NotSettled: Something did not become live in time.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    where = machine()
    with tempfile.TemporaryDirectory(prefix="fair-") as folder:
        behind = [
            found
            for answers in Answers
            for found in on_stack(
                Path(folder) / answers, lambda one, answers=answers: _behind(one, size, where, say, answers)
            )
        ]
        beside = on_stack(Path(folder) / "beside", lambda one: _beside(one, size, where, say))
    return [*behind, *beside]


def on_stack(var: Path, measure: Callable[["Field"], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Start a stack of its own, measure on it, and end it."""
    settings = Settings(var=var, api=ApiSettings(port=0), sandbox=SandboxSettings(port=0))
    with start_stack(settings, Mode.SANDBOX) as stack:
        return measure(Field(stack))


@dataclass
class Field:
    """A running stack with sellers on it; ``sellers`` by their number in the sandbox."""

    stack: RunningStack
    sellers: dict[int, SellerId] = field(default_factory=dict)

    @cached_property
    def picture(self) -> Original:
        """The picture all goods with one share."""
        return store_original(self.app.media_store, jpeg(shade=7))

    def _product(self, sku: str, account: str) -> Product:
        """Return goods for an account: a post can do without a picture, a shop cannot."""
        if account == HEALTHY:
            return goods(sku)
        media = (Media(source="images/shared.jpg", sha256=self.picture.sha256),)
        return goods(sku, variants=(make_variant(sku, media=media),))

    @property
    def app(self) -> App:
        return self.stack.app

    def connect(self, number: int) -> None:
        with self.app.database.begin() as uow:
            seller = uow.accounts.ensure_seller(f"seller-{number}")
        self.sellers[number] = seller
        for details in sandbox_details(number):
            connect_account(
                seller,
                details,
                database=self.app.database,
                adapters=self.app.adapters,
                clock=self.app.clock,
            )

    def submit(self, number: int, skus: Sequence[str], account: str) -> None:
        for start in range(0, len(skus), BATCH):
            submissions = [
                Submission(product=(one := self._product(sku, account)), stock=dict.fromkeys(one.skus, 9))
                for sku in skus[start : start + BATCH]
            ]
            for _ in submit_products(
                self.sellers[number],
                submissions,
                {self.picture.sha256: self.picture.size_bytes},
                reference=f"{skus[start]}-{account}",
                account_ids=[self.account(number, account)],
                database=self.app.database,
                adapters=self.app.adapters,
                clock=self.app.clock,
            ):
                pass

    def account(self, number: int, name: str) -> AccountId:
        with self.app.database.begin() as uow:
            accounts = uow.accounts.of_seller(self.sellers[number])
        return next(one.account.id for one in accounts if one.account.name == name)

    def value(self, statement: str, **values: Any) -> Any:
        with self.app.database.begin() as uow:
            return uow.connection.scalar(sa.text(statement), values)

    def live(self, prefix: str, account: str) -> int:
        return int(
            self.value(
                "SELECT count(*) FROM listing l JOIN product p ON p.id = l.product_id"
                " JOIN channel_account a ON a.id = l.account_id"
                " WHERE l.state = 'live' AND a.name = :account AND p.sku LIKE :prefix",
                account=account,
                prefix=f"{prefix}%",
            )
        )

    def wait(self, claim: Callable[[], object], what: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while not claim():
            if time.monotonic() > until:
                raise NotSettled(f"{what}: not within {PATIENCE_S} s")
            time.sleep(LOOK_EVERY_S)

    def let_answer(self, answers: Answers) -> None:
        """Have the channels answer so from now on."""
        if answers is Answers.LATE:
            slow_down(self.stack.info.sandbox_url or "")

    def sicken(self, effect: Mapping[str, Any]) -> None:
        url = f"{self.stack.info.sandbox_url}/_sandbox/faults"
        httpx.delete(url, trust_env=False).raise_for_status()
        order = {"effect": dict(effect), "channel": SICK_KIND}
        httpx.post(url, json=order, trust_env=False).raise_for_status()


def _single(stack: Field, number: int, sku: str) -> float:
    """Publish one product and return the seconds until it is live."""
    began = time.perf_counter()
    stack.submit(number, [sku], HEALTHY)
    stack.wait(lambda: stack.live(sku, HEALTHY), sku)
    return time.perf_counter() - began


def _behind(
    stack: Field, size: Size, where: Mapping[str, Any], say: Say, answers: Answers
) -> list[dict[str, Any]]:
    stack.let_answer(answers)
    for number in (1, 2):
        stack.connect(number)
    _single(stack, 2, "WARM-1")
    idle = [_single(stack, 2, f"IDLE-{n:02}") for n in range(size.singles)]
    stack.submit(1, [f"BULK-{n:05}" for n in range(size.backlog)], HEALTHY)
    behind = [_single(stack, 2, f"BEHIND-{n:02}") for n in range(size.singles)]
    due = int(stack.value("SELECT count(*) FROM listing WHERE due_at IS NOT NULL"))
    say(
        f"{answers} answers: behind {size.backlog} {_ms(behind):.0f} ms, idle {_ms(idle):.0f} ms, {due} were still due at the end"
    )
    if due < size.backlog // 10:
        raise NotSettled(f"only {due} were left of the backlog: nothing was measured behind it")
    return [
        entry(
            answers.named("fairness.time_to_live.behind_backlog"),
            _ms(behind),
            "ms",
            better=LOWER,
            baseline={"name": "idle", "value": _ms(idle)},
            machine=where,
            target=answers.target(BEHIND_TARGET),
            worst_ms=round(1_000 * max(behind)),
            left_of_backlog=due,
        )
    ]


def _ms(seconds: Sequence[float]) -> float:
    return 1_000 * statistics.median(seconds)


def _beside(stack: Field, size: Size, where: Mapping[str, Any], say: Say) -> list[dict[str, Any]]:
    for number in range(1, size.sellers + 1):
        stack.connect(number)
    _throughput(stack, size, "WARM")
    # The shared picture is made with the first goods that need it.
    stack.submit(1, ["WARM-SHOP"], SICK)
    stack.wait(lambda: stack.live("WARM-SHOP", SICK), "the shop's first goods")
    alone = _throughput(stack, size, "ALONE")
    stack.sicken(REFUSES)
    _burden(stack, size, "REFUSED")
    refused = _throughput(stack, size, "BESIDE-REFUSED")
    stack.sicken(HANGS)
    _burden(stack, size, "HANGING")
    onset = _single(stack, 1, "ONSET-1")
    stack.wait(lambda: _is_known_sick(stack), "a channel that hangs is known")
    hanging = _throughput(stack, size, "BESIDE-HANGING")
    again = _throughput(stack, size, "BESIDE-HANGING-AGAIN")
    say(
        f"alone {alone:.1f}/s, beside 429 {refused:.1f}/s, beside a hanging one {hanging:.1f}/s and {again:.1f}/s,"
        f" first publish after it began to hang {onset:.1f} s"
    )
    made = [("only_429", refused), ("timing_out", statistics.mean((hanging, again)))]
    found = [
        entry(
            f"fairness.throughput.beside_{name}",
            rate,
            "listings/s",
            better=HIGHER,
            baseline={"name": "alone", "value": alone},
            machine=where,
            target=BESIDE_TARGET,
        )
        for name, rate in made
    ]
    timeout = stack.app.settings.http.read_timeout.total_seconds()
    return [
        *found,
        entry(
            "fairness.time_to_live.as_a_channel_begins_to_hang",
            onset,
            "s",
            better=LOWER,
            baseline={"name": "one call's time limit", "value": timeout},
            machine=where,
        ),
    ]


def _burden(stack: Field, size: Size, prefix: str) -> None:
    """Give every seller as many listings on the sick channel as will be measured on the healthy one."""
    for number in stack.sellers:
        stack.submit(number, [f"{prefix}-{number}-{n:04}" for n in range(size.each)], SICK)
    stack.wait(lambda: _is_being_called(stack), "the sick channel is called")


def _is_being_called(stack: Field) -> bool:
    leased = (
        "SELECT count(*) FROM attempt t JOIN listing l ON l.id = t.listing_id"
        " JOIN channel_account a ON a.id = l.account_id"
        " WHERE a.kind = :kind AND t.began_at > now() - interval '5 s'"
    )
    return bool(stack.value(leased, kind=SICK_KIND))


def _is_known_sick(stack: Field) -> bool:
    known = "SELECT count(*) FROM channel_breaker WHERE endpoint = :kind AND (is_slow OR state <> 'closed')"
    return bool(stack.value(known, kind=SICK_KIND))


def _throughput(stack: Field, size: Size, prefix: str) -> float:
    """Publish every seller's goods on the healthy channel; return listings a second."""
    began = time.perf_counter()
    for number in stack.sellers:
        stack.submit(number, [f"{prefix}-{number}-{n:04}" for n in range(size.each)], HEALTHY)
    wanted = size.each * len(stack.sellers)
    stack.wait(lambda: stack.live(f"{prefix}-", HEALTHY) >= wanted, prefix)
    return wanted / (time.perf_counter() - began)
