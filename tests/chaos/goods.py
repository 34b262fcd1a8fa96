"""The goods of the sellers, and how they change. A code in the name makes each product countable on every channel."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from schemas.ids import Sha256, Sku
from schemas.money import Money
from schemas.product import (
    Claims,
    Media,
    Origin,
    OtopCategory,
    Producer,
    ProducerType,
    Product,
    Status,
    Variant,
)

WORDS = ("กรอบนอกนุ่มใน", "หอมกลิ่นควันฟืน", "ทำสดทุกวัน", "สูตรของคุณยาย", "ทอมือทีละผืน", "ไม่ใส่สีไม่ใส่สารกันเสีย")


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One product as its seller last wished it.

    ``units`` is its stock; ``text`` counts the wordings, so that each is another one.
    """

    sku: Sku
    price_satang: int
    units: int
    text: int
    pictures: tuple[Sha256, ...]
    is_hidden: bool = False

    @property
    def product(self) -> Product:
        """The canonical product."""
        media = tuple(Media(source=f"{sha[:8]}.jpg", sha256=sha) for sha in self.pictures)
        variant = Variant(sku=self.sku, price=Money(self.price_satang), weight_g=150, media=media)
        return Product(
            sku=self.sku,
            name=f"ของดีบ้านเรา {self.sku}",
            description=f"{WORDS[self.text % len(WORDS)]} รุ่นที่ {self.text + 1}",
            otop_category=OtopCategory.FOOD,
            category_code="food.snack.dried_fruit",
            variants=(variant,),
            origin=Origin(
                province="อุตรดิตถ์",
                amphoe="เมืองอุตรดิตถ์",
                tambon="คุ้งตะเภา",
                tambon_code="530105",
                postal_code="53000",
            ),
            producer=Producer(group="กลุ่มแม่บ้าน (สมมติ)", type=ProducerType.COMMUNITY_ENTERPRISE),
            claims=Claims(),
            shelf_life_days=90,
            lead_time_days=2,
            vat_rate=0,
            available_from=date(2025, 1, 15),
            status=Status.HIDDEN if self.is_hidden else Status.ACTIVE,
            media=media,
        )

    @property
    def stock(self) -> Mapping[Sku, int]:
        """The units of its one variant."""
        return {self.sku: self.units}


def first_goods(seller: int, count: int, shas: Sequence[Sha256], rng: random.Random) -> list[Good]:
    """Return what a seller begins with."""
    return [
        Good(
            sku=Sku(f"C{seller}-{number:04}"),
            price_satang=rng.randrange(20, 900) * 100,
            units=rng.randrange(1, 60),
            text=rng.randrange(6),
            pictures=tuple(rng.sample(shas, rng.choice((1, 1, 2)))),
        )
        for number in range(1, count + 1)
    ]


def changed(good: Good, shas: Sequence[Sha256], rng: random.Random) -> Good:
    """Return the good with one change, as sellers make them: price and stock most, pictures least."""
    if good.is_hidden:
        return replace(good, is_hidden=False)
    match rng.choices(("price", "stock", "text", "pictures", "hide"), (36, 32, 14, 6, 12))[0]:
        case "price":
            return replace(good, price_satang=good.price_satang + rng.randrange(1, 30) * 100)
        case "stock":
            return replace(good, units=rng.choice([u for u in (0, 1, 5, 20, 40) if u != good.units]))
        case "text":
            return replace(good, text=good.text + 1)
        case "pictures":
            return replace(good, pictures=tuple(rng.sample([s for s in shas if s not in good.pictures], 1)))
        case _:
            return replace(good, is_hidden=True)
