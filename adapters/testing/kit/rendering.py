"""What rendering and validating promise. No call is made for any of it."""

import json
from dataclasses import replace
from typing import Final

from adapters.base import Capabilities, StockMode
from adapters.limits import Limit, TextUnit
from adapters.testing.kit.channel import AdapterUnderTest
from adapters.testing.kit.desk import rendered
from adapters.testing.kit.goods import TOKEN, picture, variant
from adapters.text import count
from schemas.channel import Part
from schemas.ids import Sha256
from schemas.listing import Rendition
from schemas.money import Money
from schemas.problem import Problem
from schemas.product import Product

_WIDE: Final = {
    TextUnit.CODE_POINTS: "🍌",
    TextUnit.UTF16_UNITS: "🍌",
    TextUnit.UTF8_BYTES: "ก",
    TextUnit.GRAPHEMES: "น้ำ",
}
"""One letter that the other units count differently, so that a text counted in the wrong unit is noticed."""
_LEVELS: Final = ("ขนาด", "สี", "กลิ่น", "รส", "ลาย")


def text_of(length: int, unit: TextUnit) -> str:
    """Return a text of exactly that length in the unit."""
    wide = _WIDE[unit]
    whole, rest = divmod(length, count(wide, unit))
    return wide * whole + "x" * rest


def product_with_levels(under_test: AdapterUnderTest, levels: int) -> Product:
    """Return goods with one variant and that many option levels."""
    only = variant("KIT-LEVELS", options=("แดง",) * levels)
    return under_test.product(sku="KIT-LEVELS", options=_LEVELS[:levels], variants=(only,))


class RenderingPromises:
    """``render`` and ``validate`` are pure, deterministic and hold what the capabilities say."""

    def test_rendering_the_same_goods_twice_gives_the_same_rendition(
        self, under_test: AdapterUnderTest
    ) -> None:
        first, second = rendered(under_test), rendered(under_test)

        assert first == second
        assert first.fingerprint == second.fingerprint
        assert under_test.records == [], "rendering made a call"

    def test_a_rendition_is_json_and_carries_its_marker_and_its_channel(
        self, under_test: AdapterUnderTest
    ) -> None:
        rendition = rendered(under_test)

        json.dumps(rendition.body)
        assert TOKEN in rendition.body[under_test.text_in], "the text does not carry the marker"
        assert rendition.marker.token == TOKEN
        assert rendition.channel == under_test.connect().kind

    def test_the_example_goods_are_valid(self, under_test: AdapterUnderTest) -> None:
        assert _problems(under_test, rendered(under_test), under_test.product()) == []

    def test_goods_beyond_every_limit_are_rendered_within_them(self, under_test: AdapterUnderTest) -> None:
        capabilities = under_test.connect().capabilities
        huge = _huge(under_test.product(), capabilities.max_pictures)

        rendition = rendered(under_test, huge)

        text = rendition.body[under_test.text_in]
        assert count(text, _unit(capabilities)) <= capabilities.max_text.value
        assert TOKEN in text, "the marker was cut off"
        assert len(rendition.body[under_test.pictures_in]) <= capabilities.max_pictures.value
        assert rendition.notes, "nobody is told that something was left out"
        assert _problems(under_test, rendition, huge) == []

    def test_a_text_at_the_limit_is_taken_and_one_unit_more_refused(
        self, under_test: AdapterUnderTest
    ) -> None:
        capabilities, product = under_test.connect().capabilities, under_test.product()
        most = capabilities.max_text.value

        at_limit = _with_text(under_test, text_of(most, _unit(capabilities)))
        beyond = _with_text(under_test, text_of(most + 1, _unit(capabilities)))

        assert _problems(under_test, at_limit, product) == []
        _assert_refused(_problems(under_test, beyond, product))

    def test_the_most_pictures_are_taken_and_one_more_refused(self, under_test: AdapterUnderTest) -> None:
        capabilities, product = under_test.connect().capabilities, under_test.product()
        most = capabilities.max_pictures.value

        assert _problems(under_test, _with_pictures(under_test, most), product) == []
        _assert_refused(_problems(under_test, _with_pictures(under_test, most + 1), product))

    def test_the_most_option_levels_are_taken_and_one_more_refused(
        self, under_test: AdapterUnderTest
    ) -> None:
        most = under_test.connect().capabilities.option_levels
        allowed = product_with_levels(under_test, len(_LEVELS) - 1 if most is None else most)

        assert _problems(under_test, rendered(under_test, allowed), allowed) == []
        if most is not None:
            beyond = product_with_levels(under_test, most + 1)
            _assert_refused(_problems(under_test, rendered(under_test, beyond), beyond))

    def test_a_change_of_price_alone_touches_no_other_part(self, under_test: AdapterUnderTest) -> None:
        product = under_test.product()
        first, *others = product.variants
        dearer = first.model_copy(update={"price": Money(first.price.satang + 525)})
        changed = product.model_copy(update={"variants": (dearer, *others)})

        assert _differing(rendered(under_test, product), rendered(under_test, changed)) == {Part.PRICE}

    def test_stock_is_compared_as_the_stock_mode_says(self, under_test: AdapterUnderTest) -> None:
        mode = under_test.connect().capabilities.stock
        ten, nine, none = (rendered(under_test, available=units) for units in (10, 9, 0))

        assert _differing(ten, nine) == ({Part.STOCK} if mode is StockMode.QUANTITY else set())
        assert _differing(ten, none) == (set() if mode is StockMode.NONE else {Part.STOCK})

    def test_every_limit_says_where_it_comes_from(self, under_test: AdapterUnderTest) -> None:
        capabilities = under_test.connect().capabilities

        for limit in (capabilities.max_text, capabilities.max_pictures):
            assert limit.value > 0
            assert limit.source
            assert limit.read

    def test_a_part_is_editable_or_falls_back_but_never_both(self, under_test: AdapterUnderTest) -> None:
        capabilities = under_test.connect().capabilities

        assert not capabilities.editable & set(capabilities.fallbacks)


