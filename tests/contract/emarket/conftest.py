from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from adapters.emarket import EMARKET
from adapters.http import make_client
from adapters.settings import EmarketSettings, HttpSettings
from adapters.testing.sandbox.accounts import SandboxAccount
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import SandboxServer
from adapters.testing.specs import SpecChecker
from tests.contract.emarket.stall import Stall
from tests.support.factories import DictPictures
from tests.support.shops import context_at, market_files, picture_host, sandbox_account

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
def stall_at(
    pictures: DictPictures, http: httpx.Client, tmp_path: Path
) -> Callable[[SandboxServer, SandboxAccount], Stall]:
    def make(server: SandboxServer, account: SandboxAccount) -> Stall:
        folder = market_files(tmp_path, server.market_url)
        context = context_at(account, EmarketSettings(dir=folder), pictures, http)
        return Stall(EMARKET.make(context), server.control, pictures)

    return make


@pytest.fixture
def stall(
    server: SandboxServer, stall_at: Callable[[SandboxServer, SandboxAccount], Stall]
) -> Iterator[Stall]:
    """A stall, every request of which must fit the market's description."""
    server.control.reset()
    yield stall_at(server, sandbox_account("emarket"))
    assert SPECS.check_all(server.control.journal()) == []


@pytest.fixture
def reviewing(stall_at: Callable[[SandboxServer, SandboxAccount], Stall]) -> Iterator[Stall]:
    """A stall on a market that reviews new listings before it shows them."""
    with SandboxServer(SandboxOptions(market_moderation=True)) as server:
        yield stall_at(server, sandbox_account("emarket"))
