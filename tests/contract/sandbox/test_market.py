import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox import Rates, dead_account, sandbox_accounts
from adapters.testing.sandbox.accounts import market_tokens
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.market.surface import sign
from adapters.testing.sandbox.server import SandboxServer
from tests.contract.sandbox.clients import Market, market_item, market_variant, picture
from tests.support.factories import DictPictures


def signed(market: Market, **changes: str) -> dict[str, str]:
    query = {
        "app_key": market.account.credentials["app_key"],
        "timestamp": str(int(time.time() * 1000)),
        "access_token": market.account.credentials["access_token"],
    } | changes
    return query | {"sign": sign("/products", query)}


def test_listing_is_visible_at_once_and_found_by_its_code(
    market: Market, square: str, control: SandboxControl
):
    created = market.create(square)["data"]

    assert [listing.code for listing in control.visible("emarket")] == ["P-1"]
    (found,) = market.call("GET", "/product/by-sku", sku="P-1")["data"]["items"]
    assert (found["item_id"], found["status"]) == (created["item_id"], "active")
    assert found["variants"][0] | {"sku_id": ""} == {
        "sku": "P-1",
        "sku_id": "",
        "price": "45.00",
        "compare_at": None,
        "sellable": 7,
        "withheld": 0,
        "occupied": 0,
        "option_values": [],
    }
    assert market.call("GET", "/product/by-sku", sku="P")["data"]["items"] == []


def test_signature_is_verified_over_path_parameters_and_body(market: Market):
    good = signed(market)
    lower = good | {"sign": good["sign"].lower()}
    swapped = good | {"cursor": ""}
    old = signed(market, timestamp=str(int((time.time() - 7300) * 1000)))

    def answer(query: dict[str, str], path: str = "/products") -> str:
        return str(market.send("GET", path, b"", query).json()["code"])

    assert answer(good) == "0"
    assert answer(lower) == answer(swapped) == answer(good, "/category/tree") == "IncompleteSignature"
    assert answer(old) == "InvalidTimestamp"
    assert answer(signed(market, app_key="other")) == "InvalidAppKey"


def test_signature_agrees_with_the_vendors_own_vector():
    """The vector printed in emarkets.md §4."""
    given = {
        "timestamp": "1517820392000",
        "order_id": "1234",
        "sign_method": "sha256",
        "app_key": "123456",
        "access_token": "test",
    }

    expected = "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
    assert sign("/order/get", given, secret="helloworld") == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": "ก" * 4}, "4108"),
        ({"title": "ก" * 121}, "4108"),
        ({"title": "กล้วย\x07อบเนย"}, "4129"),
        ({"description": "ก" * 9}, "4110"),
        ({"description": "<b>กล้วยอบเนย</b>"}, "4129"),
        ({"category_id": 71}, "4115"),
        ({"variants": []}, "4148"),
        ({"variants": [market_variant(price="0")]}, "4118"),
        ({"variants": [market_variant(price=45)]}, "4118"),
        ({"variants": [market_variant(stock=-1)]}, "4130"),
        ({"variants": [market_variant(weight_g=40_001)]}, "4164"),
        ({"variants": [market_variant(parcel_cm=[140, 90, 75])]}, "4165"),
        ({"images": []}, "4139"),
        ({"images": ["https://elsewhere.test/x.jpg"]}, "4138"),
        ({"status": "draft"}, "4100"),
    ],
)
def test_listings_outside_the_rules_are_refused(
    market: Market, square: str, change: dict[str, Any], code: str
):
    refused = market.create(square, **change)

    assert refused["code"] == code
    assert refused["detail"][0]["code"] == code


def test_all_problems_come_at_once(market: Market, square: str):
    refused = market.create(square, title="", description="", category_id=0)

    assert [row["field"] for row in refused["detail"]] == ["title", "description", "category_id"]


def variants_of(levels: list[tuple[str, list[str]]], prices: list[str]) -> dict[str, Any]:
    options = [{"name": name, "values": values} for name, values in levels]
    variants = [
        market_variant(f"P-{n}", price=price, option_values=[levels[0][1][n]])
        for n, price in enumerate(prices)
    ]
    return {"options": options, "variants": variants}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (variants_of([("ขนาด", ["ก", "ข"])], ["10.00", "70.00"]), "4119"),
        (variants_of([("ก" * 15, ["ก"])], ["10.00"]), "4160"),
        (variants_of([("ขนาด", ["ก" * 21])], ["10.00"]), "4160"),
        (variants_of([("ก", ["ก"]), ("ข", ["ข"]), ("ค", ["ค"])], ["10.00"]), "4148"),
    ],
)
def test_options_and_spread_are_bounded(market: Market, square: str, body: dict[str, Any], code: str):
    assert market.create(square, **body)["code"] == code


