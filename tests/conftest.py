"""What holds for every test: no network beyond this machine, a scrubbed environment, the fixtures of real servers.

Randomness is seeded for each test by pytest-randomly, which prints the seed of the run.
"""

import logging
import os
from typing import NoReturn

import hypothesis
import pytest
import structlog

from tests.support.network import allow_loopback_only

# pytester runs the conformance kit inside a test, to see it fail.
pytest_plugins = ["tests.support.servers", "tests.support.in_parallel", "pytester"]

# The machine is shared: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("shared-machine", deadline=None)
hypothesis.settings.load_profile("shared-machine")


def pytest_configure(config: pytest.Config) -> None:
    for name in list(os.environ):
        if name.startswith("SYNDICATOR_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    allow_loopback_only()


@pytest.fixture(autouse=True)
def _logs_of_this_test_alone() -> None:
    """Drop what is logged, at every level, until a test captures it or sets logging up itself.

    What one test set up must not silence the next one; and to write millions of lines for people takes minutes.
    """
    structlog.configure(
        processors=[_dropped],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        cache_logger_on_first_use=False,
    )


def _dropped(_logger: object, _method: str, _event: object) -> NoReturn:
    raise structlog.DropEvent
