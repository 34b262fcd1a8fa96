"""Example goods: valid everywhere, Thai, with options, several pictures and prices that differ."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from schemas.ids import Sha256, Sku
from schemas.listing import Marker, Offer
from schemas.money import Money
from schemas.product import Claims, Media, Origin, OtopCategory, Producer, ProducerType, Product, Variant

TOKEN = "SY7K3M2Q9"  # noqa: S105 - a marker that buyers read, no secret
OTHER_TOKEN = "SY4W8NR5B"  # noqa: S105 - as above


def picture(name: str) -> Media:
    """Return a stored picture; another name, another picture."""
    return Media(source=f"{name}.jpg", sha256=Sha256(sha256(name.encode()).hexdigest()))


def variant(sku: str, *, price: int = 4_500, weight_g: int = 130, **changes: Any) -> Variant:
    """Return a sellable version; ``price`` is satang."""
    values: dict[str, Any] = {
        "sku": sku,
        "price": Money(price),
        "weight_g": weight_g,
        "media": (picture(sku),),
    }
    return Variant(**(values | changes))


def example_product(sku: str = "KIT-BNB", **changes: Any) -> Product:
    """Return a product of two sizes with a picture each; ``changes`` replace fields."""
    variants = changes.pop("variants", None) or (
        variant(f"{sku}-100", options=("100 กรัม",)),
        variant(f"{sku}-250", price=10_000, weight_g=300, options=("250 กรัม",)),
    )
    values: dict[str, Any] = {
        "sku": sku,
        "name": "กล้วยอบเนยบ้านสวนริมน่าน",
        "description": "กล้วยน้ำว้าสุกงอมหั่นแว่นบาง อบกับเนยสดจนกรอบนอกนุ่มใน หอมเนยไม่หวานจัด",
        "otop_category": OtopCategory.FOOD,
        "category_code": "food.snack.dried_fruit",
        "options": ("ขนาด",) if variants[0].options else (),
        "variants": variants,
        "origin": Origin(
            province="อุตรดิตถ์",
            amphoe="เมืองอุตรดิตถ์",
            tambon="คุ้งตะเภา",
            tambon_code="530105",
            postal_code="53000",
        ),
        "producer": Producer(group="กลุ่มกล้วยอบเนย (สมมติ)", type=ProducerType.COMMUNITY_ENTERPRISE),
        "claims": Claims(otop_star=4),
        "shelf_life_days": 90,
        "lead_time_days": 2,
        "vat_rate": 0,
        "available_from": date(2025, 1, 15),
        "media": tuple({m.source: m for v in variants for m in v.media}.values()),
    }
    return Product(**(values | changes))


def offers_for(product: Product, available: int | Mapping[Sku, int] = 10) -> dict[Sku, Offer]:
    """Offer every variant at its own price; ``available`` is units of each, or by SKU."""

    def units(sku: Sku) -> int:
        return available if isinstance(available, int) else available[sku]

    return {
        v.sku: Offer(sku=v.sku, price=v.price, compare_at=v.compare_at, available=units(v.sku))
        for v in product.variants
    }


def marker_for(product: Product, token: str = TOKEN) -> Marker:
    """Return the marker of one publication of the product."""
    return Marker(token=token, sku=product.sku, skus=product.skus)
