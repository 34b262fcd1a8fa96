"""What the templates show: plain records made from the channels' state, newest first, a page at a time."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, Generic, TypeVar

import nh3
from markupsafe import Markup

from adapters.testing.sandbox.graph.state import Comment, Media, Post
from adapters.testing.sandbox.line.state import Product
from adapters.testing.sandbox.market.state import MarketItem
from adapters.testing.sandbox.pictures import Picture
from adapters.testing.sandbox.sandbox import Sandbox

PER_PAGE: Final = 24
_MONTHS: Final = [
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
]
_BANGKOK: Final = timedelta(hours=7)
_BUDDHIST: Final = 543
_ALLOWED_TAGS: Final = {"p", "br", "b", "strong", "i", "em", "ul", "ol", "li"}

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Shelf(Generic[T]):
    """One page of a list."""

    entries: Sequence[T]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard:
    """A post of a Page or of Instagram."""

    anchor: str
    text: str
    when: str
    pictures: tuple[str, ...]
    comments: tuple[str, ...] = ()
    alts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsCard:
    """A product on a shelf; prices are ready to show."""

    anchor: str
    name: str
    description: Markup
    picture: str
    pictures: tuple[str, ...]
    price: str
    was: str = ""
    is_sold_out: bool = False
    left: int = 0
    options: tuple[tuple[str, tuple["Chip", ...]], ...] = ()
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Chip:
    """One option value; grey when no variant with it can be bought."""

    value: str
    is_available: bool


def thai_time(seconds: float) -> str:
    """Write a moment for a Thai reader, Bangkok time, Buddhist year: ``22 พ.ย. 2569 12:14 น.``."""
    moment = datetime.fromtimestamp(seconds, UTC) + _BANGKOK
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year + _BUDDHIST} {moment:%H:%M} น."


def baht(amount: float) -> str:
    """Write baht for people: ``฿1,290``, with satang only when there are any."""
    return f"฿{amount:,.2f}".removesuffix(".00")


def shelf(things: Iterable[S], total: int, number: int) -> tuple[list[S], Shelf[S]]:
    """Cut one page out of ``things``."""
    pages = max(1, math.ceil(total / PER_PAGE))
    number = min(max(1, number), pages)
    cut = list(islice(things, (number - 1) * PER_PAGE, number * PER_PAGE))
    return cut, Shelf(cut, number, pages, total)


def posts(sandbox: Sandbox, page: str, number: int) -> Shelf[PostCard]:
    """Return a page of the Page's visible posts."""
    now = sandbox.clock.now()
    own = [post for post in sandbox.graph.page_posts.get(page, {}).values() if post.is_live(now)]
    cut, found = shelf(reversed(own), len(own), number)
    return Shelf([_post_card(sandbox, post) for post in cut], found.number, found.pages, found.total)


def _post_card(sandbox: Sandbox, post: Post) -> PostCard:
    state = sandbox.graph
    shown = [state.photos[photo] for photo in post.photos]
    return PostCard(
        anchor=str(post.n),
        text=post.message,
        when=thai_time(post.created),
        pictures=_addresses(photo.picture for photo in shown),
        alts=tuple(photo.alt for photo in shown),
        comments=_comments(state.comments, post.comments),
    )


def media(sandbox: Sandbox, user: str, number: int) -> Shelf[PostCard]:
    """Return a page of the Instagram account's posts."""
    own = list(sandbox.graph.user_media.get(user, {}).values())
    cut, found = shelf(reversed(own), len(own), number)
    return Shelf([_media_card(sandbox, one) for one in cut], found.number, found.pages, found.total)


def _media_card(sandbox: Sandbox, one: Media) -> PostCard:
    return PostCard(
        anchor=one.shortcode,
        text=one.caption,
        when=thai_time(one.created),
        pictures=_addresses(one.pictures),
        alts=tuple(one.alts),
        comments=_comments(sandbox.graph.comments, one.comments),
    )


