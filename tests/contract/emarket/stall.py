"""One market account at the sandbox, with the few moves the core makes around an adapter."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.base import Change
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.market.state import MarketItem
from schemas.channel import Part
from schemas.listing import ListingRef, Pending, Receipt, Rendition
from schemas.product import Product
from tests.support.factories import NOON, DictPictures, make_marker, make_offers, make_product
from tests.support.shops import store_pictures


@dataclass
class Stall:
    adapter: Any
    control: SandboxControl
    pictures: DictPictures

    def render(
        self, product: Product | None = None, available: Any = 10, marked: str = "SY7K3M2Q9"
    ) -> Rendition:
        product = product or make_product()
        rendition = self.adapter.render(
            product, make_offers(product, available), marker=make_marker(product, marked)
        )
        store_pictures(rendition, self.pictures)
        return rendition

    def publish(self, rendition: Rendition) -> Receipt:
        """Publish and look again while pictures are moving."""
        result = self.adapter.publish(rendition)
        for _ in range(50):
            if isinstance(result, Receipt):
                return result
            result = self.adapter.resume(rendition, result)
        raise AssertionError("the publish never ended")

    def recover(self, rendition: Rendition) -> Receipt:
        """Do what the core does after an unknown outcome: look, adopt what is found, else publish again."""
        found = self.adapter.find_by_marker(rendition.marker, since=NOON)
        if not found:
            return self.publish(rendition)
        if found[0].visible:
            return Receipt(external_id=found[0].external_id, remote=found[0].remote)
        result = self.adapter.resume(rendition, Pending(progress=found[0].remote, check_after=timedelta(0)))
        assert isinstance(result, Receipt)
        return result

    def change(self, receipt: Receipt, rendition: Rendition, *parts: Part) -> Change:
        ref = ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)
        return Change(ref=ref, rendition=rendition, parts=frozenset(parts))

    def items(self) -> list[MarketItem]:
        return self.control.run(lambda sandbox: list(sandbox.market.items.values()))

    def item(self) -> MarketItem:
        (only,) = self.items()
        return only

    def edit(self, **values: Any) -> None:
        """Let somebody change every listing in the market's own back office."""

        def act(sandbox: Any) -> None:
            for item in sandbox.market.items.values():
                for name, value in values.items():
                    setattr(item, name, value)

        self.control.run(act)

    def operations(self, after: int = 0) -> list[str]:
        return [entry["operation"] for entry in self.control.journal()[after:]]
