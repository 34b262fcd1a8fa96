"""Listings read back page by page, and what is no longer as it was sent."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.emarket.api_ports import api_adapter
from adapters.emarket.market import Capability
from adapters.errors import ChannelError, Throttled, Transient
from adapters.observing import ObservedAdapter
from adapters.orders import OrderingAdapter
from adapters.testing.sandbox.faults import DropAnswer, Error, Throttle
from adapters.testing.sandbox.market import editing
from adapters.testing.sandbox.market import orders as buyers
from schemas.channel import Part
from schemas.listing import RemoteListing, Rendition
from schemas.money import Money
from tests.contract.emarket.stall import Stall
from tests.contract.emarket.test_held_stock import wish
from tests.contract.emarket.test_orders import with_files
from tests.support.factories import make_product, make_variant

SHOP = "market1"
SKU = "UTT-BNB-100"


def browse(stall: Stall) -> list[RemoteListing]:
    found: list[RemoteListing] = []
    cursor: Any = None
    for _ in range(20):
        page = stall.adapter.browse(cursor)
        found += page.listings
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the listings never ended")


def by_hand(stall: Stall, **changes: Any) -> None:
    stall.control.run(lambda sandbox: editing.edit(sandbox, {"account": SHOP, "listing": SKU} | changes))


def differences(stall: Stall, rendition: Rendition) -> dict[Part, tuple[str, str]]:
    (remote,) = browse(stall)
    found = stall.adapter.differences(rendition, remote)
    return {part: (difference.wanted, difference.seen) for part, difference in found.items()}


@pytest.mark.parametrize(
    ("without", "ordering", "observed"),
    [
        (set(), True, True),
        ({Capability.ORDERS, Capability.WEBHOOK}, False, True),
        ({Capability.LIST_CHANGED}, True, False),
        ({Capability.ORDERS, Capability.WEBHOOK, Capability.LIST_CHANGED}, False, False),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_a_market_offers_what_its_file_declares(
    stall: Stall, without: set[Capability], ordering: bool, observed: bool
) -> None:
    market = stall.adapter.market
    less = market.model_copy(update={"capabilities": market.capabilities - without})
    adapter = api_adapter(
        stall.adapter._context, replace(stall.adapter._loaded, market=less), stall.adapter._fields
    )

    assert isinstance(adapter, OrderingAdapter) is ordering
    assert isinstance(adapter, ObservedAdapter) is observed


def test_every_listing_is_read_fifty_in_a_call(stall: Stall) -> None:
    first = stall.publish(stall.render())

    def fill(sandbox: Any) -> None:
        pattern = sandbox.market.items[first.external_id]
        for number in range(60):
            variants = [replace(pattern.variants[0], sku=f"V-{number}")]
            item = replace(pattern, item_id=str(sandbox.market.next()), sku=f"P-{number}", variants=variants)
            sandbox.market.add(item)

    stall.control.run(fill)

    found = browse(stall)

    assert len({listing.external_id for listing in found}) == 61
    assert len(stall.control.calls("product.list")) == 2


def test_a_listing_is_read_with_all_that_can_be_compared(stall: Stall) -> None:
    receipt = stall.publish(stall.render(available=6))

    (read,) = browse(stall)

    assert (read.external_id, read.permalink, read.visible) == (receipt.external_id, receipt.permalink, True)
    assert read.seen["prices"] == {SKU: 4500}
    assert read.seen["available"] == {SKU: 6}
    assert read.seen["held"] == {SKU: 0}
    assert read.seen["title"] == stall.item().title
    assert read.seen["description"] == stall.item().description


def test_what_is_as_it_was_sent_differs_in_nothing(stall: Stall) -> None:
    rendition = stall.render()
    stall.publish(rendition)

    assert differences(stall, rendition) == {}


def test_edits_by_hand_are_found_part_by_part(stall: Stall) -> None:
    rendition = stall.render()
    stall.publish(rendition)

    by_hand(stall, price="99.50", stock=3)

    assert differences(stall, rendition) == {
        Part.PRICE: (f"{SKU} 45.00 บาท", f"{SKU} 99.50 บาท"),
        Part.STOCK: (f"{SKU} 10 ชิ้น", f"{SKU} 3 ชิ้น"),
    }


def test_an_edited_text_is_shown_from_where_it_differs(stall: Stall) -> None:
    rendition = stall.render()
    stall.publish(rendition)
    text = stall.item().description

    by_hand(stall, text=text + " แก้ด้วยมือ")

    (wanted, seen) = differences(stall, rendition)[Part.TEXT]
    assert seen.endswith("แก้ด้วยมือ")
    assert "แก้ด้วยมือ" not in wanted
    assert len(seen) < 60


def test_an_edited_name_is_a_difference_of_the_text(stall: Stall) -> None:
    rendition = stall.render()
    stall.publish(rendition)

    by_hand(stall, title="ชื่อที่แก้ด้วยมือ")

    assert differences(stall, rendition)[Part.TEXT][1] == "ชื่อที่แก้ด้วยมือ"


def test_spaces_and_line_ends_are_the_markets_own(stall: Stall) -> None:
    rendition = stall.render()
    stall.publish(rendition)

    by_hand(stall, text=stall.item().description.replace("\n", " \r\n "))

    assert differences(stall, rendition) == {}


def test_a_hidden_listing_is_read_and_is_no_difference(stall: Stall) -> None:
    rendition = stall.render()
    stall.publish(rendition)

    by_hand(stall, hidden=True)

    assert [listing.visible for listing in browse(stall)] == [False]
    assert differences(stall, rendition) == {}


def test_units_that_buyers_took_are_no_drift(stall: Stall) -> None:
    stall.publish(wish(stall, 5))
    stall.control.run(lambda sandbox: buyers.place(sandbox, SHOP, {SKU: 2}, is_paid=True))

    assert differences(stall, wish(stall, 5)) == {}
    assert differences(stall, wish(stall, 3, held=2)) == {}
    assert set(differences(stall, wish(stall, 5, held=2))) == {Part.STOCK}


def test_what_a_market_does_not_tell_is_never_different(stall: Stall) -> None:
    rendition = stall.render()
    receipt = stall.publish(rendition)
    unseen = RemoteListing(external_id=receipt.external_id, visible=True, seen={})

    assert stall.adapter.differences(rendition, unseen) == {}


def test_a_variant_that_is_not_shown_is_not_compared(stall: Stall) -> None:
    goods = make_product("P", options=("แบบ",), variants=tuple(make_variant(s, options=(s,)) for s in "AB"))
    rendition = stall.render(goods)
    receipt = stall.publish(rendition)
    remote = RemoteListing(
        external_id=receipt.external_id,
        visible=True,
        seen={"prices": {"A": 4500, "Z": 1}, "available": {"A": 10, "Z": 1}},
    )

    assert stall.adapter.differences(rendition, remote) == {}


def test_a_reduced_price_is_compared_as_it_is_sold(stall: Stall) -> None:
    reduced = make_product(variants=(make_variant(price=Money(4050), compare_at=Money(4500)),))
    rendition = stall.render(reduced)
    stall.publish(rendition)

    assert differences(stall, rendition) == {}


def test_listings_of_others_with_figures_nobody_understands_spoil_no_page(stall: Stall) -> None:
    stall.publish(stall.render())

    def spoil(sandbox: Any) -> None:
        (variant,) = next(iter(sandbox.market.items.values())).variants
        variant.price, variant.sellable = "free!", "plenty"

    stall.control.run(spoil)

    (read,) = browse(stall)
    assert (read.seen["prices"], read.seen["available"]) == ({}, {})


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (DropAnswer(after_effect=True), Transient),
        (Throttle(seconds=5), Throttled),
        (Error(status=200, body={"code": "0", "data": {}}), Transient),
    ],
    ids=str,
)
def test_a_page_that_cannot_be_read_is_no_empty_page(
    stall: Stall, effect: Any, error: type[ChannelError]
) -> None:
    stall.control.fail(effect, operation="product.list")

    with pytest.raises(error):
        stall.adapter.browse(None)


def test_a_market_without_texts_in_its_lists_is_compared_without_them(stall: Stall) -> None:
    reads = stall.adapter._fields.reads.model_copy(update={"title": None, "description": None})
    fields = stall.adapter._fields.model_copy(update={"reads": reads})
    stall.adapter = with_files(stall.adapter, stall.adapter.market, fields)
    rendition = stall.render()
    stall.publish(rendition)

    by_hand(stall, title="ชื่อที่แก้ด้วยมือ")

    assert differences(stall, rendition) == {}
