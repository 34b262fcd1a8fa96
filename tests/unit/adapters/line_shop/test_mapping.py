from typing import Any

import pytest

from adapters.line_shop import limits, wire
from adapters.line_shop.account import LineShopSettings
from adapters.line_shop.mapping import render
from adapters.line_shop.rules import problems_of
from adapters.templates import JinjaTemplates
from schemas.channel import Part
from schemas.listing import Offer, Rendition
from schemas.money import Money
from schemas.product import DescriptionFormat, Media, Product
from tests.support.factories import make_marker, make_offers, make_product, make_variant, sha

SETTINGS = LineShopSettings(categories={"food.snack.dried_fruit": 102})
TEMPLATES = JinjaTemplates()


def rendered(
    product: Product | None = None, available: Any = 10, settings: LineShopSettings = SETTINGS
) -> Rendition:
    product = product or make_product()
    return render(product, make_offers(product, available), make_marker(product), settings, TEMPLATES)


def codes(product: Product, settings: LineShopSettings = SETTINGS) -> list[str]:
    return [problem.code for problem in problems_of(rendered(product, settings=settings), product, settings)]


def with_pictures(number: int, **changes: Any) -> Product:
    media = tuple(Media(source=f"{n}.jpg", sha256=sha(f"{n:064x}")) for n in range(number))
    return make_product(media=media, variants=(make_variant(media=media[:1]),), **changes)


def url(key: str) -> str:
    return f"https://media.example.test/{key}"


def test_the_same_input_gives_the_same_fingerprints() -> None:
    assert rendered() == rendered()


@pytest.mark.parametrize(
    ("product", "available", "part"),
    [
        (make_product(name="ชื่ออื่น"), 10, Part.TEXT),
        (make_product(variants=(make_variant(price=Money(4600)),)), 10, Part.PRICE),
        (make_product(), 9, Part.STOCK),
        (with_pictures(2), 10, Part.PICTURES),
        (make_product(variants=(make_variant(weight_g=140),)), 10, Part.DETAILS),
    ],
)
def test_a_change_touches_its_own_part_only(product: Product, available: int, part: Part) -> None:
    before, after = rendered().parts, rendered(product, available).parts

    assert {name for name in Part if before[name] != after[name]} == {part}


def test_the_marker_is_the_last_line_and_the_code() -> None:
    body = rendered().body
    assert body["description"].endswith("\nรหัส SY7K3M2Q9")
    assert body["code"] == "UTT-BNB-100"


def test_a_long_description_gives_way_and_everything_else_stays() -> None:
    product = make_product(description="กล้วยอบเนยหอมหวาน " * 1000)

    description = rendered(product).body["description"]

    assert len(description) <= limits.MAX_DESCRIPTION.value
    assert len(description) > limits.MAX_DESCRIPTION.value - 40
    assert "ที่มา: ต.คุ้งตะเภา อ.เมืองอุตรดิตถ์ จ.อุตรดิตถ์" in description
    assert description.endswith("รหัส SY7K3M2Q9")


def test_bangkok_has_khwaeng_and_khet() -> None:
    origin = make_product().origin.model_copy(
        update={"province": "กรุงเทพมหานคร", "amphoe": "บางรัก", "tambon": "สีลม"}
    )
    assert "ที่มา: แขวงสีลม เขตบางรัก กรุงเทพมหานคร" in rendered(make_product(origin=origin)).body["description"]


def test_a_name_that_is_too_long_is_cut_and_stands_whole_in_the_description() -> None:
    product = make_product(name="กล้วยอบเนย" * 30)

    rendition = rendered(product)

    assert len(rendition.body["name"]) <= limits.MAX_NAME.value
    assert rendition.body["description"].startswith(product.name)
    assert any("ย่อชื่อ" in note for note in rendition.notes)


def test_the_numbers_of_the_goods_are_licences() -> None:
    product = make_product(variants=(make_variant(fda_no="99-2-00167-2-0001"),))
    assert rendered(product).body["licenses"] == {"fda": "99-2-00167-2-0001", "tisi": "มผช.9001/2599"}


def test_stock_above_the_limit_is_capped_with_a_note() -> None:
    at_limit, above = rendered(available=99_999), rendered(available=120_000)
    assert at_limit.body["available"] == above.body["available"] == {"UTT-BNB-100": 99_999}
    assert at_limit.notes == ()
    assert len(above.notes) == 1


def test_seven_pictures_go_and_an_eighth_stays_with_a_note() -> None:
    assert rendered(with_pictures(7)).notes == ()
    rendition = rendered(with_pictures(8))
    assert len(rendition.body["pictures"]) == 7
    assert any("อีก 1 รูป" in note for note in rendition.notes)


def test_every_needed_picture_is_waited_for_once() -> None:
    variants = (
        make_variant("A", options=("ก",), media=(Media(source="a.jpg", sha256=sha("a")),)),
        make_variant("B", options=("ข",), media=(Media(source="b.jpg", sha256=sha("b")),)),
    )
    rendition = rendered(make_product("P", options=("สี",), variants=variants))
    assert len(rendition.pictures) == len(set(rendition.pictures)) == 2


@pytest.mark.parametrize(
    ("prices", "discount", "sent"),
    [
        ([(4500, None), (10000, None)], 0, [4500, 10000]),
        ([(4000, 4500), (9500, 10000)], 500, [4500, 10000]),
        ([(4000, 4500), (9000, 10000)], 0, [4000, 9000]),
        ([(4000, 4500), (9000, None)], 0, [4000, 9000]),
        ([(4500, 4500)], 0, [4500]),
    ],
)
def test_only_an_equal_reduction_becomes_the_discount(
    prices: list[tuple[int, int | None]], discount: int, sent: list[int]
) -> None:
    variants = tuple(make_variant(f"V{n}", options=(str(n),)) for n in range(len(prices)))
    product = make_product("P", options=("ขนาด",), variants=variants)
    offers = {
        v.sku: Offer(sku=v.sku, price=Money(now), compare_at=None if was is None else Money(was), available=1)
        for v, (now, was) in zip(variants, prices, strict=True)
    }

    body = render(product, offers, make_marker(product), SETTINGS, TEMPLATES).body

    assert body["instant_discount_satang"] == discount
    assert list(body["prices_satang"].values()) == sent


