"""One ``syndicator api`` process over private servers, and the key of a seller who calls it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from cryptography.fernet import Fernet

from schemas.channel import Credentials
from schemas.ids import ChannelKind
from syndicator.domain.access import ApiKeyText, Reach, Rights, Role
from syndicator.local.ports import free_port
from syndicator.local.redis import PrivateRedis
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher

SELLER = "bench"
ACCOUNTS = ("page", "shop")
KIND = ChannelKind("facebook_page")
"""Nothing is sent: no worker runs beside the API."""
START_WITHIN_S = 60.0
KIB_PER_MB = 1024


@dataclass(frozen=True)
class ApiProcess:
    """The process, and how it is called."""

    url: str
    key: str
    process: psutil.Process

    def client(self) -> httpx.Client:
        """Return a client with the seller's key."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=f"{self.url}/v1/sellers/{SELLER}", headers=headers, timeout=600)

    def cpu_s(self) -> float:
        """Return the seconds of processor time it has used."""
        times = self.process.cpu_times()
        return times.user + times.system

    def peak_mb(self) -> float:
        """Return the most memory it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        (kib,) = re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        return int(kib) / KIB_PER_MB


@contextmanager
def api_process(folder: Path, database_url: str) -> Iterator[ApiProcess]:
    """Run the API for the block, with a seller who has two accounts."""
    secret, key, port = Fernet.generate_key().decode(), ApiKeyText.make(), free_port()
    _make_seller(database_url, secret, key)
    with PrivateRedis(folder / "redis") as redis, (folder / "api.log").open("wb") as log:
        environment = os.environ | {
            "SYNDICATOR_DATABASE_URL": database_url,
            "SYNDICATOR_REDIS_URL": redis.url,
            "SYNDICATOR_SECRET_KEYS": secret,
            "SYNDICATOR_VAR": str(folder / "var"),
            "SYNDICATOR_API__PORT": str(port),
        }
        command = [sys.executable, "-m", "syndicator", "api"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield ApiProcess(url, key.text, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(timeout=30)


def _make_seller(database_url: str, secret: str, key: ApiKeyText) -> None:
    database = Database(database_url, FernetCipher([secret]))
    with database.begin() as uow:
        seller_id = uow.accounts.ensure_seller(SELLER)
        for name in ACCOUNTS:
            uow.accounts.connect(
                seller_id,
                kind=KIND,
                name=name,
                external_id=name,
                settings={},
                credentials=Credentials({"token": "x"}),
            )
        reach = Reach(role=Role.SELLER, seller_id=seller_id)
        uow.api_keys.add(
            key, reach, rights=Rights.WRITE, name="bench", made_by="bench", requests_per_minute=1_000_000
        )
    database.close()


def _wait_for(url: str) -> None:
    until = time.monotonic() + START_WITHIN_S
    while True:
        try:
            if httpx.get(f"{url}/health/live").is_success:
                return
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
        time.sleep(0.1)
