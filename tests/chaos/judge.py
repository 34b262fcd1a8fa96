"""The judgement at quiet: what the channels hold against what the sellers last wished. It believes no table of ours."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape

from adapters.base import ChannelAdapter
from adapters.testing.sandbox.accounts import sandbox_accounts
from adapters.testing.sandbox.summary import Listing
from schemas.ids import Sku
from schemas.listing import Marker
from syndicator.usecases.claiming import offers_of
from tests.chaos.goods import Good
from tests.support.factories import free_units

SKU = re.compile(r"C\d+-\d{4}")
TAG = re.compile(r"<[^>]+>")
TEXTS = ("caption", "message", "description")
"""Where the renditions of the channels keep their text."""
PRICE_WORD, STOCK_WORD, SOLD_OUT = "อัปเดตราคา", "สินค้า", "หมดชั่วคราว"
"""Words of the comments that tell a change where a text cannot be edited."""


def sku_of(listing: Listing) -> str:
    """Return the code of the product a buyer sees; every name carries it."""
    found = SKU.search(listing.text)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One listing that is not as it was wished."""

    channel: str
    account: str
    sku: str
    what: str


@dataclass(slots=True)
class Verdict:
    """What was found: seen twice, not there or still there, and there but different."""

    listings: int = 0
    duplicates: list[Fault] = field(default_factory=list)
    lost: list[Fault] = field(default_factory=list)
    wrong: list[Fault] = field(default_factory=list)
    orphans: int = 0
    """Hidden listings beside the one that counts: nobody sees them, and they are litter all the same."""

    @property
    def is_clean(self) -> bool:
        """Whether everything is exactly as wished."""
        return not (self.duplicates or self.lost or self.wrong)


def judge(
    goods: Mapping[Sku, Good], listings: Sequence[Listing], adapters: Mapping[str, ChannelAdapter]
) -> Verdict:
    """Compare every product on every account.

    Args:
        goods: What each product was last wished to be.
        listings: What the channels hold, hidden ones too.
        adapters: One of each kind, to say how the wish is worded there.
    """
    verdict = Verdict()
    held: dict[tuple[str, str, str], list[Listing]] = defaultdict(list)
    for listing in listings:
        held[listing.channel, listing.account, sku_of(listing)].append(listing)
    for sku, good in goods.items():
        for account in sandbox_accounts(int(sku[1:].split("-")[0])):
            found = held.get((account.kind, account.external_id, sku), [])
            _judge_one(verdict, good, account.kind, account.external_id, found, adapters[account.kind])
    return verdict


def _judge_one(
    verdict: Verdict,
    good: Good,
    channel: str,
    account: str,
    found: Sequence[Listing],
    adapter: ChannelAdapter,
) -> None:
    verdict.listings += 1
    visible = [listing for listing in found if listing.visible]
    verdict.orphans += max(0, len(found) - max(1, len(visible)))

    def fault(what: str) -> Fault:
        return Fault(channel, account, good.sku, what)

    if len(visible) > 1:
        verdict.duplicates.append(fault(f"visible {len(visible)} times"))
    if good.is_hidden and visible:
        verdict.lost.append(fault("still visible after it was withdrawn"))
    if not good.is_hidden and not visible:
        verdict.lost.append(fault("not visible"))
    if not good.is_hidden and len(visible) == 1:
        verdict.wrong += [fault(what) for what in _differences(good, visible[0], adapter)]


def _differences(good: Good, shown: Listing, adapter: ChannelAdapter) -> Iterator[str]:
    if shown.prices and shown.prices != {good.sku: good.price_satang}:
        yield f"costs {shown.prices} instead of {good.price_satang}"
    if shown.stock and shown.stock != {good.sku: good.units}:
        yield f"has {shown.stock} instead of {good.units}"
    if len(shown.pictures) != len(good.pictures):
        yield f"has {len(shown.pictures)} pictures instead of {len(good.pictures)}"
    yield from _differences_of_words(good, shown, adapter)


def _differences_of_words(good: Good, shown: Listing, adapter: ChannelAdapter) -> Iterator[str]:
    """Compare the words; where a text cannot be edited, its last comments must say what changed."""
    product = good.product
    marker = Marker(token=shown.marker, sku=product.sku, skus=product.skus)
    body = adapter.render(product, offers_of(product, free_units(good.stock)), marker=marker).body
    wanted = next(str(body[name]) for name in TEXTS if name in body)
    if _plain(wanted) in _plain(shown.text):
        return
    if not shown.comments:
        yield "says something else"
        return
    yield from _differences_of_comments(good, shown)


def _differences_of_comments(good: Good, shown: Listing) -> Iterator[str]:
    """The last word on price and on stock counts: the last comment that speaks of it, or else the text."""
    on_price = _last_word(shown, PRICE_WORD)
    on_stock = _last_word(shown, STOCK_WORD)
    if f"{good.price_satang // 100:,}" not in on_price:
        yield f"its last word on the price is not {good.price_satang // 100:,} baht"
    if (SOLD_OUT in on_stock) != (good.units == 0):
        yield f"its last word on stock is wrong for {good.units} units"
    if f"รุ่นที่ {good.text + 1}" not in shown.text:
        yield "shows an older text"


def _last_word(shown: Listing, word: str) -> str:
    return next((comment for comment in reversed(shown.comments) if word in comment), shown.text)


def _plain(text: str) -> str:
    return " ".join(unescape(TAG.sub(" ", text)).split())
