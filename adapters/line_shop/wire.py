"""What goes over the wire to MyShop and what comes back. Requests follow the vendor's description exactly.

Answers are read leniently: nothing in them is declared required.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from adapters.line_shop import limits
from schemas.ids import PictureKey


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class RemoteOption(_Lenient):
    """One option of a variant as the shop shows it."""

    name: str = ""
    value: str = ""


class RemoteVariant(_Lenient):
    """One variant as the shop shows it. Units: baht, kilograms, pieces."""

    id: int | None = None
    inventory_id: int | None = Field(default=None, alias="inventoryId")
    sku: str | None = None
    barcode: str | None = None
    price: float | None = None
    weight: float | None = None
    options: tuple[RemoteOption, ...] = ()
    on_hand: int = Field(default=0, alias="onHandNumber")
    available: int | None = Field(default=None, alias="availableNumber")
    reserved: int = Field(default=0, alias="reservedNumber")
    ready_to_ship: int = Field(default=0, alias="readyToShipNumber")

    @property
    def held(self) -> int:
        """Pieces in open orders: reserved until they are paid, then ready to ship."""
        return self.reserved + self.ready_to_ship

    def on_hand_for(self, available: int) -> int:
        """Return the on-hand figure that leaves ``available`` pieces for sale.

        Source: docs/channels/line.md section 1.9; the figure stays right when orders come or go in between.
        """
        return available + self.held


class RemoteProduct(_Lenient):
    """One product as the shop shows it."""

    id: int
    name: str | None = None
    code: str | None = None
    description: str | None = None
    is_display: bool = Field(default=False, alias="isDisplay")
    instant_discount: float | None = Field(default=None, alias="instantDiscount")
    variants: tuple[RemoteVariant, ...] = ()

    def variant(self, sku: str) -> RemoteVariant | None:
        """Return the variant of that SKU, None when the product has none."""
        return next((variant for variant in self.variants if variant.sku == sku), None)


class ProductPage(_Lenient):
    """One page of products. An answer without its list is none: it must not be read as "there is no such product"."""

    data: tuple[RemoteProduct, ...]
    total_page: int = Field(default=1, alias="totalPage")


PRODUCT = TypeAdapter(RemoteProduct)
PAGE = TypeAdapter(ProductPage)

PictureUrl = Callable[[PictureKey], str]


def baht(satang: int) -> float:
    """Turn satang into the JSON number of baht that MyShop takes (two decimals at most)."""
    return satang // 100 if satang % 100 == 0 else satang / 100


def satang(amount: float) -> int:
    """Turn MyShop's number of baht into satang."""
    return round(amount * 100)


def kilograms(grams: int) -> float:
    """Turn grams into kilograms with two decimals, rounded up, 0.01 at least: a parcel is never declared too light."""
    return max(limits.MIN_WEIGHT.value // 10, -(-grams // 10)) / 100


def html(text: str) -> str:
    """Write plain text as the HTML MyShop shows: paragraphs at blank lines, ``<br>`` at line ends.

    Everything is escaped; the allowed tags are not published, these two are the plainest.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = [part.strip("\n") for part in escaped.split("\n\n")]
    return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in paragraphs if part)


def create_request(body: Mapping[str, Any], url: PictureUrl) -> dict[str, Any]:
    """Build the body of POST /products. A zero stock goes as 1: see ``limits.MIN_STOCK_AT_CREATE``."""
    request = {
        **text_fields(body),
        **detail_fields(body),
        **picture_fields(body, url),
        "variants": [_new_variant(body, variant) for variant in body["variants"]],
    }
    if body["instant_discount_satang"]:
        request["instantDiscount"] = baht(body["instant_discount_satang"])
    if body["options"]:
        request["variantOptions"] = variant_options(body, url)
    return request


def text_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the TEXT part, for create and PATCH /products/{id}."""
    return {"name": body["name"], "brand": body["brand"], "description": html(body["description"])}


def detail_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Product-level fields of the DETAILS part, for create and PATCH /products/{id}."""
    fields = {"code": body["code"], "categoryId": body["category_id"]}
    return fields | ({"licenses": dict(body["licenses"])} if body["licenses"] else {})


def picture_fields(body: Mapping[str, Any], url: PictureUrl) -> dict[str, Any]:
    """Fields of the PICTURES part, for create and PATCH /products/{id}."""
    return {"imageUrls": [url(key) for key in body["pictures"]]}


def variant_options(body: Mapping[str, Any], url: PictureUrl) -> dict[str, Any]:
    """Build ``variantOptions``: pictures only on the first level."""
    levels = body["options"]
    first = levels[0]
    options = {
        "option1": {
            "name": first["name"],
            "data": [{"value": value, **_value_picture(body, value, url)} for value in first["values"]],
        }
    }
    if len(levels) > 1:
        options["option2"] = {
            "name": levels[1]["name"],
            "data": [{"value": value} for value in levels[1]["values"]],
        }
    return options


def _value_picture(body: Mapping[str, Any], value: str, url: PictureUrl) -> dict[str, str]:
    skus = [variant["sku"] for variant in body["variants"] if variant["options"][0] == value]
    key = next((body["variant_pictures"][sku] for sku in skus if sku in body["variant_pictures"]), None)
    return {} if key is None else {"imageUrl": url(key)}


def new_variants_request(body: Mapping[str, Any], skus: set[str], url: PictureUrl) -> dict[str, Any]:
    """Build the body of POST /products/{id}/variants for the variants the shop does not have yet."""
    return {
        "variantOptions": variant_options(body, url),
        "variants": [_new_variant(body, variant) for variant in body["variants"] if variant["sku"] in skus],
    }


def _new_variant(body: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    sku = variant["sku"]
    request: dict[str, Any] = {
        "sku": sku,
        "price": baht(body["prices_satang"][sku]),
        "weight": kilograms(variant["weight_g"]),
        "onHandNumber": max(body["available"][sku], limits.MIN_STOCK_AT_CREATE.value),
    }
    if variant["barcode"]:
        request["barcode"] = variant["barcode"]
    if body["options"]:
        request["options"] = [
            level["values"].index(value)
            for level, value in zip(body["options"], variant["options"], strict=True)
        ]
    return request


def prices_request(body: Mapping[str, Any], ids: Mapping[str, int | None]) -> dict[str, Any]:
    """Build the body of PATCH /products/{id}/prices; ``ids`` maps SKU to variant id."""
    variants = [
        {**({} if ids[sku] is None else {"id": ids[sku]}), "price": baht(price)}
        for sku, price in body["prices_satang"].items()
    ]
    return {"instantDiscount": baht(body["instant_discount_satang"]), "variants": variants}
