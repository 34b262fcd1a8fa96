from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import Transient
from adapters.limits import Grade, Limit, TextUnit
from adapters.meta_graph.paging import PAGES_AT_MOST, carries, entries_since
from adapters.meta_graph.wording import (
    fit,
    length,
    offer_fingerprints,
    origin_line,
    text_fingerprint,
    wording,
)
from adapters.templates import JinjaTemplates
from schemas.channel import Part
from schemas.listing import Offer
from schemas.money import Money
from schemas.product import Certification, Claims, DescriptionFormat, Origin, Product
from tests.support.factories import NOON, make_marker, make_offers, make_product, make_variant

TEMPLATES = JinjaTemplates()
TEMPLATE = "facebook_page/post.th.j2"
ROOMY = Limit(63_206, TextUnit.UTF16_UNITS, source="test", read="2026-11-22", grade=Grade.ASSUMED)


def sized(value: int) -> Limit:
    return replace(ROOMY, value=value)


def three_sizes(**changes: object) -> Product:
    variants = tuple(
        make_variant(f"UTT-BNB-{size}", options=(f"{size} กรัม",), price=Money(price))
        for size, price in ((100, 4500), (250, 10000), (500, 18550))
    )
    return make_product("UTT-BNB", options=("ขนาด",), variants=variants, **changes)


def text_of(product: Product, offers: dict[str, Offer] | None = None, limit: Limit = ROOMY) -> str:
    words = wording(product, offers or make_offers(product), make_marker(product), max_hashtags=30)
    return fit(words, TEMPLATES, TEMPLATE, limit).text


def test_a_post_says_everything_a_buyer_asks() -> None:
    product = three_sizes(
        claims=Claims(otop_star=4, tcps_no="มผช.9001/2599", certifications=(Certification.HALAL,))
    )

    text = text_of(product)

    assert text.startswith("กล้วยอบเนยบ้านสวนริมน่าน\nButter-baked banana chips\n\nกล้วยน้ำว้า")
    for said in (
        "ราคา ฿45–฿185.50",
        "• 100 กรัม ฿45",
        "• 500 กรัม ฿185.50",
        "เตรียมส่งภายใน 2 วัน",
        "ต.คุ้งตะเภา อ.เมืองอุตรดิตถ์ จ.อุตรดิตถ์",
        "กลุ่มกล้วยอบเนย (สมมติ)",
        "OTOP 4 ดาว",
        "มผช.9001/2599",
        "ฮาลาล",
        "เก็บได้นาน 90 วัน",
        "#กล้วยอบเนย #ของฝากอุตรดิตถ์",
    ):
        assert said in text
    assert text.endswith("\nรหัส SY7K3M2Q9")
    assert "\n\n\n" not in text


def test_what_a_product_does_not_have_is_not_said() -> None:
    product = make_product(name_en=None, claims=Claims(), shelf_life_days=None, tags=(), lead_time_days=0)

    text = text_of(product)

    for silent in ("None", "OTOP", "มผช", "อย.", "#", "เก็บได้", "•"):
        assert silent not in text
    assert "พร้อมส่ง" in text


def test_fda_serials_are_said_once_each() -> None:
    product = three_sizes()
    serials = ("10-1-00001-1-0001", "10-1-00001-1-0001", "10-1-00001-1-0002")
    variants = tuple(
        v.model_copy(update={"fda_no": s}) for v, s in zip(product.variants, serials, strict=True)
    )

    text = text_of(product.model_copy(update={"variants": variants}))

    assert text.count("อย. 10-1-00001-1-0001") == 1
    assert text.count("อย. 10-1-00001-1-0002") == 1


def test_sold_out_is_said_for_one_variant_and_for_all() -> None:
    product = three_sizes()
    some = make_offers(product, {"UTT-BNB-100": 0, "UTT-BNB-250": 3, "UTT-BNB-500": 1})

    assert "• 100 กรัม ฿45 (หมด)\n• 250 กรัม ฿100\n" in text_of(product, some)
    assert "สินค้าหมดชั่วคราว" not in text_of(product, some)
    assert "สินค้าหมดชั่วคราว" in text_of(product, make_offers(product, 0))


def test_a_reduced_price_shows_what_it_was() -> None:
    product = make_product(variants=(make_variant(compare_at=Money(5000)),))

    assert "ราคา ฿45 (จาก ฿50)" in text_of(product)


def test_a_list_price_that_is_not_higher_is_not_shown() -> None:
    product = make_product(variants=(make_variant(compare_at=Money(4500)),))

    assert "จาก ฿" not in text_of(product)


@pytest.mark.parametrize(("amphoe", "tambon"), [("บางรัก", "สีลม"), ("เขตบางรัก", "แขวงสีลม")])
def test_bangkok_has_khwaeng_and_khet(amphoe: str, tambon: str) -> None:
    origin = Origin(
        province="กรุงเทพมหานคร", amphoe=amphoe, tambon=tambon, tambon_code="100402", postal_code="10500"
    )

    assert origin_line(make_product(origin=origin)) == "แขวงสีลม เขตบางรัก กรุงเทพมหานคร"


def test_html_descriptions_arrive_as_plain_text() -> None:
    product = make_product(description="<p>หวาน &amp; กรอบ</p>", description_format=DescriptionFormat.HTML)

    assert "หวาน & กรอบ" in text_of(product)
    assert "<p>" not in text_of(product)


def test_the_same_product_gives_the_same_text() -> None:
    assert text_of(three_sizes()) == text_of(three_sizes())