def _unit(capabilities: Capabilities) -> TextUnit:
    return TextUnit(capabilities.max_text.unit)


def _problems(under_test: AdapterUnderTest, rendition: Rendition, product: Product) -> list[Problem]:
    return list(under_test.connect().validate(rendition, product))


def _assert_refused(problems: list[Problem]) -> None:
    assert problems, "one more than the limit was taken"
    for problem in problems:
        assert problem.code, "a problem has no code"
        assert problem.th != problem.en, "a problem is not said in Thai and in English"


def _with_text(under_test: AdapterUnderTest, text: str) -> Rendition:
    rendition = rendered(under_test)
    return replace(rendition, body={**rendition.body, under_test.text_in: text})


def _with_pictures(under_test: AdapterUnderTest, number: int) -> Rendition:
    rendition = rendered(under_test)
    spec = under_test.connect().capabilities.picture
    keys = [spec.key_for(_stored(n)) for n in range(number)]
    return replace(rendition, pictures=tuple(keys), body={**rendition.body, under_test.pictures_in: keys})


def _stored(n: int) -> Sha256:
    sha256 = picture(f"one of many {n}").sha256
    assert sha256 is not None
    return sha256


def _huge(product: Product, max_pictures: Limit) -> Product:
    many = tuple(picture(f"one of many {n}") for n in range(max_pictures.value + 5))
    return product.model_copy(
        update={"description": "กล้วยอบเนยกรอบหอมหวาน " * 6_000, "media": (*product.media, *many)}
    )


def _differing(one: Rendition, other: Rendition) -> set[Part]:
    return {
        part for part in one.parts.keys() | other.parts.keys() if one.parts.get(part) != other.parts.get(part)
    }
