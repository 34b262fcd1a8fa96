"""The core with real market adapters that write files; no call leaves the process."""

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import yaml

from adapters.config_files import config_dir
from adapters.settings import EmarketSettings
from schemas.channel import Credentials
from schemas.ids import AccountId, ChannelKind, LeaseToken
from schemas.product import Product
from syndicator.bootstrap import RegisteredAdapters
from syndicator.media.storage import StoredPictures
from syndicator.settings import Settings
from syndicator.store.feeds import WrittenFeed, feed_key
from syndicator.usecases.dispatch import FIRST_SELLER
from tests.support.app import LEASE, CoreApp

MARKET = "google-products"
LINK = "https://shop.example.test/p/{sku}"
_NAMES = {"g": "http://base.google.com/ns/1.0"}


class FeedApp(CoreApp):
    """One seller with accounts on the shipped feed market, whose rules a test may change."""

    def __init__(
        self, url: str, folder: Path, *, feed: Mapping[str, Any] | None = None, shows_units: bool = False
    ) -> None:
        super().__init__(url)
        shutil.copytree(config_dir() / "emarkets", folder)
        if shows_units:
            fields = folder / "fields" / f"{MARKET}.yaml"
            text = fields.read_text(encoding="utf-8")
            fields.write_text(text.replace("variant: availability", "variant: available"), encoding="utf-8")
        path = folder / f"{MARKET}.yaml"
        market = yaml.safe_load(path.read_text(encoding="utf-8"))
        market["feed"] |= feed or {}
        path.write_text(yaml.safe_dump(market, allow_unicode=True), encoding="utf-8")
        self._http = httpx.Client(transport=httpx.MockTransport(_no_call))
        self.adapters = RegisteredAdapters(
            Settings(emarket=EmarketSettings(dir=folder)),
            self._http,
            StoredPictures(self.store, "https://media.example.test/media"),
        )

    def close(self) -> None:
        self._http.close()
        super().close()

    def connect_market(self, name: str = "google") -> AccountId:
        with self.database.begin() as uow:
            return uow.accounts.connect(
                self.seller_id,
                kind=ChannelKind("emarket"),
                name=name,
                external_id="",
                settings={"market": MARKET, "link": LINK},
                credentials=Credentials({}),
            )

    def offer(self, *products: Product, stock: int = 10) -> None:
        """Submit the products and have their pictures made."""
        self.submit(*products, stock=stock)
        self.finish_pictures()

    def finish_pictures(self) -> None:
        """Make every picture asked for, and hand out no listing meanwhile."""
        with self.database.begin() as uow:
            due = uow.dispatch.lock_due_media(
                now=self.clock.now(), after=FIRST_SELLER, most_sellers=9, per_seller=1000
            )
            tokens = {media_id: LeaseToken(uuid.uuid4().hex) for media_id, _ in due}
            uow.dispatch.lease_media(tokens, until=self.clock.now() + LEASE)
        for token in tokens.values():
            self.finish_leased_pictures(token)

    def work(self) -> None:
        """Do everything that is due now."""
        while self.run_once():
            pass

    def written(self, name: str = "google") -> WrittenFeed | None:
        account_id = self.account_id(name)
        with self.database.begin() as uow:
            return uow.feeds.of_accounts([account_id]).get(account_id)

    def file(self, name: str = "google") -> bytes:
        """Return the file as the market would get it."""
        written = self.written(name)
        assert written is not None
        assert written.filename is not None
        return self.store.read(feed_key(self.account_id(name), written.secret, written.filename))

    def items(self, name: str = "google") -> dict[str, dict[str, str]]:
        """Return the items of the file: code -> element -> text."""
        found = {}
        for item in ET.fromstring(self.file(name)).iter("item"):  # noqa: S314 - our own output
            fields = {element.tag.rpartition("}")[2]: element.text or "" for element in item}
            found[fields["id"]] = fields
        return found


def _no_call(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"a market that reads a file was called: {request.url}")
