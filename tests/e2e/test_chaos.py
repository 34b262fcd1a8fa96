"""The short form of ``make chaos``: everything that can go wrong does, and every listing ends as it was wished."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.cli import ROOT


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_twice_and_nothing_is_lost_whatever_dies(tmp_path):
    results = tmp_path / "results.json"

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.chaos",
            "--short",
            "--also-unverified",
            "--verbose",
            "--results",
            results,
        ],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=850,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = {one["name"]: one["value"] for one in json.loads(results.read_text(encoding="utf-8"))}
    harm = (
        "duplicates",
        "lost",
        "wrong",
        "still_moving",
        "given_up",
        "units_lost_or_doubled",
        "uneven_levels",
    )
    assert {name: found[f"chaos.{name}"] for name in harm} == dict.fromkeys(harm, 0.0)
    assert found["chaos_unverified.duplicates"] > 0
