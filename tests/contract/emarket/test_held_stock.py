"""Units that the market sold and we have not heard of are never offered a second time."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.emarket.errors import LOCKED_FOR, StockReserved
from adapters.emarket.market import Capability
from adapters.errors import Locked
from adapters.testing.sandbox.faults import Error
from adapters.testing.sandbox.market import orders as buyers
from adapters.testing.sandbox.server import SandboxServer
from schemas.channel import Part
from schemas.listing import Receipt, Rendition
from schemas.money import Money
from tests.contract.emarket.stall import Stall
from tests.contract.emarket.test_orders import with_files
from tests.support.factories import make_marker, make_offers, make_product, make_variant
from tests.support.shops import sandbox_account, store_pictures

SHOP = "market1"
SKU = "UTT-BNB-100"


def wish(stall: Stall, available: int, *, held: int = 0, product: Any = None) -> Rendition:
    """What the ledger wants, which knows of so many held units."""
    product = product or make_product()
    offers = {sku: replace(offer, held=held) for sku, offer in make_offers(product, available).items()}
    rendition: Rendition = stall.adapter.render(product, offers, marker=make_marker(product))
    store_pictures(rendition, stall.pictures)
    return rendition


def sold_there(stall: Stall, units: int, *, is_paid: bool = True, sku: str = SKU) -> Any:
    return stall.control.run(lambda sandbox: buyers.place(sandbox, SHOP, {sku: units}, is_paid=is_paid))


def write(stall: Stall, receipt: Receipt, rendition: Rendition) -> Receipt:
    told: Receipt = stall.adapter.set_stock(stall.change(receipt, rendition, Part.STOCK))
    return told


def sellable(stall: Stall) -> list[int]:
    return [variant.sellable for variant in stall.item().variants]


def writes(stall: Stall) -> int:
    return len(stall.control.calls("product.stock"))


@pytest.mark.parametrize("is_paid", [True, False])
def test_units_sold_there_and_not_heard_of_are_not_offered_again(stall: Stall, is_paid: bool) -> None:
    receipt = stall.publish(wish(stall, 5))
    sold_there(stall, 2, is_paid=is_paid)

    told = write(stall, receipt, wish(stall, 4))

    assert sellable(stall) == [2]
    assert told.shows == {SKU: 2}
    assert writes(stall) == 2


def test_units_the_ledger_knows_of_are_not_taken_twice(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    sold_there(stall, 2)

    told = write(stall, receipt, wish(stall, 3, held=2))

    assert sellable(stall) == [3]
    assert told.shows == {SKU: 3}
    assert writes(stall) == 1


def test_more_sold_there_than_there_is_leaves_nothing_for_sale(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 9))
    sold_there(stall, 6)

    write(stall, receipt, wish(stall, 4, held=1))

    assert sellable(stall) == [0]


def test_a_market_that_has_not_heard_of_an_end_holds_nobody_back(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))

    write(stall, receipt, wish(stall, 4, held=3))

    assert sellable(stall) == [4]


def test_a_batch_corrects_each_listing_for_itself(stall: Stall) -> None:
    products = [make_product(sku, variants=(make_variant(sku),)) for sku in ("A-1", "B-2", "C-3")]
    receipts = [stall.publish(wish(stall, 5, product=product)) for product in products]
    sold_there(stall, 2, sku="B-2")
    before = writes(stall)

    answers = stall.adapter.update_many(
        [
            stall.change(receipt, wish(stall, 4, product=product), Part.STOCK)
            for receipt, product in zip(receipts, products, strict=True)
        ]
    )

    assert [item.variants[0].sellable for item in stall.items()] == [4, 2, 4]
    assert [answer.shows for answer in answers] == [{"A-1": 4}, {"B-2": 2}, {"C-3": 4}]
    assert writes(stall) == before + 2


def test_details_carry_stock_and_release_nothing_either(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    sold_there(stall, 2)
    heavier = make_product(variants=(make_variant(weight_g=200),))

    told = stall.adapter.update(stall.change(receipt, wish(stall, 4, product=heavier), Part.DETAILS))

    assert stall.item().variants[0].weight_g == 200
    assert sellable(stall) == [2]
    assert told.shows == {SKU: 2}


def test_a_market_that_takes_only_whole_products_releases_nothing_by_a_new_text(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    sold_there(stall, 2)
    market = stall.adapter.market
    whole = market.capabilities - {Capability.PARTIAL_UPDATE}
    stall.adapter = with_files(
        stall.adapter, market.model_copy(update={"capabilities": whole}), stall.adapter._fields
    )

    renamed = make_product(name="ชื่อใหม่ที่ยาวพอ")
    stall.adapter.update(stall.change(receipt, wish(stall, 4, product=renamed), Part.TEXT))

    assert stall.item().title == "ชื่อใหม่ที่ยาวพอ"
    assert sellable(stall) == [2]


def test_a_variant_that_is_new_comes_before_its_row_of_stock(stall: Stall) -> None:
    def goods(*skus: str) -> Any:
        return make_product(
            "P", options=("แบบ",), variants=tuple(make_variant(sku, options=(sku,)) for sku in skus)
        )

    receipt = stall.publish(wish(stall, 5, product=goods("A-1")))
    grown = wish(stall, 4, product=goods("A-1", "B-2"))

    (answer,) = stall.adapter.update_many([stall.change(receipt, grown, Part.DETAILS, Part.STOCK)])

    assert isinstance(answer, Receipt)
    assert sellable(stall) == [4, 4]


def test_a_new_listing_tells_what_the_market_shows(stall: Stall) -> None:
    assert stall.publish(wish(stall, 12)).shows == {SKU: 12}


def test_an_answer_that_tells_nothing_of_orders_is_believed(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    body = {"code": "0", "data": {"items": [{"sku": SKU, "sellable": 7}]}}
    stall.control.fail(Error(status=200, body=body, after_effect=True), operation="product.stock")

    assert write(stall, receipt, wish(stall, 7)).shows == {SKU: 7}


@pytest.mark.parametrize(
    "data", [{}, {"items": None}, {"items": {}}, {"items": [{"sku": SKU}]}, {"items": ["x"]}], ids=str
)
def test_an_answer_that_shows_nothing_is_no_failure(stall: Stall, data: Any) -> None:
    receipt = stall.publish(wish(stall, 5))
    body = {"code": "0", "data": data}
    stall.control.fail(Error(status=200, body=body, after_effect=True), operation="product.stock")

    assert write(stall, receipt, wish(stall, 4)).shows is None
    assert sellable(stall) == [4]


def test_a_count_below_what_orders_hold_is_taken_as_none_and_told(
    stall: Stall, caplog: pytest.LogCaptureFixture
) -> None:
    receipt = stall.publish(wish(stall, 5))
    shown = {"sku": SKU, "sellable": -3, "withheld": 0, "occupied": 3}
    body = {"code": "0", "data": {"items": [shown]}}
    stall.control.fail(Error(status=200, body=body, after_effect=True), operation="product.stock")

    with caplog.at_level(logging.WARNING):
        told = write(stall, receipt, wish(stall, 4, held=3))

    assert told.shows == {SKU: 0}
    assert f"contradicts itself about {SKU}: -3 for sale, 3 held" in caplog.text


# Markets whose figure counts what orders hold.


@pytest.fixture
def counting_total(server: SandboxServer, stall_at: Callable[..., Stall]) -> Stall:
    server.control.reset()
    stall = stall_at(server, sandbox_account("emarket"))
    fields = stall.adapter._fields.model_copy(update={"stock_row": {"sku": "sku", "total": "total"}})
    stall.adapter = with_files(stall.adapter, stall.adapter.market, fields)
    return stall


def test_a_total_holds_the_units_of_orders_we_know(counting_total: Stall) -> None:
    receipt = counting_total.publish(wish(counting_total, 5))
    sold_there(counting_total, 2)

    write(counting_total, receipt, wish(counting_total, 3, held=2))

    assert sellable(counting_total) == [3]
    assert writes(counting_total) == 1


def test_a_total_below_what_orders_hold_is_read_anew_and_written_once_more(counting_total: Stall) -> None:
    receipt = counting_total.publish(wish(counting_total, 9))
    sold_there(counting_total, 6)

    told = write(counting_total, receipt, wish(counting_total, 4))

    assert sellable(counting_total) == [0]
    assert told.shows == {SKU: 0}
    assert [
        entry["body"]["items"][0]["total"] for entry in counting_total.control.calls("product.stock")
    ] == [4, 6]


def test_a_total_that_would_release_units_is_put_right(counting_total: Stall) -> None:
    """The ledger still holds units that the market has shipped: its total then shows too many."""
    receipt = counting_total.publish(wish(counting_total, 5))

    write(counting_total, receipt, wish(counting_total, 4, held=3))

    assert sellable(counting_total) == [4]


def test_a_refusal_for_what_orders_hold_is_met_by_one_more_try(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    sold_there(stall, 2)
    row = {"sku": SKU, "code": "RESERVED_STOCK", "message": "reserved"}
    stall.control.fail(Error(status=200, body={"code": "501", "detail": [row]}), operation="product.stock")

    told = write(stall, receipt, wish(stall, 4))

    assert sellable(stall) == [2]
    assert told.shows == {SKU: 2}
    assert writes(stall) == 2


def test_a_conflict_that_stays_is_tried_again_later_and_says_so(counting_total: Stall) -> None:
    receipt = counting_total.publish(wish(counting_total, 5))
    row = {"sku": SKU, "code": "RESERVED_STOCK", "message": "reserved"}
    counting_total.control.fail(
        Error(status=200, body={"code": "501", "detail": [row]}), operation="product.stock", count=None
    )

    with pytest.raises(StockReserved) as caught:
        write(counting_total, receipt, wish(counting_total, 4))
    counting_total.control.clear_faults()

    assert caught.value.problem is not None
    assert "กันสินค้าไว้ให้คำสั่งซื้อ" in caught.value.problem.th
    assert writes(counting_total) == 2


def test_a_conflict_whose_reading_fails_stays_a_conflict(counting_total: Stall) -> None:
    receipt = counting_total.publish(wish(counting_total, 9))
    sold_there(counting_total, 6)
    counting_total.control.fail(Error(status=200, code="513"), operation="product.by_sku")

    with pytest.raises(StockReserved):
        write(counting_total, receipt, wish(counting_total, 4))


# Promotions: stock may rise, not fall.


def test_a_promotion_lets_stock_rise_and_keeps_a_fall_waiting(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    stall.edit(locked=True)

    write(stall, receipt, wish(stall, 8))
    with pytest.raises(Locked) as caught:
        write(stall, receipt, wish(stall, 2))

    assert sellable(stall) == [8]
    assert caught.value.retry_after == LOCKED_FOR
    assert caught.value.problem is not None
    assert "ยังไม่ให้แก้สินค้านี้ตอนนี้" in caught.value.problem.th


def test_the_wish_is_carried_out_once_the_promotion_is_over(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    stall.edit(locked=True)
    with pytest.raises(Locked):
        write(stall, receipt, wish(stall, 2))

    stall.edit(locked=False)
    write(stall, receipt, wish(stall, 2))

    assert sellable(stall) == [2]


def test_a_locked_text_or_price_keeps_no_stock_from_being_written(stall: Stall) -> None:
    receipt = stall.publish(wish(stall, 5))
    stall.edit(locked=True)
    changed = make_product(name="ชื่อใหม่ที่ยาวพอ", variants=(make_variant(price=Money(9_900)),))
    change = stall.change(receipt, wish(stall, 6, product=changed), Part.TEXT, Part.PRICE, Part.STOCK)

    with pytest.raises(Locked):
        stall.adapter.update(change)

    assert sellable(stall) == [6]
    assert stall.item().variants[0].price == "45.00"


def test_the_locked_listing_of_a_batch_keeps_no_other_waiting(stall: Stall) -> None:
    products = [make_product(sku, variants=(make_variant(sku),)) for sku in ("A-1", "B-2")]
    receipts = [stall.publish(wish(stall, 5, product=product)) for product in products]
    stall.control.run(lambda sandbox: setattr(sandbox.market.by_code[SHOP, "A-1"], "locked", True))

    answers = stall.adapter.update_many(
        [
            stall.change(receipt, wish(stall, 3, product=product), Part.STOCK)
            for receipt, product in zip(receipts, products, strict=True)
        ]
    )

    assert [type(answer) for answer in answers] == [Locked, Receipt]
