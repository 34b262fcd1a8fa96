"""What tests of the LINE shop and of e-markets share: a picture host on loopback and a context at the sandbox."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from adapters.base import AdapterContext
from adapters.config_files import config_dir
from adapters.templates import JinjaTemplates
from adapters.testing.sandbox.accounts import SandboxAccount, sandbox_accounts
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, PictureKey, SellerId
from schemas.listing import Rendition
from tests.support.factories import DictPictures
from tests.support.loopback_server import Quiet, serving


class SystemClock:
    """The real time; the sandbox compares timestamps with it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def picture_host() -> Iterator[DictPictures]:
    """Serve pictures from memory on a free loopback port."""
    pictures = DictPictures()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pictures.files.get(self.path.lstrip("/"))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    with serving(Handler) as url:
        pictures.base_url = url
        yield pictures


def jpeg(shade: int, side: int = 1080) -> bytes:
    """Return a square JPEG whose bytes differ with the shade."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (shade % 256, 160, 90)).save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def store_pictures(rendition: Rendition, pictures: DictPictures) -> None:
    """See to it that every picture of the rendition exists, each with its own pixels."""
    for key in rendition.pictures:
        pictures.files.setdefault(PictureKey(key), jpeg(10 + 17 * len(pictures.files)))


def sandbox_account(kind: str, seller: int = 1) -> SandboxAccount:
    """Return a seller's account of that kind."""
    return next(account for account in sandbox_accounts(seller) if account.kind == kind)


def context_at(
    account: SandboxAccount, settings: Any, pictures: DictPictures, http: httpx.Client, **changes: Any
) -> AdapterContext:
    """Build the context of an adapter for a sandbox account; ``changes`` replace account settings."""
    return AdapterContext(
        account=ChannelAccount(
            id=AccountId(1),
            seller_id=SellerId(1),
            kind=account.kind,
            name=account.name,
            external_id=account.external_id,
            settings=account.settings | changes,
        ),
        credentials=Credentials(dict(account.credentials)),
        http=http,
        clock=SystemClock(),
        pictures=pictures,
        templates=JinjaTemplates(),
        settings=settings,
    )


def market_files(folder: Path, base_url: str) -> Path:
    """Copy the shipped market files and let the sandbox market live at ``base_url``."""
    target = folder / "emarkets"
    shutil.copytree(config_dir() / "emarkets", target, dirs_exist_ok=True)
    file = target / "sandbox-emarket.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("http://127.0.0.1:8099/market/api", base_url), encoding="utf-8")
    return target
