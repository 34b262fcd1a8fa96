from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox import Rates, dead_account, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.options import DuplicateCodes
from adapters.testing.sandbox.server import SandboxServer
from tests.contract.sandbox.clients import Line, line_product
from tests.support.factories import DictPictures


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def two_levels(url: str) -> dict[str, Any]:
    options = {
        "option1": {"name": "สี", "data": [{"value": "ดำ", "imageUrl": url}, {"value": "ขาว"}]},
        "option2": {"name": "ไซซ์", "data": [{"value": "M"}, {"value": "L"}]},
    }
    variants = [
        {"options": [0, 0], "sku": "P-1-BM", "price": 199, "weight": 0.25, "onHandNumber": 5},
        {"options": [1, 1], "sku": "P-1-WL", "price": 199.5, "weight": 0.3, "onHandNumber": 2},
    ]
    return {"variantOptions": options, "variants": variants}


def test_new_product_is_hidden_until_put_on_sale(line: Line, square: str, control: SandboxControl):
    created = line.create(square)
    product = created.json()

    assert (created.status_code, product["isDisplay"], product["hasOnlyDefaultVariant"]) == (201, False, True)
    assert control.visible("line_shop") == []

    assert line.call("POST", f"products/{product['id']}/display-status/onsale").json()["isDisplay"] is True
    assert [listing.code for listing in control.visible("line_shop")] == ["P-1"]
    line.call("POST", f"products/{product['id']}/display-status/hide")
    assert control.visible("line_shop") == []


def test_variants_have_ids_and_inventories_of_their_own(line: Line, square: str):
    product = line.create(square, **two_levels(square)).json()

    ids = [number for variant in product["variants"] for number in (variant["id"], variant["inventoryId"])]
    assert len(set(ids)) == 4
    assert product["hasOnlyDefaultVariant"] is False
    assert product["variants"][1]["options"] == [{"name": "สี", "value": "ขาว"}, {"name": "ไซซ์", "value": "L"}]
    assert product["variants"][0]["imageUrl"]
    assert square not in product["imageUrls"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"code": None},
        {"categoryId": 1},
        {"imageUrls": []},
        {"imageUrls": ["x"] * 8},
        {"variants": []},
        {"variants": [{"price": 0, "weight": 1, "onHandNumber": 1}]},
        {"variants": [{"price": 1.001, "weight": 1, "onHandNumber": 1}]},
        {"variants": [{"price": 1, "weight": 0.001, "onHandNumber": 1}]},
        {"variants": [{"price": 1, "weight": 1000, "onHandNumber": 1}]},
        {"variants": [{"price": 1, "weight": 1, "onHandNumber": 0}]},
        {"variants": [{"price": 1, "weight": 1, "onHandNumber": 100_000}]},
        {"variants": [{"price": 1, "weight": 1, "onHandNumber": 1, "options": [0]}]},
        {"variantOptions": {"option1": {"name": "a", "data": [{"value": "b"}]}, "option3": {}}},
    ],
)
def test_products_outside_the_rules_are_refused(line: Line, square: str, change: dict[str, Any]):
    assert code(line.create(square, **change)) == (400, "BAD_REQUEST")


