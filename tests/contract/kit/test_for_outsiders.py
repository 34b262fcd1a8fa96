"""The kit is for people who have the package and pytest, and nothing else of ours."""

import subprocess
import sys
from pathlib import Path

import adapters

ROOT = Path(adapters.__file__).parents[1]
ALONE = """
import sys
for ours in ("syndicator", "workers", "tests", "jsonschema", "hypothesis"):
    sys.modules[ours] = None
import adapters.testing.kit
import adapters.testing.kit.at_sandbox
"""


def test_the_kit_needs_neither_the_core_nor_our_tests(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
