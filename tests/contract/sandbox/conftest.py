from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from adapters.testing.sandbox import SandboxOptions, SandboxServer, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from tests.contract.sandbox.clients import Clients, Graph, Line, Market, clients_of, picture
from tests.support.factories import DictPictures
from tests.support.shops import picture_host


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def host() -> Iterator[DictPictures]:
    with picture_host() as pictures:
        pictures.files["square.jpg"] = picture()
        pictures.files["other.jpg"] = picture(shade=200)
        yield pictures


@pytest.fixture
def square(host: DictPictures) -> str:
    return f"{host.base_url}/square.jpg"


@pytest.fixture
def other(host: DictPictures) -> str:
    return f"{host.base_url}/other.jpg"


@pytest.fixture
def control(server: SandboxServer) -> SandboxControl:
    server.control.reset()
    return server.control


@pytest.fixture
def clients(server: SandboxServer, control: SandboxControl, http: httpx.Client) -> Clients:
    return clients_of(server, sandbox_accounts(1), http)


@pytest.fixture
def page(clients: Clients) -> Graph:
    return clients.page


@pytest.fixture
def instagram(clients: Clients) -> Graph:
    return clients.instagram


@pytest.fixture
def line(clients: Clients) -> Line:
    return clients.line


@pytest.fixture
def market(clients: Clients) -> Market:
    return clients.market


@pytest.fixture
def start(http: httpx.Client) -> Iterator[Callable[..., tuple[SandboxServer, Clients]]]:
    """Start another sandbox with switches of its own."""
    with ExitStack() as running:

        def begin(**switches: object) -> tuple[SandboxServer, Clients]:
            server = running.enter_context(SandboxServer(SandboxOptions(**switches)))  # type: ignore[arg-type]
            return server, clients_of(server, sandbox_accounts(1), http)

        yield begin
