from dataclasses import replace

import pytest

from adapters.facebook_page import FACEBOOK_PAGE
from adapters.facebook_page.limits import MAX_PHOTO_BYTES, MAX_PICTURES, MAX_TEXT, PICTURE
from adapters.facebook_page.mapping import KIND, render, validate
from adapters.templates import JinjaTemplates
from schemas.channel import Part
from schemas.listing import Rendition
from schemas.product import Media, Product
from tests.support.factories import make_marker, make_offers, make_product, make_variant, sha

TEMPLATES = JinjaTemplates()


def rendition_of(product: Product) -> Rendition:
    return render(product, make_offers(product), make_marker(product), TEMPLATES)


def with_pictures(number: int) -> Product:
    pictures = tuple(Media(source=f"{n}.jpg", sha256=sha(f"{n:064x}")) for n in range(number))
    return make_product(variants=(make_variant(media=pictures),), media=pictures)


def test_the_kind_is_the_one_the_registry_knows() -> None:
    assert FACEBOOK_PAGE.kind == KIND == "facebook_page"


def test_rendering_twice_gives_the_same_rendition() -> None:
    assert rendition_of(make_product()) == rendition_of(make_product())


def test_the_pictures_stand_in_the_body_by_key_with_a_text_for_each() -> None:
    media = (Media(source="a.jpg", sha256=sha("a"), alt="กล้วยในชาม"), Media(source="b.jpg", sha256=sha("b")))
    product = make_product(variants=(make_variant(media=media),), media=media)

    rendition = rendition_of(product)

    assert rendition.pictures == (PICTURE.key_for(sha("a")), PICTURE.key_for(sha("b")))
    assert rendition.body["pictures"] == list(rendition.pictures)
    assert rendition.body["alts"] == ["กล้วยในชาม", product.name]


def test_ten_pictures_go_and_the_eleventh_is_told() -> None:
    ten, eleven = rendition_of(with_pictures(10)), rendition_of(with_pictures(11))

    assert len(ten.pictures) == MAX_PICTURES.value == 10
    assert ten.notes == ()
    assert len(eleven.pictures) == 10
    assert "อีก 1 รูป" in eleven.notes[0]


def test_every_declared_part_has_a_fingerprint() -> None:
    assert set(rendition_of(make_product()).parts) == {Part.TEXT, Part.PRICE, Part.STOCK, Part.PICTURES}


def test_an_ordinary_product_breaks_no_rule() -> None:
    assert validate(rendition_of(make_product())) == []


def test_a_product_without_pictures_is_a_text_post() -> None:
    assert validate(rendition_of(with_pictures(0))) == []


@pytest.mark.parametrize(
    ("letters", "codes"), [(MAX_TEXT.value, []), (MAX_TEXT.value + 1, ["text_too_long"])]
)
def test_the_text_limit_is_accepted_and_one_more_refused(letters: int, codes: list[str]) -> None:
    rendition = rendition_of(make_product())

    problems = validate(replace(rendition, body={**rendition.body, "message": "ก" * letters}))

    assert [problem.code for problem in problems] == codes


def test_too_long_counts_utf16_so_that_either_reading_of_the_limit_is_kept() -> None:
    rendition = rendition_of(make_product())
    emoji = "🍌" * (MAX_TEXT.value // 2 + 1)

    problems = validate(replace(rendition, body={**rendition.body, "message": emoji}))

    assert [problem.code for problem in problems] == ["text_too_long"]


def test_all_problems_are_found_at_once() -> None:
    rendition = rendition_of(with_pictures(1))
    broken = replace(
        rendition, body={**rendition.body, "message": "ก" * 70_000}, pictures=rendition.pictures * 11
    )

    assert {problem.code for problem in validate(broken)} == {"text_too_long", "pictures_too_many"}


def test_a_description_beyond_the_limit_is_cut_and_said() -> None:
    rendition = rendition_of(make_product(description="หอมเนยหวานกรอบ " * 6_000))

    assert validate(rendition) == []
    assert "63,206" in rendition.notes[0]
    assert rendition.body["message"].endswith("รหัส SY7K3M2Q9")


def test_the_picture_is_well_under_what_the_channel_takes() -> None:
    assert PICTURE.max_bytes <= MAX_PHOTO_BYTES.value // 2
