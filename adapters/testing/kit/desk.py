"""An adapter at its simulated channel, with the few moves the core makes around it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.base import Capabilities, Change, Fallback
from adapters.errors import OutcomeUnknown, Throttled, Transient
from adapters.testing.kit.channel import AdapterUnderTest, SimulatedChannel
from adapters.testing.kit.driver import PAUSE, Driver
from adapters.testing.kit.goods import TOKEN, marker_for, offers_for, picture, variant
from schemas.channel import Part
from schemas.ids import Sku
from schemas.listing import ListingRef, Receipt, Rendition
from schemas.money import Money
from schemas.product import Product

NEW_WORDS: Final = "สูตรใหม่หวานน้อยกว่าเดิม"
"""What the description says once the text was changed."""
MAX_TRIES: Final = 6


def rendered(
    under_test: AdapterUnderTest,
    product: Product | None = None,
    available: int | Mapping[Sku, int] = 10,
    token: str = TOKEN,
) -> Rendition:
    """Render goods with an adapter made for the purpose."""
    product = product or under_test.product()
    return under_test.connect().render(
        product, offers_for(product, available), marker=marker_for(product, token)
    )


class Desk:
    """One adapter of the account under test."""

    def __init__(self, channel: SimulatedChannel) -> None:
        self.channel = channel
        self.adapter = channel.connect()
        self.driver = Driver(self.adapter, channel)

    @property
    def capabilities(self) -> Capabilities:
        """What the adapter says of itself."""
        return self.adapter.capabilities

    def rendition(
        self,
        product: Product | None = None,
        available: int | Mapping[Sku, int] = 10,
        token: str = TOKEN,
    ) -> Rendition:
        """Render goods, the channel's own example where none are given."""
        product = product or self.channel.product()
        return self.adapter.render(product, offers_for(product, available), marker=marker_for(product, token))

    def listed(self, rendition: Rendition | None = None) -> ListingRef:
        """Publish and return the reference the core would keep."""
        rendition = rendition or self.rendition()
        return reference(self.driver.publish(rendition), rendition)

    def change(self, ref: ListingRef, rendition: Rendition, *parts: Part) -> Change:
        """Return an update of the listing to the rendition."""
        return Change(ref=ref, rendition=rendition, parts=frozenset(parts))

    def edited(self, part: Part) -> Rendition:
        """Render the example with that part changed."""
        product = self.channel.product()
        if part is Part.STOCK:
            return self.rendition(product, 0)
        return self.rendition(_edited(product, part))

    def saying(self, fallback: Fallback) -> frozenset[Part]:
        """Return the parts whose changes are carried by that fallback."""
        return frozenset(part for part, how in self.capabilities.fallbacks.items() if how is fallback)

    def until_done(self, act: Callable[[], Any]) -> None:
        """Repeat what may be repeated, as the core repeats every verb but a publish, until it succeeds."""
        for _ in range(MAX_TRIES):
            try:
                act()
            except Throttled as error:
                self.channel.advance(PAUSE if error.retry_after is None else error.retry_after)
            except (Transient, OutcomeUnknown):
                self.channel.advance(PAUSE)
            else:
                return
        raise AssertionError(f"it did not succeed in {MAX_TRIES} tries after one fault")

    def calls_of(self, act: Callable[[], Any]) -> int:
        """Count the calls an undisturbed act takes."""
        before = len(self.channel.records)
        act()
        return len(self.channel.records) - before


def reference(receipt: Receipt, rendition: Rendition) -> ListingRef:
    """Return what the core keeps of a receipt."""
    return ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)


def _edited(product: Product, part: Part) -> Product:
    first, *others = product.variants
    match part:
        case Part.TEXT:
            return product.model_copy(update={"description": f"{product.description} {NEW_WORDS}"})
        case Part.PRICE:
            dearer = first.model_copy(update={"price": Money(first.price.satang + 525)})
            return product.model_copy(update={"variants": (dearer, *others)})
        case Part.PICTURES:
            shown = tuple(picture(f"other {n}") for n in range(len(product.variants)))
            variants = tuple(
                v.model_copy(update={"media": (m,)}) for v, m in zip(product.variants, shown, strict=True)
            )
            return product.model_copy(update={"variants": variants, "media": shown})
        case _:
            heavier = variant(
                first.sku,
                price=first.price.satang,
                weight_g=first.weight_g + 120,
                options=first.options,
                media=first.media,
            )
            return product.model_copy(update={"variants": (heavier, *others)})
