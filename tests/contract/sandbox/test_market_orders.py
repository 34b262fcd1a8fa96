from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox import SandboxOptions, SandboxServer, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.market.orders import place
from tests.contract.sandbox.clients import Market, clients_of, market_item, market_variant

LONG_AGO = "2020-01-01T00:00:00+00:00"


class Buyer:
    """Somebody who buys from shop 1 through the control API, as another process would."""

    def __init__(self, server: SandboxServer, http: httpx.Client) -> None:
        self._url = f"{server.url}/_sandbox"
        self._http = http

    def ask(self, path: str, **body: Any) -> httpx.Response:
        return self._http.post(self._url + path, json={"channel": "emarket", "account": "market1"} | body)

    def buy(self, quantity: int = 1, sku: str = "P-1", *, pay: bool = True) -> httpx.Response:
        return self.ask("/buy", sku=sku, quantity=quantity, pay=pay)

    def act(self, bought: httpx.Response, act: str, **more: Any) -> int:
        answer = self.ask("/orders", order=bought.json()["order"], act=act, **more)
        return answer.status_code


@pytest.fixture
def buyer(server: SandboxServer, http: httpx.Client, market: Market, square: str) -> Buyer:
    market.create(square)
    return Buyer(server, http)


def units(market: Market) -> tuple[int, int, int]:
    """Sellable, withheld and occupied units of the only variant."""
    (item,) = market.call("GET", "/product/by-sku", sku="P-1")["data"]["items"]
    (variant,) = item["variants"]
    return variant["sellable"], variant["withheld"], variant["occupied"]


def window(hours: float = 24, **more: Any) -> dict[str, str]:
    after = datetime.now(UTC) - timedelta(hours=hours)
    return {"update_after": after.isoformat()} | {name: str(value) for name, value in more.items()}


def orders(market: Market, **query: Any) -> list[dict[str, Any]]:
    return list(market.call("GET", "/orders", **window(**query))["data"]["orders"])


def statuses(market: Market) -> list[list[str]]:
    return [[row["status"] for row in order["items"]] for order in orders(market)]


def test_units_are_withheld_then_occupied_then_gone(market: Market, buyer: Buyer):
    bought = buyer.buy(2, pay=False)
    assert units(market) == (5, 2, 0)

    assert buyer.act(bought, "pay") == 200
    assert units(market) == (5, 0, 2)

    assert buyer.act(bought, "ship") == 200
    assert units(market) == (5, 0, 0)


@pytest.mark.parametrize("pay", [True, False])
def test_a_cancelled_order_gives_its_units_back(market: Market, buyer: Buyer, pay: bool):
    assert buyer.act(buyer.buy(3, pay=pay), "cancel") == 200

    assert units(market) == (7, 0, 0)
    assert statuses(market) == [["canceled"] * 3]


def test_an_order_that_is_not_paid_in_time_gives_its_units_back(
    server: SandboxServer, market: Market, buyer: Buyer
):
    buyer.buy(3, pay=False)
    server.control.advance(1_801)

    assert units(market) == (7, 0, 0)
    assert statuses(market) == [["expired"] * 3]


def test_what_is_sent_back_is_for_the_seller_to_count(market: Market, buyer: Buyer):
    bought = buyer.buy(2)
    buyer.act(bought, "ship")

    assert buyer.act(bought, "return_units", units=1) == 200

    assert units(market) == (5, 0, 0)
    assert statuses(market) == [["returned", "shipped"]]


def test_part_of_an_order_is_cancelled_and_the_rest_goes_on(market: Market, buyer: Buyer):
    bought = buyer.buy(3)

    assert buyer.act(bought, "cancel_units", units=1, line=bought.json()["line"]) == 200
    assert buyer.act(bought, "ship") == 200

    assert units(market) == (5, 0, 0)
    assert statuses(market) == [["canceled", "shipped", "shipped"]]


def test_nobody_buys_more_than_there_is_or_what_is_not_on_sale(market: Market, buyer: Buyer):
    assert buyer.buy(8).status_code == 409
    assert buyer.buy(sku="unknown").status_code == 409
    assert buyer.buy(7).status_code == 200

    item = market.call("GET", "/product/by-sku", sku="P-1")["data"]["items"][0]["item_id"]
    market.call("POST", "/product/stock", {"items": [{"sku": "P-1", "sellable": 5}]})
    market.call("POST", "/product/hide", {"items": [{"item_id": item}]})

    assert buyer.buy().status_code == 409


def test_what_is_not_possible_is_told_apart_from_what_is_not_understood(buyer: Buyer):
    bought = buyer.buy(2)

    assert buyer.act(bought, "ship") == 200
    assert buyer.act(bought, "cancel") == 409
    assert buyer.act(bought, "explode") == 400
    assert buyer.ask("/orders", order="0", act="pay").status_code == 409
    assert buyer.act(bought, "return_units") == 400
    assert buyer.ask("/buy", channel="instagram", sku="P-1").status_code == 400


def test_each_unit_is_a_row_and_the_buyer_is_invented(market: Market, buyer: Buyer):
    bought = buyer.buy(2).json()

    (order,) = orders(market)

    assert order["order_id"] == bought["order"]
    assert [(row["sku"], row["status"]) for row in order["items"]] == [("P-1", "paid")] * 2
    assert len({row["order_item_id"] for row in order["items"]}) == 2
    assert bought["line"] == "P-1"
    assert bought["rows"] == [row["order_item_id"] for row in order["items"]]
    assert order["buyer"]["phone"] == "0000000000"


