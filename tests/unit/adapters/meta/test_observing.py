"""What is called different when a post is read back."""

from typing import Any

import pytest

from adapters.base import Templates
from adapters.facebook_page import mapping as page
from adapters.instagram import mapping as instagram
from adapters.meta_graph.observing import MOST_SHOWN, around_difference, difference, lines_of
from adapters.observing import Difference
from adapters.templates import JinjaTemplates
from schemas.channel import Part
from schemas.listing import Rendition
from schemas.money import Money
from tests.support.factories import make_marker, make_offers, make_product, make_variant

TEMPLATES: Templates = JinjaTemplates()


def caption(*, available: int = 5, price: int = 4500, description: str = "หวานธรรมชาติ") -> Rendition:
    product = make_product(
        "P-1", description=description, variants=(make_variant("P-1", price=Money(price)),)
    )
    return instagram.render(product, make_offers(product, available), make_marker(product), TEMPLATES)


def shown(wanted: str, seen: str) -> Difference:
    return difference(lines_of(wanted), lines_of(seen))


def test_white_space_is_no_difference() -> None:
    assert lines_of("ก ข\n\nค") == lines_of("ก  ข \r\nค\n\n\n")
    assert lines_of("e\u0301") == lines_of("\u00e9")


def test_only_the_lines_that_differ_are_shown() -> None:
    assert shown("ก\nราคา ฿45\nค", "ก\nราคา ฿99\nค") == Difference(wanted="ราคา ฿45", seen="ราคา ฿99")
    assert shown("ก\nข\nค", "ก\nค") == Difference(wanted="ข", seen="–")
    assert shown("ก\nค", "ก\nข\nค") == Difference(wanted="–", seen="ข")
    assert shown("ก\nก", "ก") == Difference(wanted="ก", seen="–")


def test_a_long_difference_is_cut_for_people() -> None:
    assert len(shown("ก", "ข " * 1000).seen) <= MOST_SHOWN


@pytest.mark.parametrize(
    ("seen", "differs"),
    [
        ("ก\nราคา 1\nค", False),
        ("ก\nราคา 2\nหมด\nค", False),
        ("ก\nค", False),
        ("ก\nราคา 1\nง", True),
        ("ง\nราคา 1\nค", True),
        ("ราคา 1\nค", True),
        ("ก\nราคา 1\nค\nโทร 081", True),
        ("", True),
    ],
)
def test_a_passage_may_change_and_what_stands_around_it_may_not(seen: str, *, differs: bool) -> None:
    found = around_difference("ก\nราคา 1\nค", "ก\nค", seen)
    assert (found is not None) is differs


def test_an_old_price_in_a_caption_is_how_it_was_published() -> None:
    published = caption(available=0, price=4500).body["caption"]

    assert instagram.differences(caption(available=9, price=9900), published) == {}


def test_a_caption_that_was_edited_by_hand_is_told() -> None:
    rendition = caption()
    edited = rendition.body["caption"].replace("หวานธรรมชาติ", "โทร 081-234-5678")

    found = instagram.differences(rendition, edited)

    assert found.keys() == {Part.TEXT}
    assert "โทร 081-234-5678" in found[Part.TEXT].seen
    assert found[Part.TEXT].wanted == "หวานธรรมชาติ"


def test_at_signs_that_the_channel_strips_are_no_difference() -> None:
    rendition = caption(description="ติดตาม @banna ได้เลย")

    assert "@" in rendition.body["caption"]
    assert instagram.differences(rendition, rendition.body["caption"].replace("@", "")) == {}


def test_a_shortened_caption_is_not_compared() -> None:
    rendition = caption(description="หวาน " * 1000)

    assert rendition.body["lasting"] == ""
    assert instagram.differences(rendition, "ข้อความอื่น") == {}


POST = {"available": 5, "price": 4500, "was": None, "description": "หวานธรรมชาติ"}


def post(*, several: bool = False, **changes: Any) -> Rendition:
    values: dict[str, Any] = POST | changes
    was = None if values["was"] is None else Money(values["was"])
    names = ("เล็ก", "ใหญ่") if several else ("",)
    variants = tuple(
        make_variant(
            f"P-{n}",
            price=Money(values["price"] + 500 * n),
            compare_at=was,
            options=(name,) if name else (),
        )
        for n, name in enumerate(names)
    )
    options = ("ขนาด",) if several else ()
    product = make_product("P-0", description=values["description"], variants=variants, options=options)
    return page.render(product, make_offers(product, values["available"]), make_marker(product), TEMPLATES)


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, set()),
        ({"price": 9900}, {Part.PRICE}),
        ({"price": 123450}, {Part.PRICE}),
        ({"was": 99000}, {Part.PRICE}),
        ({"available": 0}, {Part.STOCK}),
        ({"available": 0, "price": 9950}, {Part.STOCK, Part.PRICE}),
        ({"description": "เปรี้ยว"}, {Part.TEXT}),
        ({"description": "เปรี้ยว", "price": 9900, "available": 0}, {Part.TEXT}),
    ],
    ids=lambda names: "+".join(sorted(names)) or "same",
)
def test_what_is_on_its_way_to_a_post_is_not_taken_for_another_part(
    changes: dict[str, Any], parts: set[Part], *, several: bool
) -> None:
    older = post(several=several).body["message"]

    assert page.differences(post(several=several, **changes), older).keys() == parts


def test_a_price_edited_by_hand_is_shown_as_it_stands() -> None:
    wanted = post()
    found = page.differences(wanted, wanted.body["message"].replace("฿45", "฿40"))

    assert found == {Part.PRICE: Difference(wanted="ราคา ฿45", seen="ราคา ฿40")}


def test_a_line_that_was_added_or_taken_away_by_hand_is_told() -> None:
    wanted = post()
    message = wanted.body["message"]

    assert page.differences(wanted, message + "\nโทร 081").keys() == {Part.TEXT}
    assert page.differences(wanted, message.replace("ราคา ฿45", "ราคา ฿45\nส่งฟรี")).keys() == {Part.STOCK}
    assert page.differences(wanted, "").keys() == {Part.TEXT}
    assert page.differences(wanted, message.replace("\n", " \r\n") + "\n") == {}


def test_a_shortened_post_is_not_compared() -> None:
    wanted = post(description="หวาน " * 20_000)

    assert wanted.body["lasting"] == ""
    assert page.differences(wanted, "ข้อความอื่น") == {}
