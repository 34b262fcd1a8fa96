"""What the contract tests of the Meta channels stand on: a picture host, and adapters for sandbox accounts."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from PIL import Image

from adapters.base import AdapterContext
from adapters.facebook_page.adapter import FacebookPageAdapter
from adapters.http import CallRecord, make_client
from adapters.instagram.adapter import InstagramAdapter
from adapters.settings import HttpSettings, MetaSettings
from adapters.templates import JinjaTemplates
from adapters.testing.sandbox.accounts import SandboxAccount, sandbox_accounts
from adapters.testing.sandbox.faults import Effect
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.server import SandboxServer
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, PictureKey, SellerId
from schemas.listing import Pending, Receipt, Rendition
from schemas.product import Media, Product
from tests.support.factories import (
    DictPictures,
    FixedClock,
    make_marker,
    make_offers,
    make_product,
    make_variant,
    sha,
)
from tests.support.loopback_server import Quiet, serving


class PictureServer:
    """Serves pictures by key on loopback, and misbehaves when told.

    ``refuse_first`` answers 404 to the first requests of a key; ``partial`` answers 206 to ranged requests.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.refuse_first: Counter[str] = Counter()
        self.partial = False
        self.url = ""

    @contextmanager
    def running(self) -> Iterator["PictureServer"]:
        owner = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = owner.answer(self.path.lstrip("/"), is_ranged="Range" in self.headers)
                self.send_response(status)
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        with serving(Handler) as url:
            self.url = url
            yield self

    def answer(self, key: str, *, is_ranged: bool) -> tuple[int, bytes]:
        if self.refuse_first[key] > 0:
            self.refuse_first[key] -= 1
            return 404, b""
        if key not in self.files:
            return 404, b""
        return (206 if self.partial and is_ranged else 200), self.files[key]


def jpeg(shade: int, *, width: int = 1080, height: int = 1080) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 160, 90)).save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def product_with(pictures: int, sku: str = "UTT-BNB-100", **changes: Any) -> Product:
    media = tuple(Media(source=f"{n}.jpg", sha256=sha(f"{n + 1:064x}")) for n in range(pictures))
    return make_product(sku, variants=(make_variant(sku, media=media),), media=media, **changes)


class Desk:
    """One seller's two Meta accounts at a running sandbox."""

    def __init__(self, server: SandboxServer, pictures: PictureServer) -> None:
        self.server = server
        self.pictures = pictures
        self.clock = FixedClock(datetime.fromtimestamp(server.control.run(_moment), UTC))
        self.records: list[CallRecord] = []
        self.http = make_client(HttpSettings(), observer=self.records.append)

    def context(
        self, account: SandboxAccount, *, credentials: Mapping[str, str] | None = None, **settings: Any
    ) -> AdapterContext:
        return AdapterContext(
            account=ChannelAccount(
                id=AccountId(1),
                seller_id=SellerId(1),
                kind=account.kind,
                name=account.name,
                external_id=account.external_id,
                settings=account.settings,
            ),
            credentials=Credentials({**account.credentials, **(credentials or {})}),
            http=self.http,
            clock=self.clock,
            pictures=self.pictures_seen(),
            templates=JinjaTemplates(),
            settings=MetaSettings(
                graph_url=self.server.graph_url, instagram_url=self.server.instagram_url, **settings
            ),
        )

    def pictures_seen(self) -> DictPictures:
        """Return the picture host as an adapter sees it, over the very files the server serves."""
        host = DictPictures(self.pictures.url)
        host.files = self.pictures.files
        return host

    def page(self, account: SandboxAccount | None = None, **settings: Any) -> FacebookPageAdapter:
        return FacebookPageAdapter(self.context(account or self.account("facebook_page"), **settings))

    def instagram(
        self, account: SandboxAccount | None = None, *, login: str = "facebook", **more: Any
    ) -> InstagramAdapter:
        return InstagramAdapter(self.context(account or self.account("instagram", login), **more))

    @staticmethod
    def account(kind: str, login: str = "facebook") -> SandboxAccount:
        return next(a for a in sandbox_accounts(instagram_login=login) if a.kind == kind)

    def rendition(
        self,
        adapter: FacebookPageAdapter | InstagramAdapter,
        product: Product | None = None,
        available: int = 10,
        marker: str = "SY7K3M2Q9",
    ) -> Rendition:
        """Render and see to it that the pictures are there."""
        product = product or product_with(2)
        rendition = adapter.render(
            product, make_offers(product, available), marker=make_marker(product, marker)
        )
        for number, key in enumerate(rendition.pictures):
            self.pictures.files.setdefault(PictureKey(key), jpeg(20 * number + 10))
        return rendition

    def order(self, effect: Effect, operation: str, *, nth: int = 1) -> None:
        """Let the ``nth`` call of an operation, counted from now, go wrong."""
        self.server.control.fail(effect, operation=operation, nth=nth)

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return self.server.control.calls(operation)

    def advance(self, by: timedelta) -> None:
        """Let time pass for the seller and for the channel."""
        self.clock.advance(by)
        self.server.control.advance(by.total_seconds())


def _moment(sandbox: Sandbox) -> float:
    return sandbox.clock.now()


def finish(
    adapter: InstagramAdapter, rendition: Rendition, begun: Receipt | Pending, *, steps: int = 20
) -> Receipt:
    """Carry a publish on as the worker does, without waiting."""
    for _ in range(steps):
        if isinstance(begun, Receipt):
            return begun
        begun = adapter.resume(rendition, begun)
    raise AssertionError(f"still pending: {begun}")
