import pytest

from adapters.errors import Gone, Locked, Rejected
from schemas.channel import Part
from schemas.money import Money
from tests.contract.line_shop.shop import Shop, two_sizes, units
from tests.support.factories import make_product, make_variant


def test_stock_written_is_what_buyers_can_buy_beside_what_others_hold(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), 10))
    shop.hold(reserved=2, ready=3)
    wanted = shop.render(two_sizes(), {"BNB-100": 8, "BNB-250": 0}, held=5)

    written = shop.adapter.set_stock(shop.change(receipt, wanted, Part.STOCK))

    assert units(shop) == written.shows == {"BNB-100": 8, "BNB-250": 0}
    assert [variant.on_hand for variant in shop.product().variants] == [13, 5]


def test_stock_that_is_right_already_costs_one_read(shop: Shop) -> None:
    rendition = shop.render()
    receipt = shop.publish(rendition)
    before = len(shop.control.journal())

    shop.adapter.set_stock(shop.change(receipt, rendition, Part.STOCK))

    assert [entry["operation"] for entry in shop.control.journal()[before:]] == ["product.list"]


def test_a_price_change_is_one_call(shop: Shop) -> None:
    receipt = shop.publish(shop.render())
    dearer = make_product(variants=(make_variant(price=Money(4925)),))
    before = len(shop.control.journal())

    shop.adapter.update(shop.change(receipt, shop.render(dearer), Part.PRICE))

    assert shop.product().variants[0].price == 49.25
    assert [entry["operation"] for entry in shop.control.journal()[before:]] == ["product.prices"]


def test_an_equal_reduction_is_shown_as_a_discount(shop: Shop) -> None:
    reduced = make_product(variants=(make_variant(price=Money(4000), compare_at=Money(4500)),))

    shop.publish(shop.render(reduced))

    assert (shop.product().variants[0].price, shop.product().discount) == (45, 5)


def test_text_pictures_and_details_are_changed_in_place(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), 10))
    changed = two_sizes(name="กล้วยอบเนยสูตรใหม่", category_code="food.sweets")
    rendition = shop.render(changed, 10)

    shop.adapter.update(shop.change(receipt, rendition, Part.TEXT, Part.DETAILS, Part.PICTURES))

    assert shop.product().name == "กล้วยอบเนยสูตรใหม่"
    assert shop.product().category == 104
    assert shop.product().displayed


def test_a_new_size_is_added_and_a_dropped_one_sold_out(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), 10))
    kept = two_sizes().variants[0]
    new = make_variant("BNB-500", options=("500 กรัม",), price=Money(19000))
    changed = two_sizes(variants=(kept, new))
    rendition = shop.render(changed, {"BNB-100": 10, "BNB-500": 0})

    receipt = shop.adapter.update(shop.change(receipt, rendition, Part.DETAILS))

    assert units(shop) == {"BNB-100": 10, "BNB-250": 0, "BNB-500": 0}
    assert set(receipt.remote["variants"]) == {"BNB-100", "BNB-250", "BNB-500"}


def test_stock_of_a_size_that_line_does_not_have_yet_waits_for_the_details(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), 10))
    new = make_variant("BNB-500", options=("500 กรัม",))
    rendition = shop.render(two_sizes(variants=(*two_sizes().variants, new)), 5)

    shop.adapter.set_stock(shop.change(receipt, rendition, Part.STOCK))

    assert units(shop) == {"BNB-100": 5, "BNB-250": 5}


def test_option_words_weight_and_barcode_follow_the_product(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), 10))
    first, second = two_sizes().variants
    renamed = first.model_copy(update={"options": ("ถุงเล็ก",), "weight_g": 205, "gtin": "2000000001012"})
    rendition = shop.render(two_sizes(variants=(renamed, second)), 10)

    shop.adapter.update(shop.change(receipt, rendition, Part.DETAILS))

    variant = shop.product().variants[0]
    assert (variant.options, variant.weight, variant.barcode) == ([("ขนาด", "ถุงเล็ก")], 0.21, "2000000001012")
    assert shop.product().options[0].values == ["ถุงเล็ก", "250 กรัม"]


def test_another_option_name_is_refused_with_what_to_do(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), 10))
    rendition = shop.render(two_sizes(options=("สี",)), 10)

    with pytest.raises(Rejected) as caught:
        shop.adapter.update(shop.change(receipt, rendition, Part.DETAILS))

    assert caught.value.problems[0].code == "line_options_changed"


def test_swapped_option_words_are_refused_rather_than_mixed_up(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), 10))
    first, second = two_sizes().variants
    swapped = (
        first.model_copy(update={"options": second.options}),
        second.model_copy(update={"options": first.options}),
    )

    with pytest.raises(Rejected):
        shop.adapter.update(shop.change(receipt, shop.render(two_sizes(variants=swapped), 10), Part.DETAILS))

    assert shop.product().variants[0].options == [("ขนาด", "100 กรัม")]


def test_a_price_during_a_promotion_is_locked_not_refused(shop: Shop) -> None:
    receipt = shop.publish(shop.render())
    shop.lock()
    dearer = shop.render(make_product(variants=(make_variant(price=Money(5000)),)))

    with pytest.raises(Locked) as caught:
        shop.adapter.update(shop.change(receipt, dearer, Part.PRICE))
    assert "โปรโมชัน" in caught.value.problem.th
    shop.lock(locked=False)
    shop.adapter.update(shop.change(receipt, dearer, Part.PRICE))

    assert shop.product().variants[0].price == 50


def test_what_was_deleted_in_the_shop_is_gone(shop: Shop) -> None:
    rendition = shop.render()
    receipt = shop.publish(rendition)
    change = shop.change(receipt, rendition, Part.STOCK)
    shop.control.run(lambda sandbox: sandbox.line.remove(next(iter(sandbox.line.products.values()))))

    assert shop.adapter.fetch(change.ref) is None
    shop.adapter.withdraw(change.ref)
    with pytest.raises(Gone):
        shop.adapter.set_stock(change)
    with pytest.raises(Gone):
        shop.adapter.update(shop.change(receipt, rendition, Part.TEXT))
    with pytest.raises(Gone):
        shop.adapter.update(shop.change(receipt, rendition, Part.PRICE))


def test_a_listing_is_read_back_in_our_units(shop: Shop) -> None:
    product = make_product(variants=(make_variant(price=Money(4000), compare_at=Money(4500)),))
    rendition = shop.render(product, 6)
    receipt = shop.publish(rendition)

    seen = shop.adapter.fetch(shop.change(receipt, rendition).ref)

    assert seen.visible
    assert seen.seen["prices"] == {"UTT-BNB-100": 4000}
    assert seen.seen["available"] == {"UTT-BNB-100": 6}
