"""What a run comes to, in the form of all results."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.bench.pictures import machine
from tests.bench.results import HIGHER, LOWER, entry
from tests.chaos.run import Outcome
from tests.chaos.scenario import KILLS
from tests.chaos.watch import Recovery

RECOVERS_WITHIN_S = 60.0
SHOWN = 20


def results(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the figures; counts of harm have a target only where verification is on, for off they must appear."""
    where = machine()
    verdict, scenario = outcome.verdict, outcome.scenario
    name = "chaos" if scenario.verifies else "chaos_unverified"
    listings = {"name": "listings", "value": float(verdict.listings)}
    kills = sum(outcome.troubles[kind] for kind in KILLS)
    harm = {
        "duplicates": outcome.duplicates,
        "lost": len(verdict.lost),
        "wrong": len(verdict.wrong),
        "still_moving": outcome.still_moving,
        "given_up": sum(outcome.facts["dead_letters_open"].values()),
        "units_lost_or_doubled": outcome.facts["units_lost_or_doubled"],
        "uneven_levels": outcome.facts["uneven_levels"],
    }
    found = [
        entry(
            f"{name}.{what}",
            float(count),
            "listings",
            better=LOWER,
            baseline=listings,
            machine=where,
            target=0.0 if scenario.verifies else None,
            seed=scenario.seed,
        )
        for what, count in harm.items()
    ]
    if not scenario.verifies:
        # One at least: a proof that cannot fail proves nothing. The rest says nothing, for nobody waited for quiet.
        return [found[0] | {"better": HIGHER, "target": 1 / max(1, verdict.listings)}]
    found.append(
        entry(
            f"{name}.kills",
            float(kills),
            "kills",
            better=HIGHER,
            baseline={"name": "asked for", "value": float(scenario.kills)},
            machine=where,
            target=1.0,
            troubles={kind.value: count for kind, count in sorted(outcome.troubles.items())},
            hidden_orphans=verdict.orphans,
            **outcome.facts,
        )
    )
    return [*found, *_recovery(name, outcome.recoveries, where)]


def _recovery(name: str, recoveries: Sequence[Recovery], where: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give how long orphaned leases held work back, and how soon any work went on after a trouble."""
    leases = {one: _or_never(one.seconds) for one in recoveries if one.leases}
    pauses = {one: one.idle_s for one in recoveries if one.idle_s is not None}
    for what, times in (("recovery", leases), ("pause", pauses)):
        if times:
            yield entry(
                f"{name}.{what}_p95",
                _p95(list(times.values())),
                "s",
                better=LOWER,
                baseline={"name": "promise", "value": RECOVERS_WITHIN_S},
                machine=where,
                target=1.0,
                times=len(times),
                median=round(statistics.median(times.values()), 2),
                longest=round(max(times.values()), 2),
                by_trouble=_by_trouble(times),
            )


def _or_never(seconds: float | None) -> float:
    return float("inf") if seconds is None else seconds


def _by_trouble(times: Mapping[Recovery, float]) -> dict[str, dict[str, float]]:
    found = {}
    for kind in sorted({one.trouble for one in times}):
        own = [seconds for one, seconds in times.items() if one.trouble is kind]
        found[kind.value] = {
            "times": len(own),
            "median_s": round(statistics.median(own), 1),
            "longest_s": round(max(own), 1),
        }
    return found


def _p95(times: Sequence[float]) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def findings(outcome: Outcome) -> Iterator[str]:
    """Name the first listings that are not as wished."""
    verdict = outcome.verdict
    for kind, faults in (("twice", verdict.duplicates), ("lost", verdict.lost), ("wrong", verdict.wrong)):
        for fault in faults[:SHOWN]:
            yield f"{kind}: {fault.sku} on {fault.channel} {fault.account}: {fault.what}"
    yield from outcome.facts["codes_off"]
    yield from outcome.facts["histories"]
    for (channel, account, sku), most in list(outcome.doubles.items())[:SHOWN]:
        yield f"seen {most} times at once: {sku} on {channel} {account}"