def test_values_at_the_bounds_pass(market: Market, square: str):
    body = variants_of([("ก" * 14, ["ก" * 20, "ข"])], ["10.00", "69.99"])

    assert market.create(square, **body, title="ก" * 120, description="ก" * 3000)["code"] == "0"


def test_seller_code_exists_once(market: Market, square: str):
    market.create(square)

    assert market.create(square)["code"] == "4141"
    assert market.create(square, sku="P-2")["code"] == "4105"
    item = market.call("GET", "/product/by-sku", sku="P-1")["data"]["items"][0]["item_id"]
    assert market.call("POST", "/product/delete", {"item_id": item})["code"] == "0"
    assert market.create(square)["code"] == "0"


def test_pictures_are_fetched_by_the_market_and_judged(market: Market, host: DictPictures, square: str):
    host.files["tiny.jpg"] = picture((329, 329))
    host.files["drawing.gif"] = picture(kind="GIF")
    addresses = [square, *(f"{host.base_url}/{name}" for name in ("tiny.jpg", "drawing.gif", "missing.jpg"))]

    images = market.hosted(*addresses, "http://192.168.1.1/x.jpg")

    assert [image.get("error") for image in images] == [None, "PIXELS", "FORMAT", "STATUS", "PRIVATE_HOST"]
    assert images[0]["hosted_url"] != square


def test_same_picture_twice_is_refused(market: Market, square: str):
    address = market.hosted(square)[0]["hosted_url"]

    assert (
        market.call("POST", "/product/create", market_item(address, images=[address] * 2))["code"] == "4158"
    )


def test_batches_are_asked_for_by_their_owner_only(server: SandboxServer, market: Market, square: str, http):
    batch = market.call("POST", "/image/migrate", {"urls": [square]})["data"]["batch_id"]
    stranger = Market(server.market_url, sandbox_accounts(2)[3], http)

    assert stranger.call("GET", "/image/job", batch_id=batch)["code"] == "BatchNotFound"
    assert market.call("POST", "/image/migrate", {"urls": [square] * 9})["code"] == "4169"


def test_stock_batch_fails_row_by_row(market: Market, square: str, control: SandboxControl):
    market.create(square)
    rows = [{"sku": "P-1", "sellable": 0}, {"sku": "unknown", "sellable": 3}]

    answer = market.call("POST", "/product/stock", {"items": rows})

    shown = {"sku": "P-1", "sellable": 0, "withheld": 0, "occupied": 0}
    assert (answer["code"], answer["data"]["items"]) == ("0", [shown])
    assert answer["detail"][0] | {"message": ""} == {
        "sku": "unknown",
        "field": "",
        "code": "ITEM_NOT_FOUND",
        "message": "",
    }
    assert control.listings("emarket")[0].stock == {"P-1": 0}
    assert market.call("POST", "/product/stock", {"items": rows[1:]})["code"] == "501"


def test_too_many_rows_are_refused_as_a_whole(market: Market, square: str, control: SandboxControl):
    market.create(square)
    rows = [{"sku": "P-1", "sellable": n} for n in range(21)]

    assert market.call("POST", "/product/stock", {"items": rows})["code"] == "BatchTooLarge"
    assert control.listings("emarket")[0].stock == {"P-1": 7}


def test_prices_are_set_and_locked_by_a_campaign(market: Market, square: str, control: SandboxControl):
    item = market.create(square)["data"]["item_id"]
    price = {"items": [{"sku": "P-1", "price": "40.00", "compare_at": "50.00"}]}
    assert market.call("POST", "/product/price", price)["code"] == "0"

    control.run(lambda sandbox: setattr(sandbox.market.items[item], "locked", True))

    assert market.call("POST", "/product/price", price)["detail"][0]["code"] == "4170"
    lower = market.call("POST", "/product/stock", {"items": [{"sku": "P-1", "sellable": 1}]})
    raised = market.call("POST", "/product/stock", {"items": [{"sku": "P-1", "sellable": 9}]})
    assert (lower["detail"][0]["code"], raised["code"]) == ("4170", "0")
    assert control.listings("emarket")[0].prices == {"P-1": 4000}


