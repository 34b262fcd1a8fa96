"""``python -m tests.chaos``: the proof of delivery, by force; writes ``var/chaos/results.json``.

Real processes publish, edit, withdraw and restock goods of many sellers on four simulated channels while processes are
killed, servers are emptied, frozen, filled and cut off, and three in ten calls to channels go wrong. Once all is quiet, what the
channels hold is compared with what was wished. The same seed chooses the same goods, edits and troubles; how they interleave
is up to the machine.
"""

import argparse
import dataclasses
import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.bench.results import is_met, table, write
from tests.chaos.report import findings, results
from tests.chaos.run import Outcome, run
from tests.chaos.scenario import LONG, SHORT, Scenario

RESULTS = Path("var") / "chaos" / "results.json"
KEPT = Path("var") / "chaos" / "kept"


def main() -> int:
    arguments = _arguments()
    # What the processes log goes to their own files; ours would hide the progress.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    scenario = _scenario(arguments)
    outcomes = [_run(scenario, arguments)]
    if arguments.also_unverified:
        outcomes.append(_run(dataclasses.replace(scenario, verifies=False), arguments))
    found = [one for outcome in outcomes for one in results(outcome)]
    write(found, arguments.results)
    sys.stdout.write(f"{table(found)}\n\nwritten: {arguments.results}\n")
    for line in findings(outcomes[0]):
        _say(line)
    return 1 if any(is_met(one) is False for one in found) else 0


def _run(scenario: Scenario, arguments: argparse.Namespace) -> Outcome:
    look = "with" if scenario.verifies else "WITHOUT"
    _say(
        f"{scenario.listings} listings, {scenario.kills} kills, seed {scenario.seed}, {look} a look before repeating"
    )
    with tempfile.TemporaryDirectory(prefix="sy-chaos-", ignore_cleanup_errors=True) as folder:
        outcome = run(scenario, Path(folder), _say if arguments.verbose else _say_nothing)
        if arguments.keep:
            shutil.copytree(Path(folder) / "log", KEPT, dirs_exist_ok=True)
    return outcome


def _scenario(arguments: argparse.Namespace) -> Scenario:
    size = SHORT if arguments.short else LONG
    given = {
        name: value
        for name in ("seed", "sellers", "products", "edits", "kills", "storm_s")
        if (value := getattr(arguments, name)) is not None
    }
    return dataclasses.replace(size, **given)


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
    parser.add_argument("--keep", action="store_true", help="keep the logs, in var/chaos/kept")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results go")
    return parser.parse_args()


def _say_nothing(_line: str) -> None:
    return


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
