"""What buyers could see, counted and listed: the channels' own state, for comparing with what was wished."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from adapters.testing.sandbox.accounts import EMARKET, FACEBOOK_PAGE, INSTAGRAM, LINE_SHOP
from adapters.testing.sandbox.sandbox import Sandbox

MARKER: Final = re.compile(r"(?<![0-9A-Za-z])SY[0-9A-Z]{7}(?![0-9A-Za-z])")
"""The visible tag of a listing; Thai letters may stand right before it."""
CHANNELS: Final = (FACEBOOK_PAGE, INSTAGRAM, LINE_SHOP, EMARKET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One listing as the channel holds it.

    Attributes:
        code: The seller's product code, "" on channels that have none.
        marker: The tag found in its text, "" when there is none.
        prices: Satang by SKU; empty on channels without price fields.
        stock: Free-to-sell units by SKU; empty on channels without stock.
        pictures: SHA-256 of each picture, in order.
        created: Unix seconds.
    """

    channel: str
    account: str
    id: str
    visible: bool
    text: str
    code: str = ""
    marker: str = ""
    prices: dict[str, int] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    created: float = 0.0

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def listings(sandbox: Sandbox, channel: str | None = None, account: str | None = None) -> Iterator[Listing]:
    """Yield the listings of all channels or one, of all accounts or one, oldest first per channel."""
    makers = {FACEBOOK_PAGE: _posts, INSTAGRAM: _media, LINE_SHOP: _products, EMARKET: _items}
    for kind, make in makers.items():
        if channel in {None, kind}:
            yield from (found for found in make(sandbox) if account in {None, found.account})


def summary(sandbox: Sandbox) -> dict[str, Any]:
    """Count per channel: calls, mutating calls, accounts, visible and hidden listings, duplicates.

    A duplicate is every visible listing beyond the first that carries the same marker, or the same product
    code, on one account.
    """
    found = list(listings(sandbox))
    channels = {
        channel: _channel_summary(sandbox, channel, [one for one in found if one.channel == channel])
        for channel in CHANNELS
    }
    return {
        "channels": channels,
        "calls": sandbox.journal.total,
        "mutating_calls": sum(part["mutating_calls"] for part in channels.values()),
        "visible": sum(part["visible"] for part in channels.values()),
        "duplicates": sum(part["duplicates"] for part in channels.values()),
        "faults_fired": sandbox.faults.fired,
    }


def _channel_summary(sandbox: Sandbox, channel: str, found: list[Listing]) -> dict[str, int]:
    visible = [one for one in found if one.visible]
    return {
        "calls": sandbox.journal.calls[channel],
        "mutating_calls": sandbox.journal.mutating_calls[channel],
        "accounts": len({one.account for one in found}),
        "visible": len(visible),
        "hidden": len(found) - len(visible),
        "duplicates": duplicates(visible),
    }


def duplicates(visible: list[Listing]) -> int:
    """Count visible listings beyond the first per account and marker, or per account and product code."""
    by_marker = Counter((one.account, one.marker) for one in visible if one.marker)
    by_code = Counter((one.account, one.code) for one in visible if one.code)
    return max(_surplus(by_marker), _surplus(by_code))


def _surplus(counted: Counter[tuple[str, str]]) -> int:
    return sum(count - 1 for count in counted.values())


def _marker(text: str) -> str:
    found = MARKER.search(text)
    return found[0] if found else ""


def _satang(baht: float | str) -> int:
    return int(Decimal(str(baht)) * 100)


def _posts(sandbox: Sandbox) -> Iterator[Listing]:
    state, now = sandbox.graph, sandbox.clock.now()
    for post in state.posts.values():
        yield Listing(
            channel=FACEBOOK_PAGE,
            account=post.page,
            id=post.id,
            visible=post.is_live(now),
            text=post.message,
            marker=_marker(post.message),
            pictures=[state.photos[photo].picture.sha for photo in post.photos],
            comments=[state.comments[comment].message for comment in post.comments],
            created=post.created,
        )


def _media(sandbox: Sandbox) -> Iterator[Listing]:
    for media in sandbox.graph.media.values():
        yield Listing(
            channel=INSTAGRAM,
            account=media.user,
            id=media.id,
            visible=not media.archived,
            text=media.caption,
            marker=_marker(media.caption),
            pictures=[picture.sha for picture in media.pictures],
            comments=[sandbox.graph.comments[comment].message for comment in media.comments],
            created=media.created,
        )


def _products(sandbox: Sandbox) -> Iterator[Listing]:
    for product in sandbox.line.products.values():
        yield Listing(
            channel=LINE_SHOP,
            account=product.shop,
            id=str(product.id),
            visible=product.displayed,
            text=f"{product.name}\n{product.description}",
            code=product.code,
            marker=_marker(product.description),
            prices={one.sku: _satang(one.price) - _satang(product.discount) for one in product.variants},
            stock={one.sku: one.available for one in product.variants},
            pictures=[picture.sha for picture in product.pictures],
            created=product.created,
        )


def _items(sandbox: Sandbox) -> Iterator[Listing]:
    for item in sandbox.market.items.values():
        yield Listing(
            channel=EMARKET,
            account=item.shop,
            id=item.item_id,
            visible=item.status == "active",
            text=f"{item.title}\n{item.description}",
            code=item.sku,
            marker=_marker(item.description),
            prices={one.sku: _satang(one.price) for one in item.variants},
            stock={one.sku: one.sellable for one in item.variants},
            pictures=[picture.sha for picture in item.images],
            created=item.created,
        )
