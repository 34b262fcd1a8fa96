"""Which rules of the market file a rendition breaks. Pure; all problems at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.emarket.market import Market, TextLimit
from adapters.text import count
from schemas.listing import Rendition
from schemas.problem import Problem
from schemas.product import Product


def problems_of(rendition: Rendition, product: Product, market: Market) -> Sequence[Problem]:
    """Return every rule of the market that the rendition breaks."""
    body = rendition.body
    return [
        *_category(body, product, market),
        *_text("name_th", "ชื่อสินค้า", "name", body["title"], market.title),
        *_text("description_th", "รายละเอียดสินค้า", "description", body["description"], market.description),
        *_pictures(body, product, market),
        *_options(body, market),
        *_prices(body, market),
        *_parcels(body, market),
    ]


def _category(body: Mapping[str, Any], product: Product, market: Market) -> Iterator[Problem]:
    if body["category"] is None:
        yield Problem(
            path="category_code",
            code="category_unmapped",
            th=f"ยังไม่ได้จับคู่หมวดหมู่ “{product.category_code}” กับหมวดหมู่ของ{market.label_th} กรุณาแจ้งผู้ดูแลระบบให้เพิ่ม",
            en=f"Category {product.category_code!r} has no counterpart in {market.categories}; ask the operator to add it.",
        )


def _text(path: str, label_th: str, label_en: str, text: str, limit: TextLimit) -> Iterator[Problem]:
    length = count(text, limit.unit)
    if length > limit.max or length < limit.min:
        yield Problem(
            path=path,
            code="text_length",
            th=f"{label_th}ต้องยาว {limit.min} ถึง {limit.max:,} ตัว ตอนนี้ยาว {length:,} ตัว กรุณาแก้ข้อความ",
            en=f"The {label_en} must be {limit.min} to {limit.max:,} {limit.unit.value} long, it is {length:,}; change it.",
        )
    refused = sorted(set(text) & set(limit.refused))
    if refused:
        yield Problem(
            path=path,
            code="text_characters",
            th=f"{label_th}มีอักขระที่ตลาดนี้ไม่รับ: {' '.join(refused)} กรุณาลบออก",
            en=f"The {label_en} has characters this market refuses: {' '.join(refused)}; remove them.",
        )


def _pictures(body: Mapping[str, Any], product: Product, market: Market) -> Iterator[Problem]:
    images, number = market.images, len(body["pictures"])
    # Pictures that are known but not yet sized are no fault of the seller: the publish waits for them.
    is_waiting = not number and bool(product.media)
    if (number < images.count_min and not is_waiting) or number > images.count_max:
        yield Problem(
            path="image_files",
            code="picture_count",
            th=f"{market.label_th}ต้องการรูป {images.count_min} ถึง {images.count_max} รูป ตอนนี้มี {number} รูป กรุณาเพิ่มหรือลดรูป",
            en=f"This market wants {images.count_min} to {images.count_max} pictures, there are {number}.",
        )


def _options(body: Mapping[str, Any], market: Market) -> Iterator[Problem]:
    limits, options = market.variants, body["options"]
    if limits.tiers_max is not None and len(options) > limits.tiers_max:
        yield Problem(
            path="options",
            code="too_many_option_levels",
            th=f"{market.label_th}รับตัวเลือกสินค้าได้ {limits.tiers_max} ชั้น สินค้านี้มี {len(options)} ชั้น กรุณารวมตัวเลือกหรือแยกสินค้า",
            en=f"This market takes {limits.tiers_max} option levels, the product has {len(options)}.",
        )
    if limits.models_max is not None and len(body["variants"]) > limits.models_max:
        yield Problem(
            path="variants",
            code="too_many_variants",
            th=f"{market.label_th}รับได้ {limits.models_max} ตัวเลือกต่อสินค้า กรุณาแยกเป็นหลายสินค้า",
            en=f"This market takes {limits.models_max} variants of a product; split it.",
        )
    for level, option in enumerate(options, start=1):
        yield from _too_long(f"option{level}_name", [option["name"]], limits.option_name_max, market)
        yield from _too_long(f"option{level}_value", option["values"], limits.option_value_max, market)


def _too_long(path: str, texts: Sequence[str], most: int | None, market: Market) -> Iterator[Problem]:
    for text in texts:
        if most is not None and len(text) > most:
            yield Problem(
                path=path,
                code="option_too_long",
                th=f"“{text}” ยาว {len(text)} ตัว {market.label_th}รับไม่เกิน {most} ตัว กรุณาย่อ",
                en=f"{text!r} is {len(text)} characters long, this market takes {most}; shorten it.",
            )


def _prices(body: Mapping[str, Any], market: Market) -> Iterator[Problem]:
    prices = [price["price"] for price in body["prices"].values()]
    if min(prices) <= 0:
        yield Problem(
            path="price_thb",
            code="price_out_of_range",
            th="ราคาต้องมากกว่า 0 บาท กรุณาใส่ราคา",
            en="The price must be above 0 baht.",
        )
        return
    below = market.variants.price_spread_below
    if below is not None and max(prices) >= below * min(prices):
        yield Problem(
            path="price_thb",
            code="price_spread",
            th=f"ราคาของตัวเลือกที่แพงสุดต้องไม่ถึง {below:g} เท่าของตัวเลือกที่ถูกสุด กรุณาแยกเป็นหลายสินค้า",
            en=f"The dearest variant must cost less than {below:g} times the cheapest; split the product.",
        )


def _parcels(body: Mapping[str, Any], market: Market) -> Iterator[Problem]:
    limits = market.parcel
    for variant in body["variants"]:
        sku = variant["sku"]
        if limits.weight_max_g is not None and variant["weight_g"] > limits.weight_max_g:
            yield Problem(
                path=f"variants[{sku}].weight_g",
                code="parcel_too_heavy",
                th=f"พัสดุของ {sku} หนักเกิน {limits.weight_max_g / 1000:g} กิโลกรัม {market.label_th}ไม่รับ กรุณาแบ่งเป็นหลายกล่อง",
                en=f"The parcel of {sku} weighs more than {limits.weight_max_g / 1000:g} kg; split it.",
            )
        total_mm = sum(variant["parcel_mm"] or ())
        if limits.sum_max_cm is not None and total_mm > limits.sum_max_cm * 10:
            yield Problem(
                path=f"variants[{sku}].parcel",
                code="parcel_too_large",
                th=f"พัสดุของ {sku} กว้าง+ยาว+สูง รวมเกิน {limits.sum_max_cm} เซนติเมตร {market.label_th}ไม่รับ กรุณาใช้กล่องเล็กลงหรือแบ่งกล่อง",
                en=f"Length, width and height of the parcel of {sku} exceed {limits.sum_max_cm} cm together.",
            )