def test_the_other_shop_sees_none_of_it(server: SandboxServer, buyer: Buyer, http: httpx.Client):
    buyer.buy()

    assert orders(Market(server.market_url, sandbox_accounts(2)[3], http)) == []


def test_orders_come_page_by_page_and_the_last_change_first_unless_asked_otherwise(
    market: Market, buyer: Buyer, control: SandboxControl
):
    made = []
    for _ in range(3):
        made.append(buyer.buy().json()["order"])
        control.advance(2)
    assert buyer.ask("/orders", order=made[0], act="ship").status_code == 200

    def page(**query: Any) -> list[str]:
        return [order["order_id"] for order in orders(market, **query)]

    assert page() == [made[0], made[2], made[1]]
    assert page(sort_direction="ASC") == [made[1], made[2], made[0]]
    assert page(limit=2) == page()[:2]
    assert page(limit=2, offset=2) == page()[2:]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"update_after": "yesterday"},
        {"update_after": "2026-11-26T00:00:00"},
        {"update_after": LONG_AGO},
        window(limit=101),
        window(limit="many"),
        window(offset=5_001),
    ],
    ids=["nothing", "word", "no zone", "too long ago", "too many", "no number", "too far"],
)
def test_a_list_outside_the_rules_is_refused(market: Market, query: dict[str, str]):
    assert market.call("GET", "/orders", **query)["code"] == "4100"


def test_a_window_of_fifteen_days_is_taken(market: Market):
    fits = {"update_after": LONG_AGO, "update_before": "2020-01-16T00:00:00+00:00"}

    assert market.call("GET", "/orders", **fits)["code"] == "0"
    assert market.call("GET", "/orders", **fits | {"update_before": "2020-01-16T00:00:01Z"})["code"] == "4100"


def test_a_total_counts_the_units_of_orders_and_may_not_fall_below_them(market: Market, buyer: Buyer):
    buyer.buy(3)

    def total(number: int) -> dict[str, Any]:
        return market.call("POST", "/product/stock", {"items": [{"sku": "P-1", "total": number}]})

    assert total(2)["detail"][0]["code"] == "RESERVED_STOCK"
    assert total(5)["data"]["items"] == [{"sku": "P-1", "sellable": 2, "withheld": 0, "occupied": 3}]


def test_orders_survive_a_restart(tmp_path: Path, square: str, http: httpx.Client):
    options = SandboxOptions(state_file=tmp_path / "state.json")
    with SandboxServer(options) as server:
        clients_of(server, sandbox_accounts(1), http).market.create(square)
        bought = Buyer(server, http).buy(2, pay=False)
    with SandboxServer(options) as server:
        again, market = Buyer(server, http), clients_of(server, sandbox_accounts(1), http).market

        assert again.act(bought, "pay") == 200
        assert units(market) == (5, 0, 2)


def test_an_order_of_several_goods_is_one_order(market: Market, square: str, control: SandboxControl):
    address = market.hosted(square)[0]["hosted_url"]
    for sku in ("A", "B"):
        body = market_item(address, sku=sku, variants=[market_variant(sku)])
        market.call("POST", "/product/create", body)

    control.run(lambda sandbox: place(sandbox, "market1", {"A": 1, "B": 2}, is_paid=False))

    (order,) = orders(market)
    assert [row["sku"] for row in order["items"]] == ["A", "B", "B"]


def edited(buyer: Buyer, **changes: Any) -> int:
    sku = changes.pop("sku", "P-1")
    return buyer.ask("/edit", sku=sku, changes=changes).status_code


def test_a_hand_in_the_back_office_changes_what_buyers_see(
    market: Market, buyer: Buyer, control: SandboxControl
):
    assert edited(buyer, price="99.00", stock=2, text="ข้อความที่แก้ด้วยมือในหน้าร้าน") == 200

    (shown,) = control.visible("emarket")
    assert (shown.prices, shown.stock) == ({"P-1": 9900}, {"P-1": 2})
    assert "แก้ด้วยมือ" in shown.text


def test_a_hand_in_the_back_office_hides_shows_and_deletes(buyer: Buyer, control: SandboxControl):
    assert edited(buyer, hidden=True) == 200
    assert control.visible("emarket") == []
    assert edited(buyer, hidden=False) == 200
    assert len(control.visible("emarket")) == 1
    assert edited(buyer, deleted=True) == 200
    assert control.listings("emarket") == []
    assert edited(buyer, stock=1) == 409


def test_an_edit_names_one_variant_or_all(
    market: Market, square: str, control: SandboxControl, server: SandboxServer, http: httpx.Client
):
    address = market.hosted(square)[0]["hosted_url"]
    options = [{"name": "ขนาด", "values": ["ก", "ข"]}]
    variants = [market_variant(f"P-{v}", option_values=[v]) for v in ("ก", "ข")]
    market.call("POST", "/product/create", market_item(address, options=options, variants=variants))
    buyer = Buyer(server, http)

    assert edited(buyer, sku="P-ก", stock=1) == 200
    assert control.listings("emarket")[0].stock == {"P-ก": 1, "P-ข": 7}
    assert edited(buyer, sku="P-ค", stock=1) == 409
