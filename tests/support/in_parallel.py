"""How the tests are shared out among processes: together what shares a slow start, first what takes minutes.

Not by the marks of pytest-xdist 3.8 (``--dist loadgroup``): under pytest 9.2 they are not heard, without a word.
"""

import os
from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

E2E = "tests/e2e/"
ON_A_STACK_OF_THEIR_OWN = ("test_chaos.py", "test_planted_secrets.py", "test_killed_alone.py")
"""Files of end-to-end tests that do not use the running system that the others share; those that take longest first."""


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: the tests of whole systems mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, so that none of it still runs when all else is done."""
    items.sort(key=lambda item: _place(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Keep the tests of one class, or one file, in one process."""
    return ByHome(config, log)


class ByHome(LoadScopeScheduling):
    """Sends tests out by what they share."""

    def _split_scope(self, nodeid: str) -> str:
        return home_of(nodeid)


def home_of(nodeid: str) -> str:
    """Return what a test shares its slow start with: its class, its file, or the running system of many files."""
    path, *names = nodeid.partition("[")[0].split("::")
    if path.startswith(E2E) and PurePosixPath(path).name not in ON_A_STACK_OF_THEIR_OWN:
        return E2E
    return "::".join((path, *names[:-1]))


def _place(nodeid: str) -> int:
    path = nodeid.partition("::")[0]
    if not path.startswith(E2E):
        return len(ON_A_STACK_OF_THEIR_OWN) + 1
    name = PurePosixPath(path).name
    return (
        ON_A_STACK_OF_THEIR_OWN.index(name)
        if name in ON_A_STACK_OF_THEIR_OWN
        else len(ON_A_STACK_OF_THEIR_OWN)
    )
