"""One LINE shop at the sandbox, with the few moves the core makes around an adapter."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from adapters.base import Change
from adapters.line_shop import LineShopAdapter
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.line.state import Product as ShopProduct
from schemas.channel import Part
from schemas.ids import Sku
from schemas.listing import ListingRef, Pending, Receipt, Rendition
from schemas.money import Money
from schemas.orders import ChannelOrder
from schemas.product import Product
from tests.support.factories import (
    NOON,
    DictPictures,
    make_marker,
    make_offers,
    make_product,
    make_variant,
    sha,
)
from tests.support.shops import store_pictures


@dataclass
class Shop:
    adapter: LineShopAdapter
    control: SandboxControl
    pictures: DictPictures

    def render(
        self,
        product: Product | None = None,
        available: Any = 10,
        marked: str = "SY7K3M2Q9",
        held: int = 0,
    ) -> Rendition:
        """Render goods; ``held`` is the units of each variant in open orders of this shop that are known."""
        product = product or make_product()
        offers = {sku: replace(offer, held=held) for sku, offer in make_offers(product, available).items()}
        rendition = self.adapter.render(product, offers, marker=make_marker(product, marked))
        store_pictures(rendition, self.pictures)
        return rendition

    def publish(self, rendition: Rendition) -> Receipt:
        """Publish as the core does when nothing fails."""
        result = self.adapter.publish(rendition)
        assert isinstance(result, Receipt)
        return result

    def recover(self, rendition: Rendition) -> Receipt:
        """Do what the core does after an unknown outcome: look, adopt what is found, else publish again."""
        found = self.adapter.find_by_marker(rendition.marker, since=NOON)
        if not found:
            return self.publish(rendition)
        if found[0].visible:
            return Receipt(external_id=found[0].external_id, remote=found[0].remote)
        result = self.adapter.resume(rendition, Pending(progress=found[0].remote, check_after=NOON - NOON))
        assert isinstance(result, Receipt)
        return result

    def change(self, receipt: Receipt, rendition: Rendition, *parts: Part) -> Change:
        ref = ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)
        return Change(ref=ref, rendition=rendition, parts=frozenset(parts))

    def buy(self, sku: str, quantity: int = 1, *, pay: bool = True) -> str:
        """Let a buyer order, and return the order's number."""
        return self.control.buy("line_shop", "shop1", sku, quantity, pay=pay).order

    def act(self, order: str, act: str) -> None:
        self.control.act("line_shop", "shop1", order, act)

    def poll(self, cursor: Any = None, since: datetime = NOON) -> tuple[list[ChannelOrder], Any]:
        """Ask for orders until none waits; return them and where the next poll begins."""
        found: list[ChannelOrder] = []
        while True:
            page = self.adapter.orders(cursor, since=since)
            found += page.orders
            cursor = json.loads(json.dumps(page.cursor))
            if not page.has_more:
                return found, cursor

    def now(self) -> datetime:
        """Return the shop's present."""
        return datetime.fromtimestamp(self.control.run(lambda sandbox: sandbox.clock.now()), UTC)

    def calls(self, after: int) -> list[str]:
        """Return the operations the shop saw after that many."""
        return [entry["operation"] for entry in self.control.journal(after=after)]

    def products(self) -> list[ShopProduct]:
        return self.control.run(lambda sandbox: list(sandbox.line.products.values()))

    def product(self) -> ShopProduct:
        (only,) = self.products()
        return only

    def hold(self, *, reserved: int = 0, ready: int = 0) -> None:
        """Let buyers hold units of every variant."""

        def act(sandbox: Any) -> None:
            for product in sandbox.line.products.values():
                for variant in product.variants:
                    variant.reserved, variant.ready = reserved, ready

        self.control.run(act)

    def lock(self, *, locked: bool = True) -> None:
        """Begin or end a promotion on every product."""

        def act(sandbox: Any) -> None:
            for product in sandbox.line.products.values():
                product.locked = locked

        self.control.run(act)


def two_sizes(**changes: Any) -> Product:
    """A product with one option level and two variants, each with its own picture."""
    variants = (
        make_variant("BNB-100", options=("100 กรัม",), media=(_picture("a"),)),
        make_variant("BNB-250", options=("250 กรัม",), price=Money(10000), media=(_picture("b"),)),
    )
    return make_product(**({"sku": "BNB", "options": ("ขนาด",), "variants": variants} | changes))


def _picture(letter: str) -> Any:
    return make_product().media[0].model_copy(update={"source": f"{letter}.jpg", "sha256": sha(letter)})


def units(shop: Shop) -> dict[str, int]:
    """Units for sale by SKU as buyers see them."""
    return {Sku(variant.sku): variant.available for variant in shop.product().variants}
