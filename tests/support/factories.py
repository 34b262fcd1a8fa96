"""Plain functions that make valid things with defaults; a test names only what it is about."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.ids import PictureKey, Sha256, Sku
from schemas.listing import Marker, Offer
from schemas.money import Money
from schemas.product import Claims, Media, Origin, OtopCategory, Producer, ProducerType, Product, Variant
from syndicator.domain.stock_rule import Shown

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def free_units(units: Mapping[Sku, int]) -> dict[Sku, Shown]:
    """Return what an account without a rule shows of so many free units."""
    return {sku: Shown(units=free, available=free) for sku, free in units.items()}


class FixedClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


class DictPictures:
    """A picture host in memory."""

    def __init__(
        self, base_url: str = "https://media.example.test", files: dict[str, bytes] | None = None
    ) -> None:
        self.base_url = base_url
        self.files = files or {}

    def url(self, key: PictureKey) -> str:
        return f"{self.base_url}/{key}"

    def read(self, key: PictureKey) -> bytes:
        try:
            return self.files[key]
        except KeyError:
            raise FileNotFoundError(key) from None


def sha(letter: str = "a") -> Sha256:
    return Sha256((letter * 64)[:64])


def make_variant(sku: str = "UTT-BNB-100", **changes: Any) -> Variant:
    values: dict[str, Any] = {
        "sku": sku,
        "price": Money(4500),
        "weight_g": 130,
        "media": (Media(source=f"images/{sku.lower()}-1.jpg", sha256=sha("a")),),
    }
    return Variant(**(values | changes))


def make_product(sku: str = "UTT-BNB-100", **changes: Any) -> Product:
    variants = changes.pop("variants", None) or (make_variant(sku),)
    values: dict[str, Any] = {
        "sku": sku,
        "name": "กล้วยอบเนยบ้านสวนริมน่าน",
        "name_en": "Butter-baked banana chips",
        "description": "กล้วยน้ำว้าสุกงอมหั่นแว่นบาง อบกับเนยสดจนกรอบนอกนุ่มใน หอมเนยไม่หวานจัด",
        "otop_category": OtopCategory.FOOD,
        "category_code": "food.snack.dried_fruit",
        "variants": variants,
        "origin": Origin(
            province="อุตรดิตถ์",
            amphoe="เมืองอุตรดิตถ์",
            tambon="คุ้งตะเภา",
            tambon_code="530105",
            postal_code="53000",
        ),
        "producer": Producer(group="กลุ่มกล้วยอบเนย (สมมติ)", type=ProducerType.COMMUNITY_ENTERPRISE),
        "claims": Claims(otop_star=4, tcps_no="มผช.9001/2599"),
        "shelf_life_days": 90,
        "lead_time_days": 2,
        "vat_rate": 0,
        "available_from": date(2025, 1, 15),
        "tags": ("กล้วยอบเนย", "ของฝากอุตรดิตถ์"),
        "media": tuple({m.source: m for v in variants for m in v.media}.values()),
    }
    return Product(**(values | changes))


def make_offers(product: Product, available: int | Mapping[str, int] = 10) -> dict[Sku, Offer]:
    def units(sku: Sku) -> int:
        return available if isinstance(available, int) else available[sku]

    return {
        v.sku: Offer(sku=v.sku, price=v.price, compare_at=v.compare_at, available=units(v.sku))
        for v in product.variants
    }


def make_marker(product: Product, token: str = "SY7K3M2Q9") -> Marker:
    return Marker(token=token, sku=product.sku, skus=product.skus)
