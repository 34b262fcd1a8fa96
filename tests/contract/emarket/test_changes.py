import pytest

from adapters.errors import ChannelError, Gone, Locked, OutcomeUnknown, Rejected, Throttled
from adapters.testing.sandbox.faults import DropAnswer, Throttle
from schemas.channel import Part
from schemas.listing import Receipt
from schemas.money import Money
from tests.contract.emarket.stall import Stall
from tests.support.factories import make_product, make_variant, sha


def product_of(number: int, **changes: object) -> object:
    sku = f"P-{number:02d}"
    return make_product(sku, variants=(make_variant(sku, **changes),))


def test_stock_is_written_as_units_for_sale(stall: Stall) -> None:
    receipt = stall.publish(stall.render())

    stall.adapter.set_stock(stall.change(receipt, stall.render(available=0), Part.STOCK))

    assert stall.item().variants[0].sellable == 0


def test_a_reduced_price_carries_the_price_before_and_ends_with_it(stall: Stall) -> None:
    receipt = stall.publish(stall.render())
    reduced = make_product(variants=(make_variant(price=Money(4050), compare_at=Money(4500)),))
    stall.adapter.update(stall.change(receipt, stall.render(reduced), Part.PRICE))
    shown = stall.item().variants[0]
    assert (shown.price, shown.compare_at) == ("40.50", "45.00")

    stall.adapter.update(stall.change(receipt, stall.render(), Part.PRICE))

    shown = stall.item().variants[0]
    assert (shown.price, shown.compare_at) == ("45.00", None)


def test_a_text_change_sends_only_the_text(stall: Stall) -> None:
    receipt = stall.publish(stall.render())
    before = len(stall.control.journal())

    stall.adapter.update(stall.change(receipt, stall.render(make_product(name="กล้วยอบเนยสูตรใหม่")), Part.TEXT))

    (entry,) = stall.control.journal()[before:]
    assert set(entry["body"]) == {"item_id", "sku", "title", "description"}
    assert stall.item().title == "กล้วยอบเนยสูตรใหม่"


def test_only_a_new_picture_is_moved(stall: Stall) -> None:
    receipt = stall.publish(stall.render())
    first = make_product().media[0]
    second = first.model_copy(update={"source": "two.jpg", "sha256": sha("c")})
    rendition = stall.render(make_product(media=(first, second)))

    receipt = stall.adapter.update(stall.change(receipt, rendition, Part.PICTURES))

    asked = [entry["body"]["urls"] for entry in stall.control.calls("image.migrate")]
    assert [len(urls) for urls in asked] == [1, 1]
    assert len(stall.item().images) == 2
    assert len(receipt.remote["hosted"]) == 2


def test_many_stock_changes_travel_twenty_at_a_time(stall: Stall) -> None:
    receipts = [stall.publish(stall.render(product_of(n))) for n in range(21)]
    before = len(stall.control.journal())
    changes = [
        stall.change(receipt, stall.render(product_of(n), n), Part.STOCK)
        for n, receipt in enumerate(receipts)
    ]

    answers = stall.adapter.update_many(changes)

    assert [answer.external_id for answer in answers] == [receipt.external_id for receipt in receipts]
    assert stall.operations(before) == ["product.stock", "product.stock"]
    assert sorted(item.variants[0].sellable for item in stall.items()) == list(range(21))


def test_one_refused_row_is_the_answer_of_its_listing_alone(stall: Stall) -> None:
    receipts = [stall.publish(stall.render(product_of(n))) for n in range(3)]
    gone = stall.change(receipts[1], stall.render(product_of(1), 5), Part.STOCK)
    stall.control.run(lambda sandbox: sandbox.market.remove(sandbox.market.items[receipts[1].external_id]))
    changes = [
        stall.change(receipts[0], stall.render(product_of(0), 5), Part.STOCK),
        gone,
        stall.change(receipts[2], stall.render(product_of(2), 5), Part.STOCK),
    ]

    answers = stall.adapter.update_many(changes)

    assert [type(answer) for answer in answers] == [Receipt, Gone, Receipt]
    assert [item.variants[0].sellable for item in stall.items()] == [5, 5]


def test_a_call_that_fails_as_a_whole_raises(stall: Stall) -> None:
    receipts = [stall.publish(stall.render(product_of(n))) for n in range(2)]
    changes = [
        stall.change(receipt, stall.render(product_of(n), 5), Part.STOCK)
        for n, receipt in enumerate(receipts)
    ]
    stall.control.fail(Throttle(seconds=1), operation="product.stock")

    with pytest.raises(Throttled):
        stall.adapter.update_many(changes)


def test_a_lost_answer_of_a_stock_call_may_be_repeated(stall: Stall) -> None:
    change = stall.change(stall.publish(stall.render()), stall.render(available=4), Part.STOCK)
    stall.control.fail(DropAnswer(after_effect=True), operation="product.stock")
    with pytest.raises(OutcomeUnknown):
        stall.adapter.set_stock(change)

    stall.adapter.set_stock(change)

    assert stall.item().variants[0].sellable == 4


def test_other_parts_in_a_batch_are_updated_too(stall: Stall) -> None:
    receipts = [stall.publish(stall.render(product_of(n))) for n in range(2)]
    renamed = stall.render(product_of(1).model_copy(update={"name": "ชื่อใหม่ยาวพอ"}), 5)
    changes = [
        stall.change(receipts[0], stall.render(product_of(0), 5), Part.STOCK),
        stall.change(receipts[1], renamed, Part.STOCK, Part.TEXT),
    ]

    answers = stall.adapter.update_many(changes)

    assert not any(isinstance(answer, ChannelError) for answer in answers)
    assert [item.title for item in stall.items()][1] == "ชื่อใหม่ยาวพอ"
    assert [item.variants[0].sellable for item in stall.items()] == [5, 5]


def test_a_promotion_locks_the_price_and_is_not_the_sellers_fault(stall: Stall) -> None:
    receipt = stall.publish(stall.render())
    stall.edit(locked=True)
    dearer = stall.render(make_product(variants=(make_variant(price=Money(5000)),)))

    with pytest.raises(Locked):
        stall.adapter.update(stall.change(receipt, dearer, Part.PRICE))


def test_withdrawing_hides_and_twice_is_fine(stall: Stall) -> None:
    rendition = stall.render()
    ref = stall.change(stall.publish(rendition), rendition).ref

    stall.adapter.withdraw(ref)
    stall.adapter.withdraw(ref)

    assert stall.item().status == "hidden"


def test_a_refusal_to_hide_is_told(stall: Stall) -> None:
    rendition = stall.render()
    ref = stall.change(stall.publish(rendition), rendition).ref
    stall.edit(status="refused")

    with pytest.raises(Rejected):
        stall.adapter.withdraw(ref)


def test_a_listing_is_read_back_in_our_units(stall: Stall) -> None:
    rendition = stall.render(available=6)
    receipt = stall.publish(rendition)

    seen = stall.adapter.fetch(stall.change(receipt, rendition).ref)

    assert seen.visible
    assert seen.permalink == receipt.permalink
    assert seen.seen["prices"] == {"UTT-BNB-100": 4500}
    assert seen.seen["available"] == {"UTT-BNB-100": 6}
