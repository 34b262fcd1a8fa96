"""The buyer pages: the Page's feed, the Instagram grid, the LINE shelf, the market shelf. Read only."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from adapters.testing.sandbox.accounts import EMARKET, FACEBOOK_PAGE, INSTAGRAM, LINE_SHOP
from adapters.testing.sandbox.graph.instagram import username
from adapters.testing.sandbox.graph.oauth import page_name
from adapters.testing.sandbox.pages import views
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.summary import listings

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
_ACCOUNTS_SHOWN: Final = 50
"""Accounts named per channel; a bench has thousands and nobody reads them all."""


def _shop_name(shop: str) -> str:
    return f"ร้านชุมชนจำลอง {shop.removeprefix('shop').removeprefix('market')}"


@dataclass(frozen=True, slots=True)
class Channel:
    """How one channel is shown.

    Attributes:
        path: Route of an account's page, the account in braces.
        shelf: One page of what a buyer sees of an account.
    """

    kind: str
    label: str
    css: str
    path: str
    template: str
    name: Callable[[str], str]
    shelf: Callable[[Sandbox, str, int], views.Shelf[Any]]


CHANNELS: Final = (
    Channel(FACEBOOK_PAGE, "เพจเฟซบุ๊ก", "fb", "/page/{account}", "page.html", page_name, views.posts),
    Channel(INSTAGRAM, "อินสตาแกรม", "ig", "/ig/{account}", "instagram.html", username, views.media),
    Channel(LINE_SHOP, "ร้านใน LINE", "line", "/shop/{account}", "shelf.html", _shop_name, views.products),
    Channel(
        EMARKET, "ตลาดชุมชนจำลอง", "market", "/market/shop/{account}", "shelf.html", _shop_name, views.items
    ),
)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account on the index."""

    name: str
    address: str
    visible: int
    hidden: int


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """One channel on the index; ``more`` accounts are not named."""

    label: str
    css: str
    visible: int
    hidden: int
    accounts: list[AccountLine]
    more: int


def page_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the buyer pages."""
    index = _index_page(sandbox, CHANNELS)
    market = _index_page(sandbox, tuple(channel for channel in CHANNELS if channel.kind == EMARKET))
    shelves = [Route(channel.path, _shelf_page(sandbox, channel)) for channel in CHANNELS]
    return [Route("/", index), Route("/market", market), *shelves]


def _index_page(sandbox: Sandbox, channels: tuple[Channel, ...]) -> Callable[[Request], Any]:
    async def show(_request: Request) -> HTMLResponse:
        return _render("index.html", channels=_cards(sandbox, channels))

    return show


def _shelf_page(sandbox: Sandbox, channel: Channel) -> Callable[[Request], Any]:
    async def show(request: Request) -> HTMLResponse:
        account = request.path_params["account"]
        text = request.query_params.get("p", "1")
        shelf = channel.shelf(sandbox, account, int(text) if text.isdecimal() else 1)
        if shelf.total == 0:
            return _render("empty.html", channel=channel)
        return _render(channel.template, channel=channel, name=channel.name(account), shelf=shelf)

    return show


def _render(template: str, **context: Any) -> HTMLResponse:
    return HTMLResponse(_TEMPLATES.get_template(template).render(**context))


def _cards(sandbox: Sandbox, channels: tuple[Channel, ...]) -> list[ChannelCard]:
    visible: Counter[tuple[str, str]] = Counter()
    hidden: Counter[tuple[str, str]] = Counter()
    for listing in listings(sandbox):
        (visible if listing.visible else hidden)[listing.channel, listing.account] += 1
    return [_card(channel, visible, hidden) for channel in channels]


def _card(
    channel: Channel, visible: Counter[tuple[str, str]], hidden: Counter[tuple[str, str]]
) -> ChannelCard:
    accounts = sorted({account for kind, account in visible | hidden if kind == channel.kind})
    lines = [
        AccountLine(
            name=channel.name(account),
            address=channel.path.format(account=account),
            visible=visible[channel.kind, account],
            hidden=hidden[channel.kind, account],
        )
        for account in accounts[:_ACCOUNTS_SHOWN]
    ]
    return ChannelCard(
        label=channel.label,
        css=channel.css,
        visible=_total(visible, channel.kind),
        hidden=_total(hidden, channel.kind),
        accounts=lines,
        more=len(accounts) - len(lines),
    )


def _total(counted: Counter[tuple[str, str]], kind: str) -> int:
    return sum(count for (channel, _), count in counted.items() if channel == kind)
