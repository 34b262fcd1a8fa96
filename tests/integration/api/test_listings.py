"""Listings through the API: where a product is on sale, what was tried, and wishes for single accounts."""

import pytest

from schemas.channel import Verb
from schemas.product import Status
from tests.support.api_door import ApiDoor, Caller
from tests.support.app import goods
from tests.support.fake_channel import POST, Fault


@pytest.fixture
def seller(door: ApiDoor) -> Caller:
    door.core.connect("page", can=POST)
    door.core.connect("shop", can=POST)
    return door.caller("A")


def states(seller: Caller, **filters: str) -> dict[tuple[str, str], str]:
    data = seller.get("/v1/sellers/A/listings", params=filters).json()["data"]
    return {(one["sku"], one["account"]): one["state"] for one in data}


def wish(seller: Caller, verb: str, sku: str = "P-1", **body: object) -> list[tuple[str, str]]:
    answer = seller.post(f"/v1/sellers/A/products/{sku}/{verb}", json=body)
    assert answer.status_code == 202, answer.text
    return [(one["account"], one["wanted"]) for one in answer.json()["data"]]


def test_listings_are_found_by_account_state_and_product(door: ApiDoor, seller: Caller) -> None:
    door.core.submit(goods("P-1"), goods("P-2"))
    door.core.adapters.channels["shop"].order(Verb.PUBLISH, Fault.REJECTED)
    door.core.run_until_quiet()

    assert len(states(seller)) == 4
    assert set(states(seller, account="page").values()) == {"live"}
    assert list(states(seller, state="needs_you")) == [("P-1", "shop")]
    assert list(states(seller, sku="P-2")) == [("P-2", "page"), ("P-2", "shop")]
    assert states(seller, account="nobody's") == {}


def test_a_listing_says_what_to_mend_and_what_was_tried(door: ApiDoor, seller: Caller) -> None:
    door.core.submit(goods(), accounts=[door.core.account_id("page")])
    door.core.adapters.channels["page"].order(Verb.PUBLISH, Fault.TRANSIENT)
    door.core.run_until_quiet()
    listing_id = door.core.listing().id

    shown = seller.get(f"/v1/sellers/A/listings/{listing_id}").json()
    assert shown["confirmed_at"] is not None
    assert shown["attempts"][0]["outcome"] == "done"
    assert {"transient", "done"} <= {one["outcome"] for one in shown["attempts"]}
    assert "TOPSECRET" not in str(shown)


@pytest.mark.parametrize("listing_id", [999, 10**17])
def test_a_listing_of_another_seller_is_answered_like_none(
    door: ApiDoor, seller: Caller, listing_id: int
) -> None:
    other = door.seller("B")
    door.core.connect("b-page", seller_id=other)
    door.core.submit(goods("Q-1"), seller_id=other)
    theirs = door.core.listing("Q-1", "b-page").id

    answers = [seller.get(f"/v1/sellers/A/listings/{one}").json()["code"] for one in (theirs, listing_id)]
    assert answers == ["listing_not_found"] * 2


def test_a_product_taken_off_one_account_stays_off_it_through_edits(door: ApiDoor, seller: Caller) -> None:
    door.core.submit(goods())
    door.core.run_until_quiet()

    assert wish(seller, "withdraw", accounts=["shop"]) == [("shop", "withdrawn")]
    door.core.run_until_quiet()
    door.core.submit(goods(price=9900))
    door.core.submit(goods(price=9900), stock=3)
    door.core.run_until_quiet()

    assert states(seller) == {("P-1", "page"): "live", ("P-1", "shop"): "stopped"}
    assert door.core.adapters.channels["shop"].visible("P-1") == []
    assert wish(seller, "publish", accounts=["shop"]) == [("shop", "live")]
    door.core.run_until_quiet()
    assert states(seller) == {("P-1", "page"): "live", ("P-1", "shop"): "live"}


def test_hiding_a_product_and_putting_it_back_puts_it_back_everywhere(door: ApiDoor, seller: Caller) -> None:
    door.core.submit(goods())
    wish(seller, "withdraw", accounts=["shop"])
    door.core.submit(goods(status=Status.HIDDEN))
    door.core.run_until_quiet()
    assert set(states(seller).values()) == {"stopped"}

    door.core.submit(goods())
    door.core.run_until_quiet()
    assert set(states(seller).values()) == {"live"}


def test_a_product_is_listed_on_accounts_that_came_later(door: ApiDoor, seller: Caller) -> None:
    door.core.submit(goods(), accounts=[door.core.account_id("page")])
    assert wish(seller, "withdraw") == [("page", "withdrawn")]

    assert wish(seller, "publish") == [("page", "live"), ("shop", "live")]


def test_a_hidden_product_is_not_published(door: ApiDoor, seller: Caller) -> None:
    door.core.submit(goods(status=Status.HIDDEN))

    answer = seller.post("/v1/sellers/A/products/P-1/publish")
    assert (answer.status_code, answer.json()["code"]) == (422, "product_hidden")


def test_unknown_products_and_accounts_are_named(door: ApiDoor, seller: Caller) -> None:
    door.core.submit(goods())

    answer = seller.post("/v1/sellers/A/products/NONE/publish")
    assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")
    answer = seller.post("/v1/sellers/A/products/P-1/withdraw", json={"accounts": ["page", "x", "y"]})
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["problems"]] == ["account_not_found"] * 2


def test_a_text_that_no_table_holds_is_refused_politely(door: ApiDoor, seller: Caller) -> None:
    answer = seller.get("/v1/sellers/A/listings", params={"account": "a\x00b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    answer = seller.patch("/v1/sellers/A", json={"name": "a\x00b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
