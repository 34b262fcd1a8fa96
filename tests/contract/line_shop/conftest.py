from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from adapters.http import make_client
from adapters.line_shop import LineShopAdapter
from adapters.settings import HttpSettings, LineSettings
from adapters.testing.sandbox.accounts import SandboxAccount
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import SandboxServer
from adapters.testing.specs import SpecChecker
from tests.contract.line_shop.shop import Shop
from tests.support.factories import DictPictures
from tests.support.shops import context_at, picture_host, sandbox_account

SPECS = SpecChecker(Path(__file__).parents[2] / "data" / "specs")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def pictures() -> Iterator[DictPictures]:
    with picture_host() as host:
        yield host


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with make_client(HttpSettings()) as client:
        yield client


@pytest.fixture
def shop(server: SandboxServer, pictures: DictPictures, http: httpx.Client) -> Iterator[Shop]:
    """A shop, every request to which must fit the vendor's description."""
    server.control.reset()
    account = sandbox_account("line_shop")
    context = context_at(account, LineSettings(myshop_url=server.line_url), pictures, http)
    yield Shop(LineShopAdapter(context), server.control, pictures)
    assert SPECS.check_all(server.control.journal()) == []


@pytest.fixture
def shop_with(pictures: DictPictures, http: httpx.Client) -> Iterator[Callable[..., Shop]]:
    """Start a sandbox with other switches."""
    running: list[SandboxServer] = []

    def start(options: SandboxOptions, account: SandboxAccount | None = None) -> Shop:
        server = SandboxServer(options)
        running.append(server.__enter__())
        context = context_at(
            account or sandbox_account("line_shop"), LineSettings(myshop_url=server.line_url), pictures, http
        )
        return Shop(LineShopAdapter(context), server.control, pictures)

    yield start
    for server in running:
        server.__exit__(None, None, None)
