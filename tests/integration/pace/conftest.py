"""A pace over a real Redis, with accounts that have budgets."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from adapters.limits import Grade
from adapters.pace import Budget, Payer, Toll
from schemas.pace import PaceScope
from syndicator.pace.budgets import BudgetCounter
from syndicator.pace.gate import RedisGate
from syndicator.pace.ledger import CallLedger
from syndicator.pace.shared import SharedPace
from syndicator.pace.usage_board import UsageBoard

SHARE = 0.25
NEW = Toll(method="POST", host="channel.test", path="/things", is_begun=False)
BEGUN = Toll(method="POST", host="channel.test", path="/things", is_begun=True)


def budget(
    amount: int, *, seconds: int = 60, scope: PaceScope = PaceScope.ACCOUNT, name: str = "b"
) -> Budget:
    return Budget(
        name=name,
        scope=scope,
        amount=amount,
        window=timedelta(seconds=seconds),
        source="made up",
        read="2026-11-26",
        grade=Grade.ASSUMED,
    )


def payer(*budgets: Budget, account: str = "x/1") -> Payer:
    return Payer(endpoint="x", app="app", account=account, app_endpoints=("x",), budgets=budgets)


def let_through(pace: SharedPace, who: Payer, toll: Toll = NEW, *, tries: int = 200) -> int:
    """Count how many of so many calls in a row may go."""
    return sum(pace.pay(who, toll) is None for _ in range(tries))


MakePace = Callable[[str], SharedPace]


@pytest.fixture
def make_pace() -> Iterator[MakePace]:
    """Make the pace of one more process."""
    gates: list[RedisGate] = []

    def make(url: str) -> SharedPace:
        gate = RedisGate(url)
        gates.append(gate)
        return SharedPace(
            UsageBoard(gate, longest=timedelta(hours=24)),
            BudgetCounter(gate, share=SHARE),
            CallLedger(slow_after=timedelta(seconds=5), most_hanging=4),
        )

    yield make
    for gate in gates:
        gate.close()
