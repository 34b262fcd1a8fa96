"""Which rules of MyShop a rendition breaks. Pure; all problems at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.line_shop import limits
from adapters.line_shop.account import LineShopSettings
from schemas.listing import Rendition
from schemas.problem import Problem
from schemas.product import Product


def problems_of(rendition: Rendition, product: Product, settings: LineShopSettings) -> Sequence[Problem]:
    """Return every rule the rendition breaks."""
    return [
        *_category(rendition.body, product),
        *_options(product),
        *_pictures(rendition.body, product),
        *_text(rendition.body, settings),
        *_prices(rendition.body),
        *_weights(rendition.body),
    ]


def _category(body: Mapping[str, Any], product: Product) -> Iterator[Problem]:
    if body["category_id"] is None:
        yield Problem(
            path="category_code",
            code="category_unmapped",
            th=f"ยังไม่ได้จับคู่หมวดหมู่ “{product.category_code}” กับหมวดหมู่ของ LINE กรุณาเพิ่มเลขหมวดหมู่ในการตั้งค่าร้าน LINE",
            en=f"Category {product.category_code!r} has no LINE category number; add it to the shop's settings.",
        )


def _options(product: Product) -> Iterator[Problem]:
    if len(product.options) > limits.OPTION_LEVELS.value:
        yield Problem(
            path="options",
            code="too_many_option_levels",
            th=f"LINE รับตัวเลือกสินค้าได้ {limits.OPTION_LEVELS.value} ชั้น สินค้านี้มี {len(product.options)} ชั้น กรุณารวมตัวเลือกหรือแยกเป็นหลายสินค้า",
            en=f"LINE takes {limits.OPTION_LEVELS.value} option levels, this product has {len(product.options)}; "
            "merge options or split the product.",
        )


def _pictures(body: Mapping[str, Any], product: Product) -> Iterator[Problem]:
    # Pictures that are known but not yet sized are no fault of the seller: the publish waits for them.
    if not body["pictures"] and not product.media:
        yield picture_missing()
    if len(body["pictures"]) > limits.MAX_PICTURES.value:
        yield Problem(
            path="image_files",
            code="too_many_pictures",
            th=f"LINE รับรูปได้ไม่เกิน {limits.MAX_PICTURES.value} รูป กรุณาเลือกรูปออกบ้าง",
            en=f"LINE takes at most {limits.MAX_PICTURES.value} pictures; remove some.",
        )


def picture_missing() -> Problem:
    """Say that LINE wants at least one picture."""
    return Problem(
        path="image_files",
        code="picture_missing",
        th="LINE ต้องมีรูปสินค้าอย่างน้อย 1 รูป กรุณาเพิ่มรูป",
        en="LINE wants at least one picture; add one.",
    )


def _text(body: Mapping[str, Any], settings: LineShopSettings) -> Iterator[Problem]:
    if len(body["name"]) > settings.name_max:
        yield Problem(
            path="name_th",
            code="name_too_long",
            th=f"ชื่อสินค้ายาวเกิน {settings.name_max} ตัวอักษร กรุณาย่อชื่อ",
            en=f"The name is longer than {settings.name_max} characters; shorten it.",
        )
    if len(body["description"]) > settings.description_max:
        yield Problem(
            path="description_th",
            code="description_too_long",
            th=f"รายละเอียดสินค้ายาวเกิน {settings.description_max:,} ตัวอักษร กรุณาย่อข้อความ",
            en=f"The description is longer than {settings.description_max:,} characters; shorten it.",
        )


def _prices(body: Mapping[str, Any]) -> Iterator[Problem]:
    for sku, satang in body["prices_satang"].items():
        sale = satang - body["instant_discount_satang"]
        if sale < limits.MIN_PRICE.value or satang > limits.MAX_PRICE.value:
            yield Problem(
                path=f"variants[{sku}].price",
                code="price_out_of_range",
                th=f"ราคาของ {sku} ต้องอยู่ระหว่าง 1 ถึง 99,999,998 บาท LINE จึงจะรับ",
                en=f"The price of {sku} must lie between 1 and 99,999,998 baht for LINE.",
            )


def _weights(body: Mapping[str, Any]) -> Iterator[Problem]:
    for variant in body["variants"]:
        if variant["weight_g"] > limits.MAX_WEIGHT.value:
            yield Problem(
                path=f"variants[{variant['sku']}].weight_g",
                code="weight_out_of_range",
                th=f"น้ำหนักของ {variant['sku']} เกิน 999.99 กิโลกรัม LINE ไม่รับ กรุณาตรวจน้ำหนัก",
                en=f"{variant['sku']} weighs more than the 999.99 kg LINE takes; check the weight.",
            )
