"""Names of fields on a market, in a file of their own: ours on one side, the market's on the other."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.emarket.market import Regex
from adapters.emarket.ordering import OrderFields

PRODUCT_FIELDS = frozenset(
    {
        "sku", "group_sku", "title", "description", "category_id", "category_number", "images", "image",
        "more_images", "options", "variants", "brand", "status", "tags", "origin", "province", "amphoe", "tambon",
        "postal_code", "producer", "otop_star", "tcps_no", "certifications", "shelf_life_days",
        "lead_time_days", "link", "item_id",
    }
)  # fmt: skip
"""What can be said of a product."""
VARIANT_FIELDS = frozenset(
    {
        "sku", "option_values", "option1", "option2", "price", "compare_at", "price_thb",
        "sale_price_thb", "available", "total", "availability", "weight_g", "weight_kg", "parcel_cm", "length_cm",
        "width_cm", "height_cm", "gtin", "identifier_exists", "fda_no",
    }
)  # fmt: skip
"""What can be said of a variant."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _check(names: Mapping[str, str], allowed: frozenset[str], where: str) -> None:
    unknown = sorted(set(names.values()) - allowed)
    if unknown:
        raise ValueError(f"{where}: {', '.join(unknown)} unknown; allowed are {', '.join(sorted(allowed))}")


class Reads(_Part):
    """Where the answers keep things. Dotted paths; ``listings`` leads to the list in a get_by_sku answer."""

    created_item_id: str
    created_url: str | None = None
    listings: str
    item_id: str
    sku: str
    status: str
    url: str | None = None
    variants: str
    variant_sku: str
    variant_price: str
    variant_available: str
    variant_held: tuple[str, ...] = ()
    """What orders hold of a variant; several figures are added up."""
    title: str | None = None
    description: str | None = None
    next_cursor: str | None = None
    """Where a list_changed answer says how to go on; nothing there ends the list."""
    created_variants: str | None = None
    """Where the answers of create keep the variants, read as those of a listing."""
    stock_rows: str | None = None
    """Where an answer of the stock call keeps the variants it wrote, read as those of a listing."""
    failed_sku: str
    failed_code: str
    failed_message: str
    image_batch_id: str = "data.batch_id"
    image_done: str = "data.done"
    images: str = "data.images"
    image_url: str = "url"
    image_hosted_url: str = "hosted_url"
    image_error: str = "error"
    image_retry: Regex | None = None
    """Picture errors that may pass: our picture host was slow or away. All others are the picture's fault."""


class Statuses(_Part):
    """The market's words for what a buyer sees; ``send_live`` is what create and update say."""

    send_live: str
    live: tuple[str, ...]
    waiting: tuple[str, ...] = ()
    """Accepted, not shown yet (moderation)."""
    gone: tuple[str, ...] = ()


class ApiFields(_Part):
    """Field names of an API market: market's name -> ours."""

    product: Mapping[str, str]
    variant: Mapping[str, str]
    stock_rows: str = "items"
    stock_row: Mapping[str, str]
    price_rows: str = "items"
    price_row: Mapping[str, str]
    hide_rows: str | None = "items"
    """Name of the list of items; None where hide takes one item directly."""
    item_id: str = "item_id"
    image_urls: str = "urls"
    image_batch_id: str = "batch_id"
    sku_query: str = "sku"
    cursor_query: str = "cursor"
    reads: Reads
    statuses: Statuses
    orders: OrderFields | None = None

    @model_validator(mode="after")
    def _names_are_ours(self) -> Self:
        _check(self.product, PRODUCT_FIELDS, "product")
        for where, names in (
            ("variant", self.variant),
            ("stock_row", self.stock_row),
            ("price_row", self.price_row),
        ):
            _check(names, VARIANT_FIELDS, where)
        return self


class Column(_Part):
    """One column of a sheet or feed: its heading and what stands in it (a field of ours, or a fixed text)."""

    heading: str
    product: str | None = None
    variant: str | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if sum(source is not None for source in (self.product, self.variant, self.value)) != 1:
            raise ValueError(f"column {self.heading!r} needs exactly one of product, variant, value")
        if self.product is not None:
            _check({"": self.product}, PRODUCT_FIELDS, f"column {self.heading!r}")
        if self.variant is not None:
            _check({"": self.variant}, VARIANT_FIELDS, f"column {self.heading!r}")
        return self


class FieldFile(_Part):
    """The file ``fields/<id>.yaml``: ``api`` for API markets, ``columns`` for feeds and assisted markets."""

    schema_version: Literal[1]
    api: ApiFields | None = None
    columns: tuple[Column, ...] = Field(default=())


def at(value: Any, path: str | None) -> Any:
    """Follow a dotted path through mappings; None when it leads nowhere."""
    if path is None:
        return None
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
