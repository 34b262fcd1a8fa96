"""``python -m tests.bench``: every bench against its baseline; one table, and ``var/bench/results.json``."""

import argparse
import dataclasses
import sys
from pathlib import Path

from tests.bench import end_to_end, fairness, intake, pictures, stock_changes, sweeping
from tests.bench.results import is_met, table, write

BENCHES = ("pictures", "end-to-end", "fairness", "stock", "sweep", "intake")
VAR = Path("var") / "bench"
QUICK_PHOTOS = 4


def main() -> int:
    arguments = _arguments()
    found = []
    if "pictures" in arguments.only:
        found += pictures.run(QUICK_PHOTOS if arguments.quick else 12)
    if "end-to-end" in arguments.only:
        size = end_to_end.QUICK if arguments.quick else end_to_end.Size()
        if arguments.products is not None:
            size = dataclasses.replace(size, products=arguments.products)
        found += end_to_end.run(size, VAR / "photos", _say)
    if "fairness" in arguments.only:
        found += fairness.run(fairness.QUICK if arguments.quick else fairness.Size(), _say)
    if "stock" in arguments.only:
        found += stock_changes.run(stock_changes.QUICK if arguments.quick else stock_changes.Size(), _say)
    if "sweep" in arguments.only:
        found += sweeping.run(sweeping.QUICK if arguments.quick else sweeping.Size(), _say)
    if "intake" in arguments.only:
        found += intake.run(intake.QUICK if arguments.quick else intake.Size(), _say)
    write(found, VAR / "results.json")
    sys.stdout.write(f"{table(found)}\n\nwritten: {VAR / 'results.json'}\n")
    missed = [one["name"] for one in found if is_met(one) is False]
    if missed:
        _say(f"missed its target: {', '.join(missed)}")
    return 1 if missed and arguments.strict else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=BENCHES, action="append", help="one bench; may be given twice")
    parser.add_argument(
        "--quick", action="store_true", help="few photos and products, one turn: a rough look"
    )
    parser.add_argument("--products", type=int, help="products of the end-to-end bench")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    arguments = parser.parse_args()
    arguments.only = arguments.only or BENCHES
    return arguments


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
