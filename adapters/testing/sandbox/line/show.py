"""A product as MyShop answers it. Source: line.md §1.4."""

from typing import Any, Final

from adapters.testing.sandbox.accounts import LINE_CATEGORIES
from adapters.testing.sandbox.exchange import Call
from adapters.testing.sandbox.line.state import Product, Variant

_CODE_OF: Final = {number: code for code, number in LINE_CATEGORIES.items()}


def product_body(call: Call, product: Product) -> dict[str, Any]:
    """Return the full product; picture addresses are the shop's own, not the ones that were sent."""
    return {
        "id": product.id,
        "name": product.name,
        "code": product.code,
        "brand": product.brand,
        "description": product.description,
        "category": _category(product.category),
        "imageUrls": _addresses(call, product),
        "instantDiscount": product.discount,
        "isDisplay": product.displayed,
        "hasOnlyDefaultVariant": not product.options,
        "variantOptions": [{"name": level.name, "values": level.values} for level in product.options],
        "variants": [_variant(call, product, variant) for variant in product.variants],
        "giftOption": "NO_GIFT",
        "giftGroups": [],
        "licenses": product.licences,
    }


def stock_body(variant: Variant) -> dict[str, int]:
    """Return the four numbers under the names the inventory calls use."""
    return {
        "onHandAmount": variant.on_hand,
        "availableNumber": variant.available,
        "reservedAmount": variant.reserved,
        "readyToShipAmount": variant.ready,
    }


def _category(number: int) -> dict[str, Any]:
    name = _CODE_OF.get(number, "")
    return {"id": number, "nameTh": name, "nameEn": name}


def _addresses(call: Call, product: Product) -> list[str]:
    if not product.pictures:
        return product.picture_urls
    return [f"{call.request.origin}/_pictures/{picture.sha}.jpg" for picture in product.pictures]


def _variant(call: Call, product: Product, variant: Variant) -> dict[str, Any]:
    picture = variant.picture
    return {
        "id": variant.id,
        "inventoryId": variant.inventory,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "price": variant.price,
        "discountedPrice": round(variant.price - product.discount, 2) if product.discount else None,
        "weight": variant.weight,
        "imageUrl": f"{call.request.origin}/_pictures/{picture.sha}.jpg" if picture else "",
        "options": [{"name": name, "value": value} for name, value in variant.options],
        "onHandNumber": variant.on_hand,
        "availableNumber": variant.available,
        "reservedNumber": variant.reserved,
        "readyToShipNumber": variant.ready,
    }
