"""Reading a shop back: all its products page by page, and what of a product is no longer as it was sent."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.comparing import prices_apart, texts_apart, units_apart
from adapters.line_shop.client import MyShopClient
from adapters.line_shop.reading import listing_of
from adapters.line_shop.stock import for_sale
from adapters.observing import Difference, ListingPage
from adapters.text import plain
from schemas.channel import Part
from schemas.ids import Sku
from schemas.listing import RemoteListing, Rendition
from schemas.product import DescriptionFormat

_FIRST: Final = 1


def browse(client: MyShopClient, cursor: Mapping[str, Any] | None) -> ListingPage:
    """Read the next hundred products, hidden ones too.

    MyShop promises no order of pages, so a product made or deleted meanwhile may be left out or come twice.
    """
    number = _FIRST if cursor is None else int(cursor["page"])
    page = client.page(number)
    is_last = not page.data or number >= page.total_page
    return ListingPage(
        listings=[listing_of(product) for product in page.data],
        cursor=None if is_last else {"page": number + 1},
    )


def differences(rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
    """Compare words, sale prices and pieces for sale. Pure.

    Pictures get addresses of LINE's own, and its words for categories and options are its own too: neither is compared.
    """
    body, seen = rendition.body, remote.seen
    found = {
        Part.TEXT: _text(body, seen),
        Part.PRICE: prices_apart(_sale_prices(body), seen["prices"]),
        Part.STOCK: units_apart(_units(body, seen), seen["available"]),
    }
    return {part: difference for part, difference in found.items() if difference is not None}


def _text(body: Mapping[str, Any], seen: Mapping[str, Any]) -> Difference | None:
    """Compare the name, then the description; one that the answer leaves out is not compared."""
    if seen["name"] is not None and (apart := texts_apart(body["name"], seen["name"])):
        return apart
    if seen["text"] is None:
        return None
    return texts_apart(body["description"], plain(seen["text"], DescriptionFormat.HTML))


def _sale_prices(body: Mapping[str, Any]) -> dict[Sku, int]:
    discount = body["instant_discount_satang"]
    return {sku: satang - discount for sku, satang in body["prices_satang"].items()}


def _units(body: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[Sku, int]:
    """Return what the shop should have for sale beside what it sold and we have not heard of."""
    known = body.get("held", {})
    return {
        sku: for_sale(wanted, held=seen["held"].get(sku, 0), known=known.get(sku))
        for sku, wanted in body["available"].items()
    }
