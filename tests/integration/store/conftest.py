"""The core over a database of its own, with fake channels."""

from collections.abc import Iterator

import pytest

from tests.support.app import CoreApp


@pytest.fixture
def app(database_url: str) -> Iterator[CoreApp]:
    core = CoreApp(database_url)
    yield core
    core.close()
