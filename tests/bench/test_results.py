"""The table must not call a missed target met, in either direction."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench.results import HIGHER, LOWER, entry, is_met, table, write


def result(value: float, base: float, better: str, target: float | None = None) -> dict[str, Any]:
    return entry(
        "x.y",
        value,
        "ms",
        better=better,
        baseline={"name": "b", "value": base},
        machine={"cpus": 2},
        target=target,
    )


@pytest.mark.parametrize(
    ("value", "better", "target", "met"),
    [
        (20, HIGHER, 2.0, True),
        (19, HIGHER, 2.0, False),
        (7, LOWER, 0.7, True),
        (8, LOWER, 0.7, False),
        (8, LOWER, None, None),
    ],
)
def test_a_target_is_met_on_the_better_side_of_its_bound_only(
    value: float, better: str, target: float | None, met: bool | None
) -> None:
    assert is_met(result(value, 10, better, target)) is met


def test_the_table_marks_what_missed() -> None:
    lines = table([result(19, 10, HIGHER, 2.0), result(7, 10, LOWER, 0.7)]).splitlines()

    assert [line.rsplit(maxsplit=1)[-1] for line in lines[1:]] == ["NO", "yes"]


def test_results_are_written_in_the_agreed_form(tmp_path: Path) -> None:
    write([result(19, 10, HIGHER, 2.0)], tmp_path / "bench" / "results.json")

    (found,) = json.loads((tmp_path / "bench" / "results.json").read_text())
    assert {"name", "value", "unit", "better", "baseline", "ratio", "machine"} <= found.keys()
    assert found["ratio"] == 1.9