@pytest.mark.parametrize("limit", [500, 600, 800, 1_500])
def test_a_long_description_is_cut_and_the_rest_survives(limit: int) -> None:
    product = three_sizes(description="หอมเนยหวานกรอบอร่อย " * 300)

    text = text_of(product, limit=sized(limit))

    assert length(text, sized(limit)) <= limit
    assert length(text, sized(limit)) > limit - 40
    assert "ราคา ฿45–฿185.50" in text
    assert "…" in text
    assert text.endswith("#กล้วยอบเนย #ของฝากอุตรดิตถ์\nรหัส SY7K3M2Q9")


def test_a_text_that_just_fits_is_left_alone_and_one_more_is_cut() -> None:
    product = three_sizes()
    words = wording(product, make_offers(product), make_marker(product), max_hashtags=30)
    size = length(words.rendered(TEMPLATES, TEMPLATE), ROOMY)

    assert not fit(words, TEMPLATES, TEMPLATE, sized(size)).is_shortened
    shorter = fit(words, TEMPLATES, TEMPLATE, sized(size - 1))
    assert shorter.is_shortened
    assert length(shorter.text, ROOMY) <= size - 1


def test_very_many_variants_give_way_to_their_price_range() -> None:
    variants = tuple(make_variant(f"V{n}", options=(f"ลายผ้าทอมือแบบที่ {n}",)) for n in range(100))
    product = make_product("V", options=("ลาย",), variants=variants)
    offers = make_offers(product, {v.sku: 0 if v.sku == "V1" else 5 for v in variants})

    text = text_of(product, offers, sized(2_200))

    assert length(text, sized(2_200)) <= 2_200
    assert "•" not in text
    assert "ราคา ฿45" in text
    assert "บางแบบหมดชั่วคราว" in text
    assert "หอมเนยไม่หวานจัด" in text


THAI = st.text(alphabet="กขคงจเแโใไะาิีุูัำ่้๊์ .\n#@a1🍌", max_size=3_000)


@given(description=THAI, limit=st.integers(600, 2_200))
def test_whatever_the_description_price_and_marker_survive_within_the_limit(
    description: str, limit: int
) -> None:
    text = text_of(three_sizes(description=description), limit=sized(limit))

    assert length(text, sized(limit)) <= limit
    assert "ราคา ฿45–฿185.50" in text
    assert text.endswith("\nรหัส SY7K3M2Q9")


def test_hashtags_written_in_the_description_count() -> None:
    product = make_product(description="#หนึ่ง #สอง ของดี", tags=tuple(f"แท็ก{n}" for n in range(40)))
    words = wording(product, make_offers(product), make_marker(product), max_hashtags=30)

    assert len(words.hashtags) == 28


def parts_of(product: Product, offers: dict[str, Offer]) -> dict[Part, str]:
    words = wording(product, offers, make_marker(product), max_hashtags=30)
    return {Part.TEXT: text_fingerprint(words, TEMPLATES, TEMPLATE), **offer_fingerprints(product, offers)}


def changed(product: Product, offers: dict[str, Offer]) -> set[Part]:
    before, after = parts_of(three_sizes(), make_offers(three_sizes())), parts_of(product, offers)
    return {part for part in before if before[part] != after[part]}


def test_each_part_changes_alone() -> None:
    product = three_sizes()
    dearer = make_offers(product)
    dearer["UTT-BNB-250"] = replace(dearer["UTT-BNB-250"], price=Money(11000))

    assert changed(product, make_offers(product)) == set()
    assert changed(product, dearer) == {Part.PRICE}
    assert changed(product, make_offers(product, {"UTT-BNB-100": 0, "UTT-BNB-250": 1, "UTT-BNB-500": 1})) == {
        Part.STOCK
    }
    assert changed(three_sizes(description="ใหม่"), make_offers(product)) == {Part.TEXT}


def test_selling_some_of_many_changes_nothing_a_buyer_sees() -> None:
    product = three_sizes()

    assert changed(product, make_offers(product, 3)) == set()


def test_a_renamed_variant_is_a_change_of_text() -> None:
    product = three_sizes()
    renamed = (product.variants[0].model_copy(update={"options": ("ถุงเล็ก",)}), *product.variants[1:])

    assert changed(product.model_copy(update={"variants": renamed}), make_offers(product)) == {Part.TEXT}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ของดี\nรหัส SY7K3M2Q9", True),
        ("รหัสSY7K3M2Q9จ้า", True),
        ("รหัส SY7K3M2Q90", False),
        ("XSY7K3M2Q9", False),
        ("sy7k3m2q9", False),
        ("", False),
        (None, False),
    ],
)
def test_a_marker_is_recognised_as_a_word_of_its_own(text: str | None, found: bool) -> None:
    assert carries(text, make_marker(make_product())) is found


def paged(pages: list[list[datetime]]) -> list[datetime]:
    def read(cursor: str | None) -> tuple[list[datetime], str | None]:
        number = int(cursor or 0)
        return pages[number], str(number + 1) if number + 1 < len(pages) else None

    return list(entries_since(read, lambda moment: moment, NOON))


def test_a_list_is_read_past_an_empty_page_and_out_of_order() -> None:
    old, new = NOON - timedelta(days=3), NOON + timedelta(seconds=5)

    assert paged([[], [old, new]]) == [new]
    assert paged([[old], [new], [old]]) == [new]


def test_a_list_is_not_read_on_once_two_pages_are_old() -> None:
    old = NOON - timedelta(days=3)

    assert paged([[old], [old], [NOON]]) == []


def test_the_channels_clock_may_run_two_minutes_behind() -> None:
    assert paged([[NOON - timedelta(seconds=119)]]) == [NOON - timedelta(seconds=119)]
    assert paged([[NOON - timedelta(seconds=121)]]) == []


def test_a_list_without_end_proves_nothing() -> None:
    with pytest.raises(Transient):
        paged([[datetime(2027, 1, 1, tzinfo=UTC)]] * (PAGES_AT_MOST + 1))
