from dataclasses import replace
from typing import Any

import pytest

from adapters.emarket.limits import picture_spec
from adapters.emarket.loading import LoadedMarket, load_market
from adapters.emarket.mapping import render
from adapters.emarket.market import Images
from adapters.emarket.payloads import price_rows, product_payload, stock_row
from adapters.emarket.rules import problems_of
from adapters.limits import TextUnit
from adapters.settings import EmarketSettings
from adapters.templates import JinjaTemplates
from adapters.text import count
from schemas.channel import Part
from schemas.listing import Rendition
from schemas.media import PictureSpec
from schemas.money import Money
from schemas.product import Media, Parcel, Product
from tests.support.factories import make_marker, make_offers, make_product, make_variant, sha

LOADED = load_market(EmarketSettings(), "sandbox-emarket")
TEMPLATES = JinjaTemplates()
FIELDS = LOADED.fields.api
assert FIELDS is not None


def rendered(product: Product | None = None, available: Any = 10, loaded: LoadedMarket = LOADED) -> Rendition:
    product = product or make_product()
    return render(product, make_offers(product, available), make_marker(product), loaded, TEMPLATES)


def codes(product: Product) -> list[str]:
    return [problem.code for problem in problems_of(rendered(product), product, LOADED.market)]


def of_prices(*satang: int) -> Product:
    variants = tuple(
        make_variant(f"V{n}", options=(f"{n}",), price=Money(price)) for n, price in enumerate(satang)
    )
    return make_product("P", options=("ขนาด",), variants=variants)


def with_title_unit(unit: TextUnit, most: int) -> LoadedMarket:
    title = LOADED.market.title.model_copy(update={"unit": unit, "max": most})
    return replace(LOADED, market=LOADED.market.model_copy(update={"title": title}))


def test_the_same_input_gives_the_same_fingerprints() -> None:
    assert rendered() == rendered()


@pytest.mark.parametrize(
    ("product", "available", "part"),
    [
        (make_product(name="ชื่ออื่นที่ยาวพอ"), 10, Part.TEXT),
        (make_product(variants=(make_variant(price=Money(4600)),)), 10, Part.PRICE),
        (make_product(), 9, Part.STOCK),
        (make_product(media=(Media(source="x", sha256=sha("b")),)), 10, Part.PICTURES),
        (make_product(variants=(make_variant(weight_g=140),)), 10, Part.DETAILS),
    ],
)
def test_a_change_touches_its_own_part_only(product: Product, available: int, part: Part) -> None:
    before, after = rendered().parts, rendered(product, available).parts
    assert {name for name in Part if before[name] != after[name]} == {part}


@pytest.mark.parametrize("unit", list(TextUnit))
def test_the_title_is_cut_in_the_market_s_own_unit(unit: TextUnit) -> None:
    title = rendered(make_product(name="กล้วยอบเนย" * 40), loaded=with_title_unit(unit, 85)).body["title"]
    assert count(title, unit) <= 85
    assert title.endswith("…")


def test_the_whole_name_leads_the_description_when_the_title_is_cut() -> None:
    product = make_product(name="กล้วยอบเนย" * 40)
    rendition = rendered(product)
    assert rendition.body["description"].startswith(product.name)
    assert rendition.notes


def test_a_long_description_keeps_origin_and_marker() -> None:
    description = rendered(make_product(description="หอมเนย " * 2000)).body["description"]
    assert len(description) <= 3000
    assert "จ.อุตรดิตถ์" in description
    assert description.endswith("รหัส SY7K3M2Q9")


def test_characters_the_market_refuses_in_a_title_become_spaces() -> None:
    title = LOADED.market.title.model_copy(update={"refused": '"<>'})
    loaded = replace(LOADED, market=LOADED.market.model_copy(update={"title": title}))
    assert rendered(make_product(name='กล้วย "อบเนย" <ใหม่>'), loaded=loaded).body["title"] == "กล้วย อบเนย ใหม่"


def test_numbers_for_use_inside_a_shop_are_not_sent_as_barcodes() -> None:
    inside = make_product(variants=(make_variant(gtin="2000000001012"),))
    real = make_product(variants=(make_variant(gtin="8850000000017"),))
    assert rendered(inside).body["variants"][0]["gtin"] is None
    assert rendered(real).body["variants"][0]["gtin"] == "8850000000017"


def test_stock_is_capped_at_what_the_market_shows() -> None:
    market = LOADED.market.model_copy(update={"stock_max": 100})
    capped = rendered(available=101, loaded=replace(LOADED, market=market))
    assert capped.body["available"] == {"UTT-BNB-100": 100}
    assert capped.notes


def test_units_of_known_orders_stand_in_no_part() -> None:
    product = make_product()
    offers = {sku: replace(offer, held=3) for sku, offer in make_offers(product, 10).items()}
    marker = make_marker(product)

    with_orders = render(product, offers, marker, LOADED, TEMPLATES)

    assert with_orders.body["held"] == {"UTT-BNB-100": 3}
    assert with_orders.parts == rendered().parts


