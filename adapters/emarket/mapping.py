"""Product -> body of a rendition for any market. Pure; the market's own field names come later, in ``values``."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.base import Templates
from adapters.emarket.limits import picture_spec, text_limit
from adapters.emarket.loading import LoadedMarket
from adapters.listing_text import fit
from adapters.text import cut, plain
from schemas.channel import Part
from schemas.ids import ChannelKind, PictureKey, Sku
from schemas.listing import Marker, Offer, Rendition, fingerprint
from schemas.product import Product, Variant

KIND: Final = ChannelKind("emarket")
PART_KEYS: Final[Mapping[Part, tuple[str, ...]]] = {
    Part.TEXT: ("title", "description"),
    Part.PRICE: ("prices",),
    Part.STOCK: ("available",),
    Part.PICTURES: ("pictures",),
    Part.DETAILS: ("sku", "category", "brand", "tags", "facts", "options", "variants"),
}


def render(
    product: Product,
    offers: Mapping[Sku, Offer],
    marker: Marker,
    loaded: LoadedMarket,
    templates: Templates,
) -> Rendition:
    """Make the payload of one product for one market.

    Shape: ``body`` holds the keys of ``PART_KEYS``; prices and stock are mappings by SKU. ``held`` (units of this account's
    orders that we know of, by SKU) stands beside them and in no part: it is wanted of nobody, and helps to read the market.
    Units: satang, grams, millimetres and free-to-sell units.
    """
    body = {
        **_text(product, marker, loaded, templates),
        **_offers(product, offers, loaded),
        **_details(product, loaded),
        "pictures": _pictures(product, loaded),
    }
    return Rendition(
        channel=KIND,
        marker=marker,
        body=body,
        parts={part: fingerprint({key: body[key] for key in keys}) for part, keys in PART_KEYS.items()},
        pictures=tuple(body["pictures"]),
        notes=tuple(_notes(product, offers, loaded, body)),
    )


def _text(product: Product, marker: Marker, loaded: LoadedMarket, templates: Templates) -> dict[str, str]:
    market = loaded.market
    refused = dict.fromkeys(map(ord, market.title.refused), " ")
    title = cut(" ".join(product.name.translate(refused).split()), market.title.max, market.title.unit)

    def text(description: str) -> str:
        return templates.render(
            "emarket/description.txt.j2",
            product=product,
            description=description,
            marker=marker,
            name_was_cut=title.endswith("…") and title != product.name,
            fda_numbers=list(dict.fromkeys(v.fda_no for v in product.variants if v.fda_no)),
        )

    source = plain(product.description, product.description_format)
    return {"title": title, "description": fit(text, source, text_limit(market, market.description))}


def _offers(product: Product, offers: Mapping[Sku, Offer], loaded: LoadedMarket) -> dict[str, Any]:
    most = loaded.market.stock_max
    return {
        "prices": {sku: _price(offers[sku]) for sku in product.skus},
        "available": {
            sku: offers[sku].available if most is None else min(most, offers[sku].available)
            for sku in product.skus
        },
        "held": {sku: offers[sku].held for sku in product.skus if offers[sku].held},
    }


def _price(offer: Offer) -> dict[str, int | None]:
    was = offer.compare_at
    is_reduced = was is not None and offer.price < was
    return {"price": offer.price.satang, "compare_at": was.satang if was is not None and is_reduced else None}


def _details(product: Product, loaded: LoadedMarket) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "category": loaded.categories.get(product.category_code),
        "brand": product.producer.group,
        "tags": list(product.tags),
        "facts": _facts(product),
        "options": [
            {"name": name, "values": list(dict.fromkeys(v.options[level] for v in product.variants))}
            for level, name in enumerate(product.options)
        ],
        "variants": [_variant(variant) for variant in product.variants],
    }


def _facts(product: Product) -> dict[str, Any]:
    origin = product.origin
    return {
        "province": origin.province,
        "amphoe": origin.amphoe,
        "tambon": origin.tambon,
        "postal_code": origin.postal_code,
        "producer": product.producer.group,
        "otop": product.otop_category.value,
        "otop_star": product.claims.otop_star,
        "tcps_no": product.claims.tcps_no,
        "certifications": [mark.value for mark in product.claims.certifications],
        "shelf_life_days": product.shelf_life_days,
        "lead_time_days": product.lead_time_days,
    }


def _variant(variant: Variant) -> dict[str, Any]:
    parcel = variant.parcel
    return {
        "sku": variant.sku,
        "option_values": list(variant.options),
        "weight_g": variant.weight_g,
        "parcel_mm": None if parcel is None else [parcel.length_mm, parcel.width_mm, parcel.height_mm],
        "gtin": None if variant.gtin is None or _is_in_store(variant.gtin) else variant.gtin,
        "fda_no": variant.fda_no,
    }


def _is_in_store(gtin: str) -> bool:
    """Say whether a number is from the range for use inside one shop; it must not be sent out.

    Source: docs/channels/emarkets.md section 7.2 (uncertain, so the careful reading).
    """
    return gtin[0] in "02" if len(gtin) == len("12345678") else gtin.zfill(14)[1] == "2"


def _pictures(product: Product, loaded: LoadedMarket) -> list[PictureKey]:
    images = loaded.market.images
    spec = picture_spec(images)
    return [spec.key_for(source) for source in product.pictures()][: images.count_max]


def _notes(
    product: Product, offers: Mapping[Sku, Offer], loaded: LoadedMarket, body: Mapping[str, Any]
) -> list[str]:
    market, notes = loaded.market, []
    if body["title"] != product.name:
        notes.append(f"ปรับชื่อสินค้าให้เข้ากับ{market.label_th} (ไม่เกิน {market.title.max} ตัว)")
    if any(body["available"][sku] != offers[sku].available for sku in product.skus):
        notes.append(f"{market.label_th}แสดงสต็อกได้ไม่เกิน {market.stock_max:,} ชิ้น สต็อกจริงของคุณไม่เปลี่ยน")
    left_out = len(list(product.pictures())) - len(body["pictures"])
    if left_out > 0:
        notes.append(f"{market.label_th}รับรูปได้ {market.images.count_max} รูป จึงไม่ได้ส่งอีก {left_out} รูป")
    return notes
