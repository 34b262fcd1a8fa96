"""What a process sees of its own calls."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.pace import CallEnd
from syndicator.domain.breaker import CallCounts
from syndicator.pace.ledger import CallLedger


@dataclass
class Steady:
    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def ledger(steady: Steady) -> CallLedger:
    return CallLedger(slow_after=timedelta(seconds=5), most_hanging=2, steady=steady)


def call(ledger: CallLedger, *, seconds: float = 0.1, is_broken: bool = False, endpoint: str = "x") -> None:
    number = ledger.began(endpoint)
    ledger.ended(endpoint, number, CallEnd(seconds=seconds, is_broken=is_broken))


def test_healthy_calls_are_handed_over_about_once_a_second_and_once_only(
    ledger: CallLedger, steady: Steady
) -> None:
    call(ledger)
    assert ledger.due_counts() == {"x": CallCounts(answered=1)}
    call(ledger)
    call(ledger)
    assert ledger.due_counts() == {}

    steady.seconds += 1

    assert ledger.due_counts() == {"x": CallCounts(answered=2)}
    assert ledger.due_counts() == {}


def test_a_broken_call_is_handed_over_at_once(ledger: CallLedger) -> None:
    call(ledger)
    ledger.due_counts()
    call(ledger, is_broken=True, seconds=9)

    assert ledger.due_counts() == {"x": CallCounts(broken=1, slow=1)}


def test_a_call_that_hangs_counts_as_slow_before_it_ends(ledger: CallLedger, steady: Steady) -> None:
    ledger.began("x")
    steady.seconds += 4.9
    assert ledger.due_counts() == {}

    steady.seconds += 0.1

    assert ledger.due_counts() == {"x": CallCounts(slow=1)}


def test_only_as_many_threads_hang_in_one_channel_as_may(ledger: CallLedger, steady: Steady) -> None:
    first, _ = ledger.began("x"), ledger.began("x")
    assert not ledger.is_crowded("x")
    steady.seconds += 5
    assert ledger.is_crowded("x")
    assert not ledger.is_crowded("y")

    ledger.ended("x", first, CallEnd(seconds=5, is_broken=False))

    assert not ledger.is_crowded("x")
