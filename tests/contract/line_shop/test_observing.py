"""A shop read back: every product once, and edits by hand named for what they are."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.observing import Difference
from adapters.testing.sandbox.deeds import Changes
from schemas.channel import Part
from schemas.listing import RemoteListing, Rendition
from schemas.money import Money
from tests.contract.line_shop.shop import Shop, two_sizes
from tests.support.factories import make_product, make_variant


def browsed(shop: Shop) -> list[RemoteListing]:
    found: list[RemoteListing] = []
    cursor: Any = None
    while True:
        page = shop.adapter.browse(cursor)
        found += page.listings
        cursor = page.cursor
        if cursor is None:
            return found


def apart(shop: Shop, rendition: Rendition) -> dict[Part, Difference]:
    (remote,) = browsed(shop)
    return dict(shop.adapter.differences(rendition, remote))


def edit(shop: Shop, sku: str | None = "BNB-100", **changes: Any) -> None:
    named = {"sku": sku} if sku else {"external_id": str(shop.product().id)}
    shop.control.edit("line_shop", "shop1", Changes(**changes), **named)


def test_every_product_is_read_in_a_call_for_each_hundred(shop: Shop) -> None:
    for number in range(3):
        shop.publish(shop.render(make_product(f"P-{number}", variants=(make_variant(f"P-{number}"),))))
    template = shop.products()[0]

    def fill(sandbox: Any) -> None:
        for _ in range(102):
            sandbox.line.add(replace(template, id=sandbox.line.next(), displayed=False))

    shop.control.run(fill)
    seen = len(shop.control.journal())

    found = browsed(shop)

    assert sorted(one.external_id for one in found) == sorted(str(one.id) for one in shop.products())
    assert sum(one.visible for one in found) == 3
    assert shop.calls(seen) == ["product.list", "product.list"]


def test_an_empty_shop_ends_at_once(shop: Shop) -> None:
    assert browsed(shop) == []
    assert len(shop.control.journal()) == 1


def test_what_was_just_published_or_changed_differs_in_nothing(shop: Shop) -> None:
    odd = two_sizes(description="หวานน้อย <ไม่ใส่สี> & สด\n\nบรรทัดแรก\nบรรทัดสอง  เว้นวรรค")
    rendition = shop.render(odd, {"BNB-100": 7, "BNB-250": 0})
    receipt = shop.publish(rendition)
    assert apart(shop, rendition) == {}

    reduced = tuple(
        variant.model_copy(update={"compare_at": Money(variant.price.satang + 500)})
        for variant in two_sizes().variants
    )
    changed = shop.render(two_sizes(name="ชื่อใหม่", variants=reduced), 3)
    shop.adapter.update(shop.change(receipt, changed, *Part))

    assert apart(shop, changed) == {}


def test_an_edit_by_hand_is_named_with_both_values(shop: Shop) -> None:
    rendition = shop.render(two_sizes(), 10)
    shop.publish(rendition)

    edit(shop, price=49.5)
    edit(shop, "BNB-250", stock=99)

    assert apart(shop, rendition) == {
        Part.PRICE: Difference(wanted="BNB-100: ฿45", seen="BNB-100: ฿49.50"),
        Part.STOCK: Difference(wanted="BNB-250: 10", seen="BNB-250: 99"),
    }


def test_other_words_are_shown_where_they_begin_to_differ(shop: Shop) -> None:
    rendition = shop.render(two_sizes(), 10)
    shop.publish(rendition)
    edited = shop.product().description.replace("OTOP 4 ดาว", "OTOP 5 ดาว")

    edit(shop, text=edited)

    (part,) = apart(shop, rendition)
    difference = apart(shop, rendition)[part]
    assert part is Part.TEXT
    assert "OTOP 4 ดาว" in difference.wanted
    assert "OTOP 5 ดาว" in difference.seen
    assert len(difference.seen) < 100


@pytest.mark.parametrize("held", [0, 2])
def test_units_sold_unseen_are_no_difference(shop: Shop, held: int) -> None:
    rendition = shop.render(two_sizes(), 10, held=held)
    receipt = shop.publish(rendition)
    shop.buy("BNB-100", 2)
    shop.adapter.set_stock(shop.change(receipt, rendition, Part.STOCK))
    assert apart(shop, rendition) == {}

    edit(shop, stock=1)

    assert set(apart(shop, rendition)) == {Part.STOCK}


def test_a_sale_at_the_shop_is_no_difference_before_its_order_is_read(shop: Shop) -> None:
    rendition = shop.render(two_sizes(), 10)
    shop.publish(rendition)

    shop.buy("BNB-250", 4)

    assert apart(shop, rendition) == {}


def test_pictures_and_being_hidden_are_not_compared(shop: Shop) -> None:
    rendition = shop.render(two_sizes(), 10)
    shop.publish(rendition)

    edit(shop, None, hidden=True)

    (remote,) = browsed(shop)
    assert not remote.visible
    assert dict(shop.adapter.differences(rendition, remote)) == {}
