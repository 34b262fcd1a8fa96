"""Stock figures beside what the shop sells by itself: units that were sold unseen are never offered a second time."""

from collections.abc import Callable

import httpx
import pytest

from schemas.channel import Part
from schemas.listing import Receipt
from tests.contract.line_shop.shop import Shop, two_sizes, units
from tests.support.factories import make_product

SKU = "UTT-BNB-100"


@pytest.fixture
def receipt(shop: Shop) -> Receipt:
    return shop.publish(shop.render(available=10))


def written(shop: Shop, receipt: Receipt, wanted: int, held: int) -> dict[str, int]:
    rendition = shop.render(available=wanted, held=held)
    shows = shop.adapter.set_stock(shop.change(receipt, rendition, Part.STOCK)).shows
    assert shows == units(shop)
    return dict(shows)


def test_units_sold_unseen_are_taken_off_the_figure(shop: Shop, receipt: Receipt) -> None:
    shop.buy(SKU, 3)
    shop.buy(SKU, 1, pay=False)

    assert written(shop, receipt, wanted=9, held=0) == {SKU: 5}
    assert written(shop, receipt, wanted=9, held=3) == {SKU: 8}
    assert written(shop, receipt, wanted=9, held=4) == {SKU: 9}


def test_more_sold_unseen_than_there_is_leaves_nothing_for_sale(shop: Shop, receipt: Receipt) -> None:
    shop.buy(SKU, 4)

    assert written(shop, receipt, wanted=3, held=0) == {SKU: 0}
    assert shop.product().variants[0].on_hand == 4


def test_an_order_that_left_the_shop_takes_nothing_off(shop: Shop, receipt: Receipt) -> None:
    shop.act(shop.buy(SKU, 4), "ship")

    assert written(shop, receipt, wanted=6, held=4) == {SKU: 6}


def test_a_figure_that_is_right_beside_unseen_sales_costs_no_write(shop: Shop, receipt: Receipt) -> None:
    shop.buy(SKU, 4)
    seen = len(shop.control.journal())

    assert written(shop, receipt, wanted=10, held=0) == {SKU: 6}

    assert shop.calls(seen) == ["product.list"]


@pytest.mark.parametrize("act", ["buy", "ship", "cancel"])
def test_what_happens_between_reading_and_writing_is_not_undone(
    shop: Shop, receipt: Receipt, http: httpx.Client, act: str
) -> None:
    known = shop.buy(SKU, 2)
    acts: dict[str, Callable[[], object]] = {
        "buy": lambda: shop.buy(SKU, 3),
        "ship": lambda: shop.act(known, "ship"),
        "cancel": lambda: shop.act(known, "cancel"),
    }

    def meddle(request: httpx.Request) -> None:
        if request.method == "PATCH":
            http.event_hooks = {"request": []}
            acts[act]()

    http.event_hooks = {"request": [meddle]}
    left = written(shop, receipt, wanted=7, held=2)[SKU]

    assert left == {"buy": 4, "ship": 7, "cancel": 7}[act]


def test_units_in_open_orders_count_against_the_most_the_shop_takes(shop: Shop, receipt: Receipt) -> None:
    shop.buy(SKU, 5)

    assert written(shop, receipt, wanted=99_999, held=5) == {SKU: 99_994}


def test_a_publish_tells_what_the_shop_then_sells(shop: Shop) -> None:
    receipt = shop.publish(shop.render(two_sizes(), {"BNB-100": 7, "BNB-250": 0}))

    assert receipt.shows == {"BNB-100": 7, "BNB-250": 0}


def test_units_in_open_orders_are_no_part_of_what_is_wanted(shop: Shop) -> None:
    free, held = shop.render(available=4), shop.render(available=4, held=3)

    assert held.parts == free.parts
    assert held.fingerprint == free.fingerprint
    assert held.body["held"] == dict.fromkeys(make_product().skus, 3)
