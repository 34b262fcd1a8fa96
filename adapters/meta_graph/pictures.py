"""Which pictures a Meta listing shows, and what it calls them for those who cannot see them."""

from dataclasses import dataclass

from schemas.ids import PictureKey
from schemas.media import PictureSpec
from schemas.product import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The pictures of a listing in order; ``alts`` runs beside ``keys``, ``left_out`` counts what did not fit."""

    keys: tuple[PictureKey, ...]
    alts: tuple[str, ...]
    left_out: int


def shown_pictures(product: Product, spec: PictureSpec, most: int) -> Shown:
    """Choose up to ``most`` pictures, one of every variant first; the product's name stands in for a missing alt."""
    sources = tuple(product.pictures())
    every = (*product.media, *(media for variant in product.variants for media in variant.media))
    said = {media.sha256: media.alt for media in every if media.alt}
    kept = sources[:most]
    return Shown(
        keys=tuple(spec.key_for(source) for source in kept),
        alts=tuple(said.get(source, product.name) for source in kept),
        left_out=len(sources) - len(kept),
    )
