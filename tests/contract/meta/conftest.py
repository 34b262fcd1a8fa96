from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import SandboxServer
from tests.contract.meta.support import Desk, PictureServer

OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def usual_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def open_desk() -> Iterator[OpenDesk]:
    """Start a sandbox with the options given and sit down at it."""
    with ExitStack() as stack:

        def start(**options: Any) -> Desk:
            server = stack.enter_context(SandboxServer(SandboxOptions(**options)))
            pictures = stack.enter_context(PictureServer().running())
            desk = Desk(server, pictures)
            stack.enter_context(desk.http)
            return desk

        yield start


@pytest.fixture
def desk(usual_sandbox: SandboxServer) -> Iterator[Desk]:
    """Sit down at an empty sandbox with the usual options."""
    usual_sandbox.control.reset()
    with PictureServer().running() as pictures:
        desk = Desk(usual_sandbox, pictures)
        with desk.http:
            yield desk
