import pytest
from cryptography.fernet import Fernet

from adapters.testing.sandbox import SandboxServer, sandbox_accounts
from adapters.testing.sandbox_environment import sandbox_environment
from tests.support.cli import CommandLine


@pytest.fixture(scope="module")
def sandbox():
    with SandboxServer() as server:
        yield server


@pytest.fixture
def cli(sandbox, database_url, redis_url, tmp_path):
    """The command line on real servers and simulated channels; no worker runs, so nothing is sent."""
    sandbox.control.reset()
    return CommandLine(
        {
            "SYNDICATOR_VAR": str(tmp_path / "var"),
            "SYNDICATOR_DATABASE_URL": database_url,
            "SYNDICATOR_REDIS_URL": redis_url,
            "SYNDICATOR_SECRET_KEYS": Fernet.generate_key().decode(),
            "SYNDICATOR_MEDIA__PUBLIC_URL": "http://127.0.0.1:9/media",
            **sandbox_environment(sandbox.url, tmp_path / "emarkets"),
        }
    )


@pytest.fixture
def connected(cli, tmp_path):
    """The same with the four accounts of a seller connected."""
    cli.run("channels", "connect", "--sandbox").told(0)
    return cli


@pytest.fixture
def accounts():
    return {account.name: account for account in sandbox_accounts()}