def test_the_shared_square_is_used_where_the_market_allows_it() -> None:
    shared = PictureSpec(
        max_width=1080,
        max_height=1080,
        min_width=1080,
        min_height=1080,
        ratio_min=1.0,
        ratio_max=1.0,
        max_bytes=900_000,
        quality=85,
    )
    images = LOADED.market.images
    assert picture_spec(images) == shared
    smaller: Images = images.model_copy(update={"px_max": 800, "bytes_max": 500_000})
    assert (picture_spec(smaller).max_width, picture_spec(smaller).max_bytes) == (800, 500_000)
    assert picture_spec(images.model_copy(update={"px_min": 1200})).min_width == 1200


def test_goods_that_fit_have_no_problem() -> None:
    assert codes(make_product()) == []


def test_a_category_without_a_counterpart_stops_the_listing() -> None:
    assert codes(make_product(category_code="food.new")) == ["category_unmapped"]


@pytest.mark.parametrize(("name", "expected"), [("กขคงจ", []), ("กขคง", ["text_length"])])
def test_a_title_has_a_least_length(name: str, expected: list[str]) -> None:
    assert codes(make_product(name=name)) == expected


@pytest.mark.parametrize(("dearest", "expected"), [(69_999, []), (70_000, ["price_spread"])])
def test_the_price_spread_stays_below_seven(dearest: int, expected: list[str]) -> None:
    assert codes(of_prices(10_000, dearest)) == expected


@pytest.mark.parametrize(("length", "expected"), [(14, []), (15, ["option_too_long"])])
def test_an_option_name_has_a_longest_length(length: int, expected: list[str]) -> None:
    assert codes(make_product(options=("ก" * length,), variants=(make_variant(options=("x",)),))) == expected


@pytest.mark.parametrize(("length", "expected"), [(20, []), (21, ["option_too_long"])])
def test_an_option_value_has_a_longest_length(length: int, expected: list[str]) -> None:
    assert codes(make_product(options=("สี",), variants=(make_variant(options=("ก" * length,)),))) == expected


@pytest.mark.parametrize(("levels", "expected"), [(2, []), (3, ["too_many_option_levels"])])
def test_two_option_levels_fit(levels: int, expected: list[str]) -> None:
    options = tuple(f"แบบ{n}" for n in range(levels))
    assert codes(make_product(options=options, variants=(make_variant(options=options),))) == expected


@pytest.mark.parametrize(("number", "expected"), [(50, []), (51, ["too_many_variants"])])
def test_fifty_variants_fit(number: int, expected: list[str]) -> None:
    assert codes(of_prices(*[100] * number)) == expected


@pytest.mark.parametrize(("grams", "expected"), [(40_000, []), (40_001, ["parcel_too_heavy"])])
def test_a_parcel_weighs_at_most_forty_kilograms(grams: int, expected: list[str]) -> None:
    assert codes(make_product(variants=(make_variant(weight_g=grams),))) == expected


@pytest.mark.parametrize(("height", "expected"), [(1000, []), (1001, ["parcel_too_large"])])
def test_a_parcel_measures_at_most_three_metres(height: int, expected: list[str]) -> None:
    parcel = Parcel(length_mm=1000, width_mm=1000, height_mm=height)
    assert codes(make_product(variants=(make_variant(parcel=parcel),))) == expected


def test_eight_pictures_go_and_a_ninth_stays() -> None:
    media = tuple(Media(source=f"{n}", sha256=sha(f"{n:064x}")) for n in range(9))
    rendition = rendered(make_product(media=media, variants=(make_variant(media=media[:1]),)))
    assert len(rendition.pictures) == 8
    assert any("อีก 1 รูป" in note for note in rendition.notes)


def test_no_picture_is_told_but_one_that_is_being_made_is_waited_for() -> None:
    waiting = Media(source="later.jpg")
    assert codes(make_product(media=(), variants=(make_variant(media=()),))) == ["picture_count"]
    assert codes(make_product(media=(waiting,), variants=(make_variant(media=(waiting,)),))) == []


def test_all_problems_come_at_once() -> None:
    product = make_product(
        name="สั้น", category_code="x", media=(), variants=(make_variant(media=(), weight_g=99_999),)
    )
    assert codes(product) == ["category_unmapped", "text_length", "picture_count", "parcel_too_heavy"]


def test_the_request_uses_the_market_s_names_and_leaves_unknowns_out() -> None:
    parcel = Parcel(length_mm=180, width_mm=125, height_mm=50)
    product = make_product(variants=(make_variant(parcel=parcel, compare_at=Money(5000)),))
    rendition = rendered(product)
    hosted = {rendition.pictures[0]: "http://market.example.test/1.jpg"}

    payload = product_payload(rendition.body, FIELDS, hosted)

    assert payload["category_id"] == 7002
    assert payload["images"] == ["http://market.example.test/1.jpg"]
    assert "item_id" not in payload
    assert payload["variants"] == [
        {
            "sku": "UTT-BNB-100",
            "option_values": [],
            "price": "45.00",
            "compare_at": "50.00",
            "stock": 10,
            "weight_g": 130,
            "parcel_cm": [18.0, 12.5, 5.0],
        }
    ]


def test_rows_of_price_and_stock_stand_by_sku() -> None:
    body = rendered(of_prices(100, 250), {"V0": 0, "V1": 3}).body
    assert stock_row(body, "V1", FIELDS, available=3, held=2) == {"sku": "V1", "sellable": 3}
    assert price_rows(body, FIELDS)["V1"] == {"sku": "V1", "price": "2.50"}
