"""A channel for the sweep bench: it makes its pages when asked, as text, so that it holds nothing in memory itself.

Listing ``k`` of the bench has the external id ``k`` and the SKU ``B-k``; account ``a`` has those from ``a * each + 1`` on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from adapters.base import Capabilities
from adapters.observing import Difference, ListingPage
from adapters.pace import Payer
from schemas.channel import ChannelAccount, Credentials, Part
from schemas.ids import ChannelKind, ExternalId, ListingId, Sku
from schemas.listing import Marker, Offer, RemoteListing, Rendition
from schemas.product import Product
from syndicator.domain.listing import marker_token
from tests.support.app import goods
from tests.support.factories import FixedClock
from tests.support.fake_channel import KIND, MARKET, FakeAdapter, FakeAdapters, FakeChannel

PAGE_SIZE = 100
"""Listings on a page. Source: docs/channels/line.md, the largest ``perPage`` of MyShop."""
SATANG, UNITS = 4500, 9
NAME = goods().name
TEXT = f"{goods().description} " * 4
"""A description of the length that sellers write."""


def page_text(account: int, each: int, after: int) -> str:
    """Return a page as the channel sends it: JSON with the listings behind ``after``."""
    first, last = max(after, account * each) + 1, (account + 1) * each
    ids = range(first, min(first + PAGE_SIZE - 1, last) + 1)
    rows = [
        {
            "id": str(k),
            "text": f"{NAME} {TEXT}{marker_token(ListingId(k), 1)}",
            "prices": {f"B-{k}": SATANG},
            "available": {f"B-{k}": UNITS},
        }
        for k in ids
    ]
    return json.dumps({"rows": rows, "next": None if ids[-1] == last else ids[-1]}, ensure_ascii=False)


@dataclass
class Calls:
    """What the channel was asked."""

    reads: int = 0


def read_page(account: int, each: int, after: int, calls: Calls) -> ListingPage:
    """Ask for a page and read it."""
    calls.reads += 1
    page = json.loads(page_text(account, each, after))
    listings = [
        RemoteListing(
            external_id=ExternalId(row["id"]),
            visible=True,
            seen={"text": row["text"], "prices": row["prices"], "available": row["available"]},
        )
        for row in page["rows"]
    ]
    return ListingPage(listings=listings, cursor=None if page["next"] is None else {"after": page["next"]})


class PagedAdapter(FakeAdapter):
    """The port over those pages. It can write, as any shop; the bench counts that it never does."""

    kind: ClassVar[ChannelKind] = KIND

    def __init__(self, channel: FakeChannel, account: int, each: int, calls: Calls) -> None:
        super().__init__(channel)
        self._account = account
        self._each = each
        self._calls = calls

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        made = super().render(product, offers, marker=marker)
        body = {
            "text": f"{product.name} {TEXT}{marker.token}",
            "prices": {sku: offer.price.satang for sku, offer in offers.items()},
            "available": {sku: offer.available for sku, offer in offers.items()},
        }
        return Rendition(channel=KIND, marker=marker, body=body, parts=made.parts)

    def browse(self, cursor: Mapping[str, Any] | None) -> ListingPage:
        after = 0 if cursor is None else cursor["after"]
        return read_page(self._account, self._each, after, self._calls)

    def differences(self, rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
        named = {Part.TEXT: "text", Part.PRICE: "prices", Part.STOCK: "available"}
        return {
            part: Difference(wanted=str(rendition.body[name]), seen=str(remote.seen[name]))
            for part, name in named.items()
            if rendition.body[name] != remote.seen[name]
        }


class PagedAdapters(FakeAdapters):
    """Makes the adapter of an account ``shop-<number>``."""

    def __init__(self, each: int) -> None:
        super().__init__()
        self.calls = Calls()
        self.channel = FakeChannel(clock=FixedClock(), can=MARKET)
        self._each = each

    def open(self, account: ChannelAccount, credentials: Credentials) -> PagedAdapter:
        number = int(account.name.removeprefix("shop-"))
        return PagedAdapter(self.channel, number, self._each, self.calls)

    def capabilities(self, account: ChannelAccount) -> Capabilities:
        return MARKET

    def payer(self, account: ChannelAccount) -> Payer:
        return Payer(endpoint=KIND, app=KIND, app_endpoints=(KIND,), account=f"{KIND}/{account.name}")