def _comments(kept: dict[str, Comment], ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(kept[comment].message for comment in ids if not kept[comment].hidden)


def products(sandbox: Sandbox, shop: str, number: int) -> Shelf[GoodsCard]:
    """Return a page of the LINE shop's displayed products."""
    own = [one for one in sandbox.line.by_shop.get(shop, {}).values() if one.displayed]
    cut, found = shelf(reversed(own), len(own), number)
    return Shelf([_product_card(one) for one in cut], found.number, found.pages, found.total)


def _product_card(one: Product) -> GoodsCard:
    prices = [variant.price - one.discount for variant in one.variants]
    left = sum(variant.available for variant in one.variants)
    buyable = {pair for variant in one.variants if variant.available > 0 for pair in variant.options}
    pictures = _addresses(one.pictures)
    return GoodsCard(
        anchor=str(one.id),
        name=one.name,
        description=_safe_html(one.description),
        picture=pictures[0] if pictures else "",
        pictures=pictures,
        price=_price_range(prices),
        was=_price_range([variant.price for variant in one.variants]) if one.discount else "",
        is_sold_out=left <= 0,
        left=left,
        options=tuple(
            (level.name, tuple(Chip(value, (level.name, value) in buyable) for value in level.values))
            for level in one.options
        ),
        notes=(*_licence_notes(one), *_held_note(one)),
    )


def _licence_notes(one: Product) -> tuple[str, ...]:
    labels = {"fda": "อย.", "fdaAds": "โฆษณา อย.", "tisi": "มอก./มผช."}
    return tuple(f"{labels[name]} {value}" for name, value in one.licences.items())


def _held_note(one: Product) -> tuple[str, ...]:
    held = sum(variant.reserved + variant.ready for variant in one.variants)
    return (f"มีคนสั่งไว้ {held:,} ชิ้น",) if held else ()


def items(sandbox: Sandbox, shop: str, number: int) -> Shelf[GoodsCard]:
    """Return a page of the market shop's active listings."""
    own = [one for one in sandbox.market.by_shop.get(shop, {}).values() if one.status == "active"]
    cut, found = shelf(reversed(own), len(own), number)
    return Shelf([_item_card(one) for one in cut], found.number, found.pages, found.total)


def _item_card(one: MarketItem) -> GoodsCard:
    left = sum(variant.sellable for variant in one.variants)
    buyable = {
        (option.name, value)
        for variant in one.variants
        if variant.sellable > 0
        for option, value in zip(one.options, variant.option_values, strict=True)
    }
    compared = [float(variant.compare_at) for variant in one.variants if variant.compare_at]
    pictures = _addresses(one.images)
    return GoodsCard(
        anchor=one.item_id,
        name=one.title,
        description=Markup("<br>").join(one.description.splitlines()),
        picture=pictures[0] if pictures else "",
        pictures=pictures,
        price=_price_range([float(variant.price) for variant in one.variants]),
        was=_price_range(compared) if compared else "",
        is_sold_out=left <= 0,
        left=left,
        options=tuple(
            (option.name, tuple(Chip(value, (option.name, value) in buyable) for value in option.values))
            for option in one.options
        ),
        notes=tuple(dict.fromkeys(f"อย. {one.fda_no}" for one in one.variants if one.fda_no)),
    )


def _addresses(pictures: Iterable[Picture]) -> tuple[str, ...]:
    return tuple(f"/_pictures/{picture.sha}.jpg" for picture in pictures)


def _price_range(prices: Sequence[float]) -> str:
    low, high = min(prices), max(prices)
    return baht(low) if low == high else f"{baht(low)} – {baht(high)}"


def _safe_html(text: str) -> Markup:
    """Return the description as MyShop shows it; anything but plain formatting is dropped before it is trusted."""
    cleaned = nh3.clean(text, tags=_ALLOWED_TAGS, attributes={})
    if "<" not in cleaned:
        cleaned = cleaned.replace("\n", "<br>")
    return Markup(cleaned)  # noqa: S704 - nh3 has just cleaned it
