"""What MyShop holds: products with variants and the four stock numbers of each. Source: line.md §1.4, §1.9."""

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
class LineState:
    """All products by id, and by shop, SKU and inventory id."""

    counter: int = 1_000_000_000
    products: dict[int, Product] = field(default_factory=dict)

    def __post_init__(self) -> None:
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
