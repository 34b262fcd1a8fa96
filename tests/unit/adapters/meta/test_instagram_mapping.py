from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.instagram import INSTAGRAM
from adapters.instagram.errors import container_refusal
from adapters.instagram.limits import MAX_CAPTION, MAX_COMMENT, PICTURE
from adapters.instagram.mapping import KIND, change_text, render, validate
from adapters.instagram.progress import Progress
from adapters.meta_graph.wording import length
from adapters.templates import JinjaTemplates
from schemas.channel import Part
from schemas.listing import Offer, Rendition
from schemas.product import Media, Product
from tests.support.factories import NOON, make_marker, make_offers, make_product, make_variant, sha

TEMPLATES = JinjaTemplates()
PRICE, STOCK = frozenset({Part.PRICE}), frozenset({Part.STOCK})


def rendition_of(product: Product, offers: dict[str, Offer] | None = None) -> Rendition:
    return render(product, offers or make_offers(product), make_marker(product), TEMPLATES)


def with_pictures(number: int) -> Product:
    pictures = tuple(Media(source=f"{n}.jpg", sha256=sha(f"{n:064x}")) for n in range(number))
    return make_product(variants=(make_variant(media=pictures),), media=pictures)


def many_variants(number: int) -> Product:
    variants = tuple(make_variant(f"V{n}", options=(f"ลายผ้าทอมือแบบที่ {n}",)) for n in range(number))
    return make_product("V", options=("ลาย",), variants=variants)


def captioned(caption: str) -> Rendition:
    rendition = rendition_of(make_product())
    return replace(rendition, body={**rendition.body, "caption": caption})


def test_the_kind_is_the_one_the_registry_knows() -> None:
    assert INSTAGRAM.kind == KIND == "instagram"


def test_rendering_twice_gives_the_same_rendition() -> None:
    assert rendition_of(make_product()) == rendition_of(make_product())


def test_an_ordinary_product_breaks_no_rule() -> None:
    assert validate(rendition_of(make_product())) == []


def test_a_post_without_a_picture_is_refused() -> None:
    assert [problem.code for problem in validate(rendition_of(with_pictures(0)))] == ["pictures_missing"]


def test_ten_pictures_go_and_the_eleventh_is_told() -> None:
    assert len(rendition_of(with_pictures(10)).pictures) == 10
    assert rendition_of(with_pictures(10)).notes == ()
    assert len(rendition_of(with_pictures(11)).pictures) == 10
    assert "อีก 1 รูป" in rendition_of(with_pictures(11)).notes[0]


@pytest.mark.parametrize(
    ("caption", "codes"),
    [
        ("ก" * MAX_CAPTION.value, []),
        ("ก" * (MAX_CAPTION.value + 1), ["text_too_long"]),
        ("🍌" * (MAX_CAPTION.value // 2), []),
        ("🍌" * (MAX_CAPTION.value // 2) + "ก", ["text_too_long"]),
        ("#ก " * 30, []),
        ("#ก " * 31, ["hashtags_too_many"]),
        ("@a " * 20, []),
        ("@a " * 21, ["mentions_too_many"]),
        ("@a #ก " * 400, ["text_too_long", "hashtags_too_many", "mentions_too_many"]),
    ],
)
def test_each_limit_is_accepted_and_one_more_refused(caption: str, codes: list[str]) -> None:
    assert [problem.code for problem in validate(captioned(caption))] == codes


def test_thirty_hashtags_at_most_are_taken_from_the_tags() -> None:
    product = make_product(tags=tuple(f"แท็ก{n}" for n in range(40)))

    rendition = rendition_of(product)

    assert rendition.body["caption"].count("#") == 30
    assert validate(rendition) == []


@pytest.mark.parametrize("product", [make_product(description="หอมเนยหวานกรอบ " * 500), many_variants(100)])
def test_what_is_too_long_is_shortened_within_the_rules_and_said(product: Product) -> None:
    rendition = rendition_of(product)

    assert validate(rendition) == []
    assert "2,200" in rendition.notes[0]
    assert "ราคา ฿45" in rendition.body["caption"]
    assert rendition.body["caption"].endswith("\nรหัส SY7K3M2Q9")


def test_a_picture_is_square_so_that_a_carousel_crops_nothing() -> None:
    assert PICTURE.ratio_min == PICTURE.ratio_max == 1.0


def test_a_price_comment_says_the_price_only() -> None:
    assert change_text(rendition_of(make_product()), PRICE, TEMPLATES) == "อัปเดตราคา ฿45\nรหัส SY7K3M2Q9"


def test_a_stock_comment_says_sold_out_back_again_and_which_one_is_missing() -> None:
    product = many_variants(2)

    def said(available: dict[str, int]) -> str:
        return change_text(rendition_of(product, make_offers(product, available)), STOCK, TEMPLATES)

    assert said({"V0": 0, "V1": 0}) == "สินค้าหมดชั่วคราว\nรหัส SY7K3M2Q9"
    assert said({"V0": 1, "V1": 9}) == "มีสินค้าพร้อมให้สั่งแล้ว\nรหัส SY7K3M2Q9"
    assert said({"V0": 0, "V1": 9}) == "ยังมีสินค้า ยกเว้นแบบที่หมดชั่วคราว: ลายผ้าทอมือแบบที่ 0\nรหัส SY7K3M2Q9"


def test_one_comment_can_say_both() -> None:
    text = change_text(rendition_of(make_product()), PRICE | STOCK, TEMPLATES)

    assert text.splitlines() == ["อัปเดตราคา ฿45", "มีสินค้าพร้อมให้สั่งแล้ว", "รหัส SY7K3M2Q9"]


def test_a_comment_for_very_many_variants_stays_short() -> None:
    product = many_variants(60)
    offers = make_offers(product, {v.sku: n % 2 for n, v in enumerate(product.variants)})

    text = change_text(rendition_of(product, offers), PRICE | STOCK, TEMPLATES)

    assert length(text, MAX_COMMENT) <= MAX_COMMENT.value
    assert "โปรดสอบถาม" in text


def test_a_new_price_changes_the_price_part_only() -> None:
    product = make_product()
    offers = {
        sku: replace(offer, price=offer.price.from_baht("50")) for sku, offer in make_offers(product).items()
    }

    before, after = rendition_of(product).parts, rendition_of(product, offers).parts

    assert {part for part in before if before[part] != after[part]} == {Part.PRICE}


def test_progress_survives_being_stored() -> None:
    progress = replace(
        Progress.start(rendition_of(make_product()), NOON),
        children=("1", "2"),
        container="3",
        looks=2,
        failures=1,
    )

    assert Progress.read(progress.pending()) == progress


def test_looks_grow_apart_up_to_a_minute() -> None:
    waits = [
        replace(Progress.start(rendition_of(make_product()), NOON), looks=looks).pending().check_after
        for looks in range(7)
    ]

    assert waits == [timedelta(seconds=s) for s in (5, 5, 10, 20, 40, 60, 60)]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Error: Media upload has failed with error code 2207009", "meta_picture_ratio"),
        ("Error: 2207052", None),
        ("Error: 22070099", None),
        ("Error: unknown", None),
        (None, None),
    ],
)
def test_a_failed_container_blames_the_content_only_when_it_names_a_content_code(
    status: str | None, code: str | None
) -> None:
    refusal = container_refusal(status)

    assert (refusal.problems[0].code if refusal else None) == code
