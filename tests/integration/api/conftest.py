"""The HTTP API over a database of its own, with fake channels."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api_door import ApiDoor
from tests.support.app import CoreApp


@pytest.fixture
def door(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[ApiDoor]:
    core = CoreApp(database_url)
    opened = ApiDoor(core, database_url, redis_url, tmp_path)
    yield opened
    opened.close()
    core.close()
