"""How prices and "was" prices fit MyShop's one discount amount per product."""

from collections.abc import Collection
from dataclasses import dataclass

from schemas.listing import Offer


@dataclass(frozen=True, slots=True)
class Discount:
    """The product-wide reduction in satang; ``lost`` when the offers' reductions differ and cannot be shown."""

    satang: int
    lost: bool = False


def discount_of(offers: Collection[Offer]) -> Discount:
    """Find the one amount by which every variant is reduced.

    Units: satang. MyShop takes a single baht amount off every variant, so unequal reductions (a percentage of
    different prices) cannot be shown: then the sale prices are sent plainly.
    Source: docs/channels/line.md section 1.8.
    """
    reductions = {_reduction(offer) for offer in offers}
    if len(reductions) == 1:
        return Discount(reductions.pop())
    return Discount(0, lost=True)


def _reduction(offer: Offer) -> int:
    if offer.compare_at is None or offer.compare_at <= offer.price:
        return 0
    return offer.compare_at.satang - offer.price.satang