def test_option_indexes_are_bounded(line: Line, square: str):
    body = two_levels(square)
    body["variants"][0]["options"] = [2, 0]

    assert code(line.create(square, **body)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x.jpg", "{host}/missing.jpg", "{host}/page.jpg"])
def test_pictures_that_cannot_be_had_are_refused(line: Line, host: DictPictures, address: str):
    host.files["page.jpg"] = b"<html>share page</html>"

    assert code(line.create(address.format(host=host.base_url))) == (400, "BAD_REQUEST")


def test_pictures_are_ignored_when_so_switched(start: Callable):
    _, clients = start(line_strict_pictures=False)

    assert clients.line.create("https://pictures.invalid/x.jpg").status_code == 201


def test_look_up_by_sku_finds_hidden_products_and_skips_unknown(line: Line, square: str):
    product = line.create(square, **two_levels(square)).json()

    found = line.call("GET", "products", skus=["P-1-WL", "P-1-BM", "nothing"]).json()

    assert [row["id"] for row in found["data"]] == [product["id"]]
    assert (found["totalRow"], found["totalPage"]) == (1, 1)
    assert line.call("GET", "products", skus=["nothing"]).json()["data"] == []
    assert line.call("GET", "products", ids=[product["id"], 7]).json()["totalRow"] == 1


def test_list_pages_and_refuses_more_than_a_hundred(line: Line, square: str):
    for n in range(3):
        line.create(square, code=f"P-{n}")

    second = line.call("GET", "products", page=2, perPage=2).json()

    assert (second["totalRow"], second["totalPage"], len(second["data"])) == (3, 2, 1)
    assert line.call("GET", "products").json()["perPage"] == 25
    assert code(line.call("GET", "products", perPage=101)) == (400, "BAD_REQUEST")


def test_duplicates_are_accepted_refused_or_conflicting_as_switched(start: Callable, line: Line, square: str):
    line.create(square)
    assert line.create(square).status_code == 201
    for mode, expected in (
        (DuplicateCodes.BAD_REQUEST, (400, "BAD_REQUEST")),
        (DuplicateCodes.CONFLICT, (409, "DATA_CONFLICT")),
    ):
        _, clients = start(duplicate_codes=mode)
        clients.line.create(square)
        assert code(clients.line.create(square)) == expected


def test_details_change_without_touching_price_or_stock(line: Line, square: str, other: str):
    product = line.create(square, **two_levels(square)).json()
    renames = {"option1": {"name": "สีผ้า", "data": [{"currentValue": "ดำ", "newValue": "ดำสนิท"}]}}

    changed = line.call(
        "PATCH",
        f"products/{product['id']}",
        {"name": "ชื่อใหม่", "imageUrls": [other], "licenses": {"fda": "99-9"}, "variantOptions": renames},
    ).json()

    assert changed["name"] == "ชื่อใหม่"
    assert changed["imageUrls"] != product["imageUrls"]
    assert changed["licenses"] == {"fda": "99-9"}
    assert changed["variantOptions"][0] == {"name": "สีผ้า", "values": ["ดำสนิท", "ขาว"]}
    assert changed["variants"][0]["options"][0] == {"name": "สีผ้า", "value": "ดำสนิท"}
    assert [row["price"] for row in changed["variants"]] == [199, 199.5]


def test_prices_and_discount_are_set_together(line: Line, square: str):
    product = line.create(square).json()
    path = f"products/{product['id']}/prices"
    variant = product["variants"][0]["id"]

    priced = line.call(
        "PATCH", path, {"instantDiscount": 5, "variants": [{"id": variant, "price": 50}]}
    ).json()

    assert priced["instantDiscount"] == 5
    assert (priced["variants"][0]["price"], priced["variants"][0]["discountedPrice"]) == (50, 45)
    assert code(line.call("PATCH", path, {"variants": [{"price": 50}]})) == (400, "BAD_REQUEST")
    assert code(line.call("PATCH", path, {"instantDiscount": 60, "variants": [{"price": 50}]}))[0] == 400


def test_prices_are_refused_during_a_promotion(line: Line, square: str, control: SandboxControl):
    product = line.create(square).json()
    control.run(lambda sandbox: setattr(sandbox.line.products[product["id"]], "locked", True))

    refused = line.call(
        "PATCH", f"products/{product['id']}/prices", {"instantDiscount": 0, "variants": [{"price": 50}]}
    )

    assert code(refused) == (400, "BAD_REQUEST")
    assert "promotion" in refused.json()["message"]


def hold(control: SandboxControl, product: int, reserved: int, ready: int) -> None:
    def apply(sandbox: Any) -> None:
        variant = sandbox.line.products[product].variants[0]
        variant.reserved, variant.ready = reserved, ready

    control.run(apply)


def test_stock_keeps_held_units_apart(line: Line, square: str, control: SandboxControl):
    product = line.create(square).json()
    inventory = product["variants"][0]["inventoryId"]
    hold(control, product["id"], reserved=2, ready=1)

    assert line.call("PUT", f"inventory/{inventory}/adjust", {"amount": 4}).json() == {
        "onHandAmount": 7,
        "availableNumber": 4,
        "reservedAmount": 2,
        "readyToShipAmount": 1,
    }
    assert line.call("PUT", f"inventory/{inventory}/decrease", {"amount": 4}).json()["availableNumber"] == 0
    assert code(line.call("PUT", f"inventory/{inventory}/decrease", {"amount": 1}))[0] == 400
    assert line.call("PUT", f"inventory/{inventory}/increase", {"amount": 9}).json()["availableNumber"] == 9
    assert code(line.call("PUT", f"inventory/{inventory}/increase", {"amount": 99_999}))[0] == 400
    assert code(line.call("PUT", f"inventory/{product['variants'][0]['id']}/adjust", {"amount": 1}))[0] == 404


def test_on_hand_below_held_units_is_refused(line: Line, square: str, control: SandboxControl):
    product = line.create(square).json()
    hold(control, product["id"], reserved=2, ready=1)
    path = f"products/{product['id']}/variant"

    assert code(line.call("PATCH", path, {"onHandNumber": 2})) == (400, "BAD_REQUEST")
    assert line.call("PATCH", path, {"onHandNumber": 3}).json()["variants"][0]["availableNumber"] == 0


def test_adjust_sets_on_hand_when_so_switched(start: Callable, square: str):
    server, clients = start(line_adjust_sets_on_hand=True)
    product = clients.line.create(square).json()
    hold(server.control, product["id"], reserved=2, ready=0)
    inventory = product["variants"][0]["inventoryId"]

    answer = clients.line.call("PUT", f"inventory/{inventory}/adjust", {"amount": 4}).json()

    assert (answer["onHandAmount"], answer["availableNumber"]) == (4, 2)


def test_changed_sku_is_found_under_its_new_name(line: Line, square: str):
    product = line.create(square).json()
    line.call("PATCH", f"products/{product['id']}/variant", {"sku": "P-9"})

    assert line.call("GET", "products", skus=["P-9"]).json()["totalRow"] == 1
    assert line.call("GET", "products", skus=["P-1"]).json()["totalRow"] == 0


def test_variants_are_added_and_removed_by_option_value(line: Line, square: str):
    body = two_levels(square)
    product = line.create(square, **body).json()
    more = [{"options": [0, 1], "sku": "P-1-BL", "price": 199, "weight": 0.25, "onHandNumber": 1}]
    path = f"products/{product['id']}"

    added = line.call(
        "POST", f"{path}/variants", {"variantOptions": body["variantOptions"], "variants": more}
    )
    assert [row["sku"] for row in added.json()["variants"]] == ["P-1-BM", "P-1-WL", "P-1-BL"]
    assert (
        line.call("POST", f"{path}/delete-variant-option", {"name": "ไซซ์", "value": "L"}).status_code == 204
    )
    assert line.call("GET", "products", skus=["P-1-BL"]).json()["totalRow"] == 0
    assert code(line.call("POST", f"{path}/delete-variant-option", {"name": "ไซซ์", "value": "M"}))[0] == 400


def test_delete_twice_is_not_found_and_so_is_everything_after(line: Line, square: str):
    product = line.create(square).json()
    path = f"products/{product['id']}"

    assert line.call("DELETE", path).status_code == 204
    assert code(line.call("DELETE", path)) == (404, "NOT_FOUND")
    assert code(line.call("PATCH", path, {"name": "x"})) == (404, "NOT_FOUND")
    assert (
        code(line.call("PUT", f"inventory/{product['variants'][0]['inventoryId']}/adjust", {"amount": 1}))[0]
        == 404
    )


def test_keys_are_told_apart(server: SandboxServer, line: Line, square: str, http: httpx.Client):
    product = line.create(square).json()
    dead = Line(server.line_url, dead_account("line_shop"), http)
    stranger = Line(server.line_url, sandbox_accounts(2)[2], http)

    assert code(dead.call("GET", "products")) == (401, "UNAUTHORIZED")
    assert http.get(f"{server.line_url}/myshop/v1/products").status_code == 401
    assert code(stranger.call("PATCH", f"products/{product['id']}", {"name": "x"})) == (404, "NOT_FOUND")
    assert stranger.call("GET", "products", skus=["P-1"]).json()["totalRow"] == 0


def test_foreign_product_is_forbidden_when_so_switched(start: Callable, square: str, http: httpx.Client):
    server, clients = start(line_foreign_is_forbidden=True)
    product = clients.line.create(square).json()
    stranger = Line(server.line_url, sandbox_accounts(2)[2], http)

    assert code(stranger.call("DELETE", f"products/{product['id']}")) == (403, "PERMISSION_DENIED")


def test_throttle_answers_as_a_bare_gateway(start: Callable):
    server, clients = start(rates=Rates(line_per_second=50, line_per_minute=3))

    answers = [clients.line.call("GET", "products") for _ in range(4)]

    assert answers[2].headers["x-ratelimit-remaining-minute"] == "0"
    assert (answers[3].status_code, answers[3].json()) == (429, {"message": "API rate limit exceeded"})
    assert "retry-after" not in answers[3].headers
    server.control.advance(61)
    assert clients.line.call("GET", "products").status_code == 200


def test_every_answer_names_its_request(line: Line):
    first, second = line.call("GET", "products"), line.call("GET", "nowhere")

    assert first.headers["x-line-oap-request-id"] != second.headers["x-line-oap-request-id"]
    assert code(second) == (404, "NOT_FOUND")


def test_body_must_be_an_object(line: Line, square: str):
    assert code(line.call("POST", "products", [line_product(square)])) == (400, "BAD_REQUEST")
