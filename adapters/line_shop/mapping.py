"""Product -> MyShop payload. Pure; pictures stand in the body by key."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.base import Templates
from adapters.limits import Limit, TextUnit
from adapters.line_shop import limits
from adapters.line_shop.account import LineShopSettings
from adapters.line_shop.pricing import Discount, discount_of
from adapters.listing_text import fit
from adapters.text import cut, plain
from schemas.channel import Part
from schemas.ids import ChannelKind, PictureKey, Sku
from schemas.listing import Marker, Offer, Rendition, fingerprint
from schemas.product import Product, Variant

KIND: Final = ChannelKind("line_shop")
_PART_KEYS: Final[Mapping[Part, tuple[str, ...]]] = {
    Part.TEXT: ("name", "brand", "description"),
    Part.PRICE: ("prices_satang", "instant_discount_satang"),
    Part.STOCK: ("available",),
    Part.PICTURES: ("pictures", "variant_pictures"),
    Part.DETAILS: ("code", "category_id", "licenses", "options", "variants"),
}


def render(
    product: Product,
    offers: Mapping[Sku, Offer],
    marker: Marker,
    settings: LineShopSettings,
    templates: Templates,
) -> Rendition:
    """Make the MyShop payload of one product.

    Shape: ``body`` maps the keys of ``_PART_KEYS``; prices, stock and pictures of variants are mappings by SKU. ``held`` stands
    beside them and belongs to no part: an order that was heard of changes nothing that is wanted of the shop by itself.
    Units: satang, grams and free-to-sell units; ``wire`` turns them into baht, kilograms and on-hand units.
    """
    discount = discount_of([offers[sku] for sku in product.skus])
    body = {
        **_text(product, marker, settings, templates),
        **_prices(product, offers, discount),
        "available": {sku: min(offers[sku].available, limits.MAX_STOCK.value) for sku in product.skus},
        "held": {sku: offers[sku].held for sku in product.skus},
        **_pictures(product),
        **_details(product, settings),
    }
    return Rendition(
        channel=KIND,
        marker=marker,
        body=body,
        parts={part: fingerprint({key: body[key] for key in keys}) for part, keys in _PART_KEYS.items()},
        pictures=_needed_pictures(body),
        notes=tuple(_notes(product, offers, discount, body)),
    )


def _text(
    product: Product, marker: Marker, settings: LineShopSettings, templates: Templates
) -> dict[str, str]:
    name = cut(product.name, settings.name_max, TextUnit.CODE_POINTS)

    def text(description: str) -> str:
        return templates.render(
            "line_shop/description.txt.j2",
            product=product,
            description=description,
            marker=marker,
            name_was_cut=name != product.name,
            fda_numbers=_fda_numbers(product),
        )

    limit = Limit(
        settings.description_max,
        TextUnit.CODE_POINTS,
        limits.MAX_DESCRIPTION.source,
        limits.MAX_DESCRIPTION.read,
        limits.MAX_DESCRIPTION.grade,
    )
    description = fit(text, plain(product.description, product.description_format), limit)
    return {"name": name, "brand": product.producer.group, "description": description}


def _prices(product: Product, offers: Mapping[Sku, Offer], discount: Discount) -> dict[str, Any]:
    # LINE subtracts the discount itself, so what is sent is the price before it.
    return {
        "prices_satang": {sku: offers[sku].price.satang + discount.satang for sku in product.skus},
        "instant_discount_satang": discount.satang,
    }


def _pictures(product: Product) -> dict[str, Any]:
    keys = [limits.PICTURE.key_for(source) for source in product.pictures()]
    by_variant = {variant.sku: _own_picture(variant) for variant in product.variants}
    return {
        "pictures": keys[: limits.MAX_PICTURES.value],
        # A product without options has one default variant; its picture is the product's.
        "variant_pictures": {sku: key for sku, key in by_variant.items() if key} if product.options else {},
    }


def _own_picture(variant: Variant) -> PictureKey | None:
    return next((limits.PICTURE.key_for(m.sha256) for m in variant.media if m.sha256 is not None), None)


def _details(product: Product, settings: LineShopSettings) -> dict[str, Any]:
    levels = range(min(len(product.options), limits.OPTION_LEVELS.value))
    options = [
        {"name": product.options[level], "values": _values(product.variants, level)} for level in levels
    ]
    return {
        "code": product.sku,
        "category_id": settings.categories.get(product.category_code),
        "licenses": _licenses(product),
        "options": options,
        "variants": [_variant(variant, len(options)) for variant in product.variants],
    }


def _values(variants: Sequence[Variant], level: int) -> list[str]:
    return list(dict.fromkeys(variant.options[level] for variant in variants))


def _variant(variant: Variant, levels: int) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "barcode": variant.gtin,
        "weight_g": variant.weight_g,
        "options": list(variant.options[:levels]),
    }


def _licenses(product: Product) -> dict[str, str]:
    numbers = {"fda": ", ".join(_fda_numbers(product)), "tisi": product.claims.tcps_no or ""}
    return {name: number for name, number in numbers.items() if number}


def _fda_numbers(product: Product) -> list[str]:
    return list(dict.fromkeys(variant.fda_no for variant in product.variants if variant.fda_no))


def _needed_pictures(body: Mapping[str, Any]) -> tuple[PictureKey, ...]:
    return tuple(dict.fromkeys([*body["pictures"], *body["variant_pictures"].values()]))


def _notes(
    product: Product, offers: Mapping[Sku, Offer], discount: Discount, body: Mapping[str, Any]
) -> list[str]:
    notes = []
    if body["name"] != product.name:
        notes.append("ชื่อสินค้ายาวเกินไปสำหรับ LINE จึงย่อชื่อ และใส่ชื่อเต็มไว้ต้นรายละเอียดสินค้า")
    if discount.lost:
        notes.append("แต่ละตัวเลือกลดราคาไม่เท่ากัน LINE แสดงราคาก่อนลดไม่ได้ จึงแสดงเฉพาะราคาขาย")
    if any(offers[sku].available > limits.MAX_STOCK.value for sku in product.skus):
        notes.append(f"LINE แสดงสต็อกได้ไม่เกิน {limits.MAX_STOCK.value:,} ชิ้น จึงแสดงเท่านั้น สต็อกจริงของคุณไม่เปลี่ยน")
    left_out = len(list(product.pictures())) - len(body["pictures"])
    if left_out > 0:
        notes.append(f"LINE รับรูปได้ {limits.MAX_PICTURES.value} รูป จึงไม่ได้ส่งอีก {left_out} รูป")
    return notes
