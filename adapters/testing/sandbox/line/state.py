"""What MyShop holds: products with the four stock numbers of each variant, and orders. Source: line.md §1.4, §1.9, §1.11."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.testing.sandbox.pictures import Picture

MAX_STOCK = 99_999
"""Source: the schema of the inventory calls (line.md §1.6)."""


@dataclass
class Variant:
    """A variant; prices are baht as the JSON number came, ``weight`` kilograms."""

    id: int
    inventory: int
    price: float
    weight: float
    on_hand: int
    sku: str = ""
    barcode: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    picture: Picture | None = None
    reserved: int = 0
    ready: int = 0

    @property
    def available(self) -> int:
        """Units the storefront sells."""
        return self.on_hand - self.reserved - self.ready


@dataclass
class OptionLevel:
    """One option level, such as colour."""

    name: str
    values: list[str]


@dataclass
class Product:
    """A product of a shop; hidden until ``displayed``."""

    id: int
    shop: str
    name: str
    code: str
    category: int
    pictures: list[Picture]
    variants: list[Variant]
    created: float
    searchable_at: float
    brand: str = ""
    description: str = ""
    discount: float = 0
    displayed: bool = False
    options: list[OptionLevel] = field(default_factory=list)
    licences: dict[str, str] = field(default_factory=dict)
    locked: bool = False
    """In a promotion: prices cannot be changed."""
    picture_urls: list[str] = field(default_factory=list)
    """The addresses as sent, kept when pictures are not checked."""


@dataclass
class OrderLine:
    """One line of an order, as it was bought: what is edited or deleted later changes nothing in it."""

    product: int
    variant: int
    inventory: int
    sku: str
    barcode: str
    name: str
    quantity: int
    price: float
    discount: float
    weight: float
    options: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Order:
    """An order of a shop; ``status``, ``payment`` and ``shipment`` are LINE's own words, times are unix seconds."""

    number: str
    shop: str
    buyer: int
    """Number of the invented buyer."""
    line: OrderLine
    placed: float
    updated: float
    listed_at: float
    """When lists begin to show it."""
    status: str = "FINALIZED"
    payment: str = "NO_PAYMENT"
    shipment: str = "NO_SHIPMENT"
    paid: float | None = None


@dataclass
class LineState:
    """All products by id, and by shop, SKU and inventory id; all orders by number, and by shop."""

    counter: int = 1_000_000_000
    products: dict[int, Product] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._shop_orders: dict[str, dict[str, Order]] = {}
        for order in sorted(self.orders.values(), key=lambda one: one.updated):
            self._shop_orders.setdefault(order.shop, {})[order.number] = order
        self.by_shop: dict[str, dict[int, Product]] = {}
        self.by_sku: dict[tuple[str, str], dict[int, Product]] = {}
        self.by_inventory: dict[int, tuple[Product, Variant]] = {}
        for product in self.products.values():
            self._index(product)

    def next(self) -> int:
        """Return a number never used before in this state."""
        self.counter += 1
        return self.counter

    def add(self, product: Product) -> None:
        """Keep a new product."""
        self.products[product.id] = product
        self._index(product)

    def remove(self, product: Product) -> None:
        """Forget a product."""
        self._unindex(product)
        del self.products[product.id]
        del self.by_shop[product.shop][product.id]

    def keep(self, order: Order) -> None:
        """Keep a new order, or note that one was changed just now."""
        self.orders[order.number] = order
        own = self._shop_orders.setdefault(order.shop, {})
        own.pop(order.number, None)
        own[order.number] = order

    def orders_of(self, shop: str, *, since: float = 0.0) -> list[Order]:
        """Return the shop's orders last changed at ``since`` or later, the longest unchanged first."""
        return list(self._latest(shop, since))[::-1]

    def _latest(self, shop: str, since: float) -> Iterator[Order]:
        for order in reversed(self._shop_orders.get(shop, {}).values()):
            if order.updated < since:
                return
            yield order

    def replace_variants(self, product: Product, variants: list[Variant]) -> None:
        """Give a product other variants."""
        self._unindex(product)
        product.variants = variants
        self._index(product)

    def rename_sku(self, product: Product, variant: Variant, sku: str) -> None:
        """Give a variant another SKU."""
        self._unindex(product)
        variant.sku = sku
        self._index(product)

    def _index(self, product: Product) -> None:
        self.by_shop.setdefault(product.shop, {})[product.id] = product
        for variant in product.variants:
            self.by_inventory[variant.inventory] = (product, variant)
            if variant.sku:
                self.by_sku.setdefault((product.shop, variant.sku), {})[product.id] = product

    def _unindex(self, product: Product) -> None:
        for variant in product.variants:
            self.by_inventory.pop(variant.inventory, None)
            self.by_sku.get((product.shop, variant.sku), {}).pop(product.id, None)
