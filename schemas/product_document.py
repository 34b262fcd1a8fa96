"""The product as other systems send it: the canonical product, its pictures by address or by hash, its units beside it.

These models describe the form, for documentation. What is sent is read by ``syndicator.intake.documents``, which tells every
problem of a document at once.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.ids import Sku
from schemas.product import MAX_STOCK, Media, Override, Product, Variant

Units = Annotated[int, Field(ge=0, le=MAX_STOCK)]


class MediaDocument(Media):
    """One picture: an https address in ``source``, or the ``sha256`` of a picture that was uploaded before."""

    source: Annotated[str, StringConstraints(max_length=2_000)] = ""


class VariantDocument(Variant):
    """The sellable version of a product. Prices are in satang (100 satang are one baht)."""

    media: tuple[MediaDocument, ...] = ()


class OverrideDocument(Override):
    """What one channel shows instead."""

    media: tuple[MediaDocument, ...] | None = None


class ProductDocument(Product):
    """A product with its variants. Where ``sku`` stands in the address it may be left out here."""

    variants: tuple[VariantDocument, ...] = Field(min_length=1)
    media: tuple[MediaDocument, ...] = ()
    overrides: Mapping[str, OverrideDocument] = Field(default_factory=dict)
    stock: Mapping[Sku, Units] = Field(default_factory=dict)
    """Units on the shelf by variant SKU; a variant that is left out keeps what it has."""