def test_goods_that_fit_have_no_problem() -> None:
    assert codes(make_product()) == []


def test_a_category_without_a_number_is_told() -> None:
    assert codes(make_product(category_code="decor.plant")) == ["category_unmapped"]


@pytest.mark.parametrize(("levels", "expected"), [(2, []), (3, ["too_many_option_levels"])])
def test_two_option_levels_fit_and_a_third_is_told(levels: int, expected: list[str]) -> None:
    names = ("สี", "ขนาด", "แบบ")[:levels]
    variant = make_variant(options=tuple(f"ค่า{n}" for n in range(levels)))
    assert codes(make_product(options=names, variants=(variant,))) == expected


@pytest.mark.parametrize(
    ("satang", "expected"),
    [(100, []), (99, ["price_out_of_range"]), (9_999_999_800, []), (9_999_999_801, ["price_out_of_range"])],
)
def test_the_price_lies_between_line_s_bounds(satang: int, expected: list[str]) -> None:
    assert codes(make_product(variants=(make_variant(price=Money(satang)),))) == expected


@pytest.mark.parametrize(("grams", "expected"), [(999_990, []), (999_991, ["weight_out_of_range"])])
def test_the_weight_lies_below_line_s_bound(grams: int, expected: list[str]) -> None:
    assert codes(make_product(variants=(make_variant(weight_g=grams),))) == expected


def test_no_picture_at_all_is_told_but_one_that_is_being_made_is_waited_for() -> None:
    none = make_product(media=(), variants=(make_variant(media=()),))
    waiting = Media(source="later.jpg")
    assert codes(none) == ["picture_missing"]
    assert codes(make_product(media=(waiting,), variants=(make_variant(media=(waiting,)),))) == []


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [("name", "ก" * 121, "name_too_long"), ("description", "ก" * 5001, "description_too_long")],
)
def test_texts_beyond_the_limit_are_told(name: str, text: str, code: str) -> None:
    rendition = rendered()
    body = {**rendition.body, name: text}
    too_long = Rendition(channel=rendition.channel, marker=rendition.marker, body=body, parts=rendition.parts)
    fits = Rendition(
        channel=rendition.channel,
        marker=rendition.marker,
        body={**body, name: text[:-1]},
        parts=rendition.parts,
    )

    assert [p.code for p in problems_of(too_long, make_product(), SETTINGS)] == [code]
    assert problems_of(fits, make_product(), SETTINGS) == []


def test_all_problems_come_at_once_in_both_languages() -> None:
    product = make_product(
        category_code="decor.plant",
        media=(),
        variants=(make_variant(media=(), price=Money(1), weight_g=1_000_000),),
    )
    problems = problems_of(rendered(product), product, SETTINGS)
    assert len(problems) == 4
    assert all(p.th != p.en and any("\u0e00" < letter < "\u0e7f" for letter in p.th) for p in problems)


@pytest.mark.parametrize(
    ("grams", "kilograms"), [(1, 0.01), (10, 0.01), (11, 0.02), (130, 0.13), (135, 0.14), (999_990, 999.99)]
)
def test_weight_is_rounded_up_to_ten_grams(grams: int, kilograms: float) -> None:
    assert wire.kilograms(grams) == kilograms


@pytest.mark.parametrize(("satang", "baht"), [(4500, 45), (4525, 45.25), (100, 1), (1999, 19.99)])
def test_baht_are_numbers_with_two_decimals_and_come_back(satang: int, baht: float) -> None:
    assert wire.baht(satang) == baht
    assert wire.satang(wire.baht(satang)) == satang


def test_html_shows_what_the_seller_wrote_and_runs_nothing() -> None:
    assert wire.html("ก <b> & ข\nค\n\nง") == "<p>ก &lt;b&gt; &amp; ข<br>ค</p><p>ง</p>"


def test_seller_html_becomes_paragraphs_without_its_tags() -> None:
    product = make_product(
        description="<p>หอม</p><ul><li>หวาน</li></ul>", description_format=DescriptionFormat.HTML
    )
    description = wire.create_request(rendered(product).body, url)["description"]
    assert "หอม" in description
    assert "<li>" not in description


def test_a_zero_stock_is_created_as_one_and_options_are_indexes() -> None:
    variants = (
        make_variant("A-S", options=("แดง", "S")),
        make_variant("A-M", options=("แดง", "M"), gtin="2000000001012"),
        make_variant("B-M", options=("ดำ", "M")),
    )
    product = make_product("AB", options=("สี", "ไซซ์"), variants=variants)

    request = wire.create_request(rendered(product, 0).body, url)

    assert [variant["options"] for variant in request["variants"]] == [[0, 0], [0, 1], [1, 1]]
    assert [variant["onHandNumber"] for variant in request["variants"]] == [1, 1, 1]
    assert request["variants"][1]["barcode"] == "2000000001012"
    assert request["variantOptions"]["option1"]["data"][0]["imageUrl"].startswith(
        "https://media.example.test/"
    )
    assert request["variantOptions"]["option2"] == {"name": "ไซซ์", "data": [{"value": "S"}, {"value": "M"}]}


def test_an_unknown_account_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="categoris"):
        LineShopSettings.model_validate({"categoris": {}})
