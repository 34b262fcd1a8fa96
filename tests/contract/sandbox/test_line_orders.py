"""Orders of a shop: how they move the four stock numbers, what the two calls answer, and what is not possible."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.deeds import Changes, NotPossible
from adapters.testing.sandbox.faults import Html502
from adapters.testing.sandbox.server import SandboxServer
from tests.contract.sandbox.clients import Clients, Line

SHOP = ("line_shop", "shop1")


@pytest.fixture
def product(line: Line, square: str) -> dict[str, Any]:
    """Seven pieces of P-1, on sale."""
    made = line.create(square).json()
    return line.call("POST", f"products/{made['id']}/display-status/onsale").json()


def numbers(line: Line) -> tuple[int, int, int, int]:
    """On hand, reserved, ready to ship, available."""
    (variant,) = line.call("GET", "products").json()["data"][0]["variants"]
    names = ("onHandNumber", "reservedNumber", "readyToShipNumber", "availableNumber")
    return tuple(variant[name] for name in names)  # type: ignore[return-value]


def words(line: Line, order: str) -> tuple[str, str, str]:
    body = line.call("GET", f"orders/{order}").json()
    return body["orderStatus"], body["paymentStatus"], body["shipmentStatus"]


def test_an_order_moves_the_stock_numbers_on_its_way(line: Line, product: dict, control: SandboxControl):
    order = control.buy(*SHOP, "P-1", 3, pay=False).order
    assert (numbers(line), words(line, order)) == ((7, 3, 0, 4), ("FINALIZED", "NO_PAYMENT", "NO_SHIPMENT"))

    control.act(*SHOP, order, "pay")
    assert (numbers(line), words(line, order)) == ((7, 0, 3, 4), ("FINALIZED", "PAID", "SHIPMENT_READY"))

    control.act(*SHOP, order, "ship")
    assert (numbers(line), words(line, order)) == ((4, 0, 0, 4), ("FINALIZED", "PAID", "SHIPPED_ALL"))

    control.act(*SHOP, order, "complete")
    assert (numbers(line), words(line, order)) == ((4, 0, 0, 4), ("COMPLETED", "PAID", "SHIPPED_ALL"))


@pytest.mark.parametrize(
    ("paid", "act", "said"),
    [
        (False, "expire", ("EXPIRED", "NO_PAYMENT", "NO_SHIPMENT")),
        (False, "cancel", ("CANCELED", "NO_PAYMENT", "NO_SHIPMENT")),
        (True, "cancel", ("CANCELED", "PENDING_REFUND", "SHIPMENT_READY")),
    ],
)
def test_units_of_an_order_that_ends_before_it_is_shipped_come_back(
    line: Line, product: dict, control: SandboxControl, paid: bool, act: str, said: tuple[str, str, str]
):
    order = control.buy(*SHOP, "P-1", 3, pay=paid).order

    control.act(*SHOP, order, act)

    assert (numbers(line), words(line, order)) == ((7, 0, 0, 7), said)


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ([], "ship"),
        ([], "complete"),
        (["pay"], "pay"),
        (["pay"], "expire"),
        (["pay"], "complete"),
        (["pay", "ship"], "ship"),
        (["pay", "ship"], "cancel"),
        (["cancel"], "pay"),
    ],
)
def test_what_an_order_is_past_is_not_possible_and_changes_nothing(
    line: Line, product: dict, control: SandboxControl, before: list[str], act: str
):
    order = control.buy(*SHOP, "P-1", 3, pay=False).order
    for done in before:
        control.act(*SHOP, order, done)
    then = numbers(line), words(line, order)

    with pytest.raises(NotPossible):
        control.act(*SHOP, order, act)

    assert (numbers(line), words(line, order)) == then


def test_nobody_can_buy_more_than_is_left_or_what_is_hidden(
    line: Line, product: dict, control: SandboxControl
):
    with pytest.raises(NotPossible):
        control.buy(*SHOP, "P-1", 8)
    with pytest.raises(NotPossible):
        control.buy(*SHOP, "unknown")
    line.call("POST", f"products/{product['id']}/display-status/hide")
    with pytest.raises(NotPossible):
        control.buy(*SHOP, "P-1")

    assert numbers(line) == (7, 0, 0, 7)
    assert line.call("GET", "orders").json()["data"] == []


def test_an_order_outlives_its_product(line: Line, product: dict, control: SandboxControl):
    order = control.buy(*SHOP, "P-1").order
    line.call("DELETE", f"products/{product['id']}")

    control.act(*SHOP, order, "ship")

    assert line.call("GET", f"orders/{order}").json()["orderItems"][0]["sku"] == "P-1"


def test_a_list_has_no_lines_and_the_detail_has(line: Line, product: dict, control: SandboxControl):
    bought = control.buy(*SHOP, "P-1", 2)

    (row,) = line.call("GET", "orders").json()["data"]
    detail = line.call("GET", f"orders/{bought.order}").json()

    assert "orderItems" not in row
    assert {name: value for name, value in detail.items() if name != "orderItems"} == row
    (item,) = detail["orderItems"]
    assert (item["productId"], item["quantity"], item["price"]) == (product["id"], 2, 45.5)
    assert bought.line == f"{item['productId']}/{item['variantId']}"
    assert (detail["subtotalPrice"], detail["totalPrice"]) == (91.0, 131.0)


def test_a_list_is_cut_by_time_sorted_and_paged(line: Line, product: dict, control: SandboxControl):
    orders = []
    for _ in range(3):
        orders.append(control.buy(*SHOP, "P-1", pay=False).order)
        control.advance(60)
    control.act(*SHOP, orders[0], "pay")
    sort = {"sortBy": "UPDATED_AT", "orderBy": "ASC"}

    found = line.call("GET", "orders", **sort).json()
    second = line.call("GET", "orders", **sort, page=2, perPage=1).json()
    since = line.call("GET", "orders", **sort, startAt=found["data"][1]["lastUpdatedAt"]).json()
    until = line.call("GET", "orders", **sort, endAt=found["data"][1]["lastUpdatedAt"]).json()
    paid = line.call("GET", "orders", paymentStatus=["PAID"]).json()

    def named(page: dict[str, Any]) -> list[str]:
        return [row["orderNumber"] for row in page["data"]]

    assert named(found) == [orders[1], orders[2], orders[0]]
    assert (named(second), second["totalPage"], second["totalRow"]) == ([orders[2]], 3, 3)
    assert named(since) == [orders[2], orders[0]]
    assert named(until) == [orders[1], orders[2]]
    assert named(paid) == [orders[0]]


@pytest.mark.parametrize(
    "query",
    [
        {"startAt": "yesterday"},
        {"startAt": "2026-01-01T00:00:00+07:00"},
        {"sortBy": "PRICE"},
        {"orderBy": "UP"},
        {"perPage": 101},
        {"page": 0},
    ],
)
def test_a_question_out_of_form_is_refused(line: Line, query: dict[str, Any]):
    answer = line.call("GET", "orders", **query)

    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


def test_an_order_of_another_shop_is_not_found(
    line: Line, product: dict, control: SandboxControl, start: Callable
):
    order = control.buy(*SHOP, "P-1").order
    other = Line(line.base, line.account, line.http)
    assert other.call("GET", "orders/1").status_code == 404

    with pytest.raises(NotPossible):
        control.act("line_shop", "shop2", order, "ship")


def test_order_calls_are_recorded_and_meet_faults(line: Line, product: dict, control: SandboxControl):
    order = control.buy(*SHOP, "P-1").order
    control.fail(Html502(), operation="order.get")

    assert line.call("GET", f"orders/{order}").status_code == 502
    assert line.call("GET", f"orders/{order}").status_code == 200
    line.call("GET", "orders")
    assert [entry["operation"] for entry in control.journal()[-3:]] == [
        "order.get",
        "order.get",
        "order.list",
    ]
    assert not any(entry["mutating"] for entry in control.journal()[-3:])


def test_orders_survive_a_restart(start: Callable, square: str, tmp_path: Path):
    first, clients = start(state_file=tmp_path / "state.json")
    made = clients.line.create(square).json()
    clients.line.call("POST", f"products/{made['id']}/display-status/onsale")
    order = first.control.buy(*SHOP, "P-1", 2).order
    first.__exit__(None, None, None)

    second, again = start(state_file=tmp_path / "state.json")

    assert numbers(again.line) == (7, 0, 2, 5)
    second.control.act(*SHOP, order, "ship")
    assert numbers(again.line) == (5, 0, 0, 5)
    assert [row["orderNumber"] for row in again.line.call("GET", "orders").json()["data"]] == [order]


def control_call(server: SandboxServer, path: str, body: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/_sandbox{path}", json=body, trust_env=False)


def test_another_process_can_buy_and_act(server: SandboxServer, clients: Clients, product: dict):
    purchase = {"channel": "line_shop", "account": "shop1", "sku": "P-1", "quantity": 2, "pay": False}

    bought = control_call(server, "/buy", purchase).json()
    deed = {"channel": "line_shop", "account": "shop1", "order": bought["order"], "act": "pay"}

    assert set(bought) == {"order", "line"}
    assert control_call(server, "/orders", deed).status_code == 200
    assert control_call(server, "/orders", deed).status_code == 409
    assert control_call(server, "/buy", purchase | {"quantity": 6}).status_code == 409
    assert control_call(server, "/buy", purchase | {"quantity": 0}).status_code == 400
    assert control_call(server, "/buy", purchase | {"channel": "post office"}).status_code == 400
    assert control_call(server, "/buy", purchase | {"colour": "red"}).status_code == 400
    assert numbers(clients.line) == (7, 0, 2, 5)


def test_a_seller_edits_a_product_by_hand(
    server: SandboxServer, line: Line, product: dict, control: SandboxControl
):
    control.buy(*SHOP, "P-1", 2)
    edit = {"channel": "line_shop", "account": "shop1", "sku": "P-1", "changes": {"price": 50, "stock": 3}}

    assert control_call(server, "/edit", edit).status_code == 200
    control.edit(*SHOP, Changes(text="ข้อความใหม่", hidden=True), external_id=str(product["id"]))

    (edited,) = line.call("GET", "products").json()["data"]
    assert (edited["description"], edited["isDisplay"]) == ("ข้อความใหม่", False)
    assert edited["variants"][0]["price"] == 50
    assert numbers(line) == (5, 0, 2, 3)
    control.edit(*SHOP, Changes(deleted=True), sku="P-1")
    assert line.call("GET", "products").json()["data"] == []
    with pytest.raises(NotPossible):
        control.edit(*SHOP, Changes(hidden=False), sku="P-1")
