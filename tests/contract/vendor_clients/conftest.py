"""The sandbox, asked by the vendors' own clients: what it gets wrong shows here, because nobody of us wrote them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.testing.kit import MadePictures, loopback_pictures
from adapters.testing.sandbox import SandboxServer
from adapters.testing.sandbox.control import SandboxControl


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def pictures() -> Iterator[MadePictures]:
    with loopback_pictures() as host:
        yield host


@pytest.fixture
def control(server: SandboxServer) -> SandboxControl:
    server.control.reset()
    return server.control


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(MadePictures().read("any"))
    return path
