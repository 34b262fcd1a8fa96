"""``python -m tests.chaos``: the proof of delivery, by force; writes ``var/chaos/results.json``.

Real processes publish, edit, withdraw and restock goods of many sellers on four simulated channels while processes are
killed, servers are emptied, frozen, filled and cut off, and three in ten calls to channels go wrong. Once all is quiet, what the
channels hold is compared with what was wished. The same seed chooses the same goods, edits and troubles; how they interleave
is up to the machine.
"""

import argparse
import dataclasses
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.results import is_met, table, write
from tests.chaos.report import findings, results
from tests.chaos.run import Outcome, run
from tests.chaos.scenario import LONG, SHORT, Scenario

VAR = Path("var") / "chaos"


def main() -> int:
    arguments = _arguments()
    found = []
    scenario = _scenario(arguments)
    outcome = _run(scenario, arguments)
    found += results(outcome)
    if arguments.also_unverified:
        found += results(_run(_unverified(scenario), arguments))
    write(found, VAR / "results.json")
    sys.stdout.write(f"{table(found)}\n\nwritten: {VAR / 'results.json'}\n")
    missed = [one["name"] for one in found if is_met(one) is False]
    for line in findings(outcome):
        _say(line)
    return 1 if missed else 0


def _run(scenario: Scenario, arguments: argparse.Namespace) -> Outcome:
    say = _say if arguments.verbose else (lambda _line: None)
    _say(
        f"{scenario.listings} listings, {scenario.kills} kills, seed {scenario.seed}, verification {'on' if scenario.verifies else 'OFF'}"
    )
    with tempfile.TemporaryDirectory(prefix="sy-chaos-", ignore_cleanup_errors=True) as folder:
        var = Path(folder)
        try:
            return run(scenario, var, say)
        except BaseException:
            if arguments.keep:
                var.rename(VAR / f"kept-{int(time.time())}")
            raise


def _scenario(arguments: argparse.Namespace) -> Scenario:
    size = SHORT if arguments.short else LONG
    given = {
        name: value
        for name in ("seed", "sellers", "products", "edits", "kills", "storm_s")
        if (value := getattr(arguments, name)) is not None
    }
    return dataclasses.replace(size, **given)


def _unverified(scenario: Scenario) -> Scenario:
    return dataclasses.replace(scenario, verifies=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the form that make test runs")
    parser.add_argument(
        "--also-unverified", action="store_true", help="run once more without looking before repeating"
    )
    parser.add_argument("--seed", type=int)
    parser.add_argument("--sellers", type=int)
    parser.add_argument("--products", type=int, help="of each seller")
    parser.add_argument("--edits", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--storm-s", type=float)
    parser.add_argument("--verbose", "-v", action="store_true", help="tell every trouble")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run that failed")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
