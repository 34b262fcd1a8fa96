"""The canonical product: what a seller says once, whatever channels it goes to.

Stock is not part of it: stock is a ledger (``stock_level``), changes far more often, and must not make the
product look edited.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.ids import Sha256, Sku
from schemas.money import Money

SKU_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
MAX_STOCK = 999_999
"""Sanity limit of a stock figure, in units. Source: the intake format, tests/data/README.md."""
CURRENCY = "THB"


class Schema(BaseModel):
    """Base of the stored schemas: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(StrEnum):
    """Whether the seller wants the product to be on sale at all."""

    ACTIVE = "active"
    HIDDEN = "hidden"


class OtopCategory(StrEnum):
    """The five OTOP groups, and ``none`` for goods OTOP does not register (plants, seed)."""

    FOOD = "food"
    DRINK = "drink"
    TEXTILE = "textile"
    DECOR = "decor"
    HERBAL = "herbal"
    NONE = "none"


class ProducerType(StrEnum):
    """How the producers are organised."""

    COMMUNITY_ENTERPRISE = "community_enterprise"
    FARMER_GROUP = "farmer_group"
    COOPERATIVE = "cooperative"
    OTOP_GROUP = "otop_group"
    INDIVIDUAL = "individual"


class Certification(StrEnum):
    """Claims a product may carry beside its numbers."""

    HALAL = "halal"
    ORGANIC = "organic"
    GAP = "gap"
    GHP = "ghp"
    GI = "gi"


class DescriptionFormat(StrEnum):
    """How the description is written."""

    PLAIN = "plain"
    HTML = "html"


class Media(Schema):
    """One picture of a product.

    ``source`` is what the seller wrote (a file name below the import folder, or an https address);
    ``sha256`` names the stored original and is None until it has been stored.
    """

    source: str
    sha256: Sha256 | None = None
    alt: str | None = None


class Parcel(Schema):
    """Outer size of the packed goods, in millimetres."""

    length_mm: int = Field(gt=0)
    width_mm: int = Field(gt=0)
    height_mm: int = Field(gt=0)


class Origin(Schema):
    """Where the goods come from, down to the tambon. Names are without จังหวัด, อำเภอ and ตำบล."""

    province: str
    amphoe: str
    tambon: str
    tambon_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    postal_code: Annotated[str, StringConstraints(pattern=r"^\d{5}$")]


class Producer(Schema):
    """Who makes the goods."""

    group: str
    type: ProducerType


class Claims(Schema):
    """Numbers and marks the seller claims. They identify; nothing here proves quality."""

    otop_star: int | None = Field(default=None, ge=1, le=5)
    tcps_no: str | None = None
    """มผช. standard, ``มผช.<number>/<Buddhist year>``."""
    certifications: tuple[Certification, ...] = ()


class Variant(Schema):
    """The sellable version of a product; its SKU is the seller's own code.

    ``options`` holds one value for each name in ``Product.options``, in that order.
    """

    sku: Annotated[Sku, StringConstraints(pattern=SKU_PATTERN)]
    options: tuple[str, ...] = ()
    price: Money
    compare_at: Money | None = None
    weight_g: int = Field(ge=1)
    parcel: Parcel | None = None
    gtin: str | None = None
    fda_no: str | None = None
    """อย. food serial number, ``NN-N-NNNNN-N-NNNN``."""
    media: tuple[Media, ...] = ()


class Override(Schema):
    """What one channel shows instead of the canonical text, prices or pictures. None means: as canonical."""

    name: str | None = None
    description: str | None = None
    prices: Mapping[Sku, Money] = Field(default_factory=dict)
    media: tuple[Media, ...] | None = None


class Product(Schema):
    """One product with its variants.

    ``media`` holds every picture once, in the order the seller gave them; ``Variant.media`` says which of
    them show that variant.
    """

    schema_version: Literal[1] = 1
    sku: Annotated[Sku, StringConstraints(pattern=SKU_PATTERN)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    name_en: str | None = None
    description: str
    description_format: DescriptionFormat = DescriptionFormat.PLAIN
    otop_category: OtopCategory
    category_code: str
    options: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = Field(min_length=1)
    origin: Origin
    producer: Producer
    claims: Claims = Claims()
    shelf_life_days: int | None = Field(default=None, ge=0)
    lead_time_days: int = Field(ge=0)
    vat_rate: int = Field(ge=0, le=100)
    available_from: date
    status: Status = Status.ACTIVE
    tags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    overrides: Mapping[str, Override] = Field(default_factory=dict)
    """Keyed by channel kind, or by the account's name where a seller has several of one kind."""

    @model_validator(mode="after")
    def _variants_fit_the_options(self) -> Self:
        if any(len(variant.options) != len(self.options) for variant in self.variants):
            raise ValueError("every variant needs one value for each option of the product")
        if len({variant.sku for variant in self.variants}) != len(self.variants):
            raise ValueError("a variant SKU occurs twice")
        return self

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal fingerprints mean nothing was edited."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def skus(self) -> tuple[Sku, ...]:
        """The SKUs of the variants, in order."""
        return tuple(variant.sku for variant in self.variants)

    @property
    def price_range(self) -> tuple[Money, Money]:
        """Lowest and highest price of the variants."""
        prices = sorted(variant.price.satang for variant in self.variants)
        return Money(prices[0]), Money(prices[-1])

    def pictures(self) -> Iterator[Sha256]:
        """Yield the stored pictures, each once, one of every variant first, so that a cut loses the least."""
        by_variant = [[m.sha256 for m in variant.media] for variant in self.variants]
        longest = max((len(row) for row in by_variant), default=0)
        turns = [row[turn] for turn in range(longest) for row in by_variant if turn < len(row)]
        ordered = [*turns, *(m.sha256 for m in self.media)]
        yield from dict.fromkeys(sha for sha in ordered if sha is not None)

    def for_channel(self, *keys: str) -> "Product":
        """Return the product as a channel is to show it: the overrides of the first matching key applied."""
        override = next((self.overrides[key] for key in keys if key in self.overrides), None)
        if override is None:
            return self
        variants = tuple(
            variant.model_copy(update={"price": override.prices.get(variant.sku, variant.price)})
            for variant in self.variants
        )
        if override.media is not None:
            variants = tuple(variant.model_copy(update={"media": ()}) for variant in variants)
        return self.model_copy(
            update={
                "name": override.name or self.name,
                "description": override.description or self.description,
                "media": self.media if override.media is None else override.media,
                "variants": variants,
            }
        )
