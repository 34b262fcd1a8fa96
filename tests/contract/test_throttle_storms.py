"""A publish refused for pace at any call it makes, by the channel or by our own toll: no attempt spent, one listing.

The adapters, the planner and the outcomes are the real ones, the channels are the sandbox's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.meta_graph.usage import usages
from adapters.pace import CallEnd, Payer, Refusal, Toll, Usage, paying
from adapters.testing.sandbox.faults import Throttle
from adapters.testing.sandbox.options import SandboxOptions
from schemas.pace import BrakeReason, PaceScope
from tests.contract.test_crash_boundaries import Bench, is_one_and_nothing_else, opened
from tests.support.step_driver import StepDriver

MOST_CALLS = 7
"""Reads and writes of an undisturbed publish; beyond a channel's last call the orders are simply not met."""
KINDS = ("facebook_page", "instagram", "line_shop", "emarket")
CASES = [(kind, n) for kind in KINDS for n in range(1, MOST_CALLS + 1)]
PAYER = Payer(endpoint="x", app="x", account="x/1", read_usage=usages)
SAYS_SO_IN_ITS_ENVELOPE_ONLY = "emarket"
"""Its throttle is a success by status and headers, so only the error table knows of it."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from opened(SandboxOptions(), tmp_path_factory.mktemp("markets"))


@dataclass
class RefusingPace:
    """Refuses the calls with these numbers, from 1; implements ``adapters.pace.Pace``."""

    refused: frozenset[int]
    tolls: list[Toll] = field(default_factory=list)
    reports: list[Usage] = field(default_factory=list)

    def pay(self, payer: Payer, toll: Toll) -> Refusal | None:
        self.tolls.append(toll)
        if len(self.tolls) not in self.refused:
            return None
        return Refusal(wait=timedelta(seconds=9), scope=PaceScope.ACCOUNT, reason=BrakeReason.BUDGET)

    def told(self, payer: Payer, usages: Sequence[Usage]) -> None:
        self.reports.extend(usages)

    def began(self, payer: Payer) -> object:
        return None

    def ended(self, payer: Payer, began: object, end: CallEnd) -> None:
        """Nothing is counted here."""


def throttled(driver: StepDriver) -> list[str]:
    return [step for step, outcome in driver.steps if outcome == "throttled"]


@pytest.mark.parametrize(("kind", "n"), CASES)
def test_a_publish_refused_by_the_channel_at_any_call_costs_nothing(bench: Bench, kind: str, n: int) -> None:
    driver, _ = bench.driver(kind, {})
    driver.control.fail(Throttle(seconds=20), nth=n)

    driver.run()

    is_one_and_nothing_else(driver)
    assert driver.row["attempts"] == 0


@pytest.mark.parametrize(("kind", "n"), CASES)
def test_a_publish_refused_by_our_own_toll_at_any_call_costs_nothing(bench: Bench, kind: str, n: int) -> None:
    pace = RefusingPace(frozenset({n}))
    driver, _ = bench.driver(kind, {}, pace=pace)

    with paying(PAYER):
        driver.run()

    is_one_and_nothing_else(driver)
    assert driver.row["attempts"] == 0
    assert len(pace.tolls) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_storm_of_refusals_is_waited_out_without_an_attempt(bench: Bench, kind: str) -> None:
    pace = RefusingPace(frozenset())
    driver, _ = bench.driver(kind, {}, pace=pace)

    with paying(PAYER):
        for _ in range(12):
            driver.control.fail(Throttle(seconds=15))
            driver.step()
            driver.control.clear_faults()
        assert len(throttled(driver)) >= 10
        assert driver.row["attempts"] == 0
        driver.run()

    is_one_and_nothing_else(driver)
    reported = {(usage.scope, usage.percent) for usage in pace.reports}
    expected = set() if kind == SAYS_SO_IN_ITS_ENVELOPE_ONLY else {(PaceScope.ACCOUNT, 100)}
    assert reported >= expected
