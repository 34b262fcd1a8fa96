"""What the market holds: items with variants, hosted pictures, picture jobs, token generations, orders."""

from dataclasses import dataclass, field
from typing import Literal

from adapters.testing.sandbox.market.order_state import MarketOrder
from adapters.testing.sandbox.pictures import Picture

Status = Literal["active", "hidden", "pending", "refused"]


@dataclass
class MarketVariant:
    """A sellable version; ``price`` is baht as text, ``withheld`` and ``occupied`` are units of open orders."""

    sku: str
    sku_id: str
    price: str
    sellable: int
    weight_g: int
    option_values: list[str] = field(default_factory=list)
    parcel_cm: list[float] | None = None
    compare_at: str | None = None
    gtin: str | None = None
    fda_no: str | None = None
    withheld: int = 0
    occupied: int = 0

    @property
    def held(self) -> int:
        """Units of open orders."""
        return self.withheld + self.occupied


@dataclass
class MarketOption:
    """One option level."""

    name: str
    values: list[str]


@dataclass
class MarketItem:
    """A listing of the market. ``sku`` is the seller's product code, unique in the shop."""

    item_id: str
    shop: str
    sku: str
    title: str
    description: str
    category_id: int
    images: list[Picture]
    options: list[MarketOption]
    variants: list[MarketVariant]
    status: Status
    created: float
    updated: float
    searchable_at: float
    brand: str = ""
    locked: bool = False
    """In a campaign: price cannot be changed, stock cannot be lowered."""
    reason: str = ""


@dataclass
class HostedImage:
    """One picture of a job: where it came from, and where it is or why not."""

    url: str
    hosted_url: str | None = None
    error: str | None = None


@dataclass
class ImageJob:
    """A batch of pictures the market fetches by itself."""

    shop: str
    images: list[HostedImage]
    done: bool = False


@dataclass
class MarketState:
    """Items by id, shop, product code and variant SKU."""

    counter: int = 500_000_000
    items: dict[str, MarketItem] = field(default_factory=dict)
    hosted: dict[str, Picture] = field(default_factory=dict)
    jobs: dict[str, ImageJob] = field(default_factory=dict)
    generations: dict[str, int] = field(default_factory=dict)
    issued_at: dict[str, float] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    orders: dict[str, MarketOrder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_shop: dict[str, dict[str, MarketItem]] = {}
        self.by_code: dict[tuple[str, str], MarketItem] = {}
        self.by_variant: dict[tuple[str, str], tuple[MarketItem, MarketVariant]] = {}
        for item in self.items.values():
            self._index(item)
        for job in self.jobs.values():
            _give_up(job)
        self.orders_of: dict[str, dict[str, MarketOrder]] = {}
        self.unpaid: dict[str, MarketOrder] = {}
        for order in self.orders.values():
            self._index_order(order)

    def authorise(self, shop: str) -> None:
        """Let a person give the shop's first pair of tokens anew, as connecting again does."""
        self.generations.pop(shop, None)
        self.issued_at.pop(shop, None)
        self.revoked.discard(shop)

    def next(self) -> int:
        """Return a number never used before in this state."""
        self.counter += 1
        return self.counter

    def add(self, item: MarketItem) -> None:
        """Keep a new item."""
        self.items[item.item_id] = item
        self._index(item)

    def remove(self, item: MarketItem) -> None:
        """Forget an item; its product code is free again."""
        self._unindex(item)
        del self.items[item.item_id]
        del self.by_shop[item.shop][item.item_id]

    def add_order(self, order: MarketOrder) -> None:
        """Keep a new order."""
        self.orders[order.order_id] = order
        self._index_order(order)

    def note_payment(self, order: MarketOrder) -> None:
        """Watch the order for as long as a unit of it is unpaid, and no longer."""
        if order.is_unpaid:
            self.unpaid[order.order_id] = order
        else:
            self.unpaid.pop(order.order_id, None)

    def _index_order(self, order: MarketOrder) -> None:
        self.orders_of.setdefault(order.shop, {})[order.order_id] = order
        self.note_payment(order)

    def replace_variants(self, item: MarketItem, variants: list[MarketVariant]) -> None:
        """Give an item other variants."""
        self._unindex(item)
        item.variants = variants
        self._index(item)

    def _index(self, item: MarketItem) -> None:
        self.by_shop.setdefault(item.shop, {})[item.item_id] = item
        self.by_code[item.shop, item.sku] = item
        for variant in item.variants:
            self.by_variant[item.shop, variant.sku] = (item, variant)

    def _unindex(self, item: MarketItem) -> None:
        self.by_code.pop((item.shop, item.sku), None)
        for variant in item.variants:
            self.by_variant.pop((item.shop, variant.sku), None)


def _give_up(job: ImageJob) -> None:
    """End a job that was running when the sandbox stopped: nobody fetches its pictures any more."""
    for image in job.images:
        if image.hosted_url is None and image.error is None:
            image.error = "INTERRUPTED"
    job.done = True