def test_update_changes_what_is_given_and_keeps_the_rest(
    market: Market, square: str, other: str, control: SandboxControl
):
    before = market.create(square)["data"]
    image = market.hosted(other)[0]["hosted_url"]

    after = market.call("POST", "/product/update", {"sku": "P-1", "title": "ชื่อใหม่กว่าเดิม", "images": [image]})[
        "data"
    ]

    assert after["title"] == "ชื่อใหม่กว่าเดิม"
    assert after["images"] != before["images"]
    assert after["variants"] == before["variants"]
    assert market.call("POST", "/product/update", {"sku": "P-1", "title": "สั้น"})["code"] == "4108"
    assert (
        market.call("POST", "/product/update", {"sku": "none", "title": "ยาวพอแล้ว"})["code"]
        == "ITEM_NOT_FOUND"
    )
    assert control.listings("emarket")[0].text.startswith("ชื่อใหม่")


def test_hidden_listing_comes_back_by_update(market: Market, square: str, control: SandboxControl):
    item = market.create(square)["data"]["item_id"]
    market.call("POST", "/product/hide", {"items": [{"item_id": item}]})
    assert control.visible("emarket") == []
    again = market.call("POST", "/product/hide", {"items": [{"item_id": item}]})
    assert (again["code"], again["detail"][0]["code"]) == ("501", "E0004")

    market.call("POST", "/product/update", {"item_id": item, "status": "active"})

    assert len(control.visible("emarket")) == 1


def test_new_listings_wait_for_review_when_so_switched(start: Callable, square: str):
    server, clients = start(market_moderation=True)

    created = clients.market.create(square)["data"]

    assert created["status"] == "pending"
    assert server.control.visible("emarket") == []


def test_list_pages_by_cursor(market: Market, square: str):
    address = market.hosted(square)[0]["hosted_url"]
    for n in range(51):
        market.call(
            "POST", "/product/create", market_item(address, sku=f"P-{n}", variants=[market_variant(f"P-{n}")])
        )

    first = market.call("GET", "/products")["data"]
    second = market.call("GET", "/products", cursor=first["next_cursor"])["data"]

    assert (len(first["items"]), len(second["items"])) == (50, 1)
    assert "next_cursor" not in second
    assert market.call("GET", "/products", cursor="!")["code"] == "4100"


def test_tokens_expire_and_refresh_once(start: Callable, square: str):
    server, clients = start(market_token_ttl_s=60.0)
    market = clients.market
    assert market.call("GET", "/products")["code"] == "0"
    server.control.advance(61)
    assert market.call("GET", "/products")["code"] == "IllegalAccessToken"

    refresh = market.account.credentials["refresh_token"]
    fresh = market.call("POST", "/auth/token/refresh", {"refresh_token": refresh})["data"]

    market.account.credentials.update(access_token=fresh["access_token"])
    assert market.call("GET", "/products")["code"] == "0"
    assert fresh["access_token"] == market_tokens(1, 1)[0]
    assert (
        market.call("POST", "/auth/token/refresh", {"refresh_token": refresh})["code"]
        == "IllegalRefreshToken"
    )
    assert market.call("GET", "/products")["code"] == "IllegalAccessToken"


def test_dead_token_is_refused(server: SandboxServer, http: httpx.Client, control: SandboxControl):
    dead = Market(server.market_url, dead_account("emarket"), http)

    assert dead.call("GET", "/products")["code"] == "IllegalAccessToken"


def test_pace_is_limited_when_so_switched(start: Callable):
    server, clients = start(rates=Rates(market_per_day=2))

    codes = [clients.market.call("GET", "/products")["code"] for _ in range(3)]

    assert codes == ["0", "0", "ApiCallLimit"]
    server.control.advance(86_401)
    assert clients.market.call("GET", "/products")["code"] == "0"


def test_category_tree_names_a_leaf_for_every_code(market: Market):
    tree = market.call("GET", "/category/tree")["data"]["categories"]

    leaves = [leaf for group in tree for leaf in group["children"]]
    assert [leaf["id"] for leaf in leaves] == list(range(7001, 7029))
    assert leaves[1]["code"] == "food.snack.dried_fruit"


def test_unknown_call_is_named(market: Market):
    assert market.call("GET", "/coupons")["code"] == "InvalidApiPath"


def test_body_that_is_no_json_object_is_refused(market: Market):
    query = {
        "app_key": market.account.credentials["app_key"],
        "timestamp": str(int(time.time() * 1000)),
        "access_token": market.account.credentials["access_token"],
    }
    raw = json.dumps([1]).encode()

    answer = market.send(
        "POST", "/product/create", raw, query | {"sign": sign("/product/create", query, raw)}
    )

    assert answer.json()["code"] == "4100"
