"""What holds for every test: no network beyond this machine, a scrubbed environment, the fixtures of real servers.

Randomness is seeded for each test by pytest-randomly, which prints the seed of the run.
"""

import os

import hypothesis
import pytest

from tests.support.network import allow_loopback_only

pytest_plugins = ["tests.support.servers"]

# The machine is shared: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("shared-machine", deadline=None)
hypothesis.settings.load_profile("shared-machine")


def pytest_configure(config: pytest.Config) -> None:
    for name in list(os.environ):
        if name.startswith("SYNDICATOR_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    allow_loopback_only()
