"""Stock through the API: set, counted, corrected once, and what accounts show of it."""

from datetime import timedelta

import pytest

from tests.support.api_door import ApiDoor, Caller
from tests.support.app import goods
from tests.support.fake_channel import SHOP

STOCK = "/v1/sellers/A/stock"


@pytest.fixture
def seller(door: ApiDoor) -> Caller:
    door.core.connect("page", can=SHOP)
    door.core.submit(goods("P-1"), goods("P-2"), stock=10)
    door.core.run_until_quiet()
    return door.caller("A")


def on_hand(seller: Caller) -> dict[str, int]:
    return {one["sku"]: one["on_hand"] for one in seller.get(STOCK).json()["data"]}


def post(seller: Caller, what: str, body: object, key: str = "k-1") -> tuple[int, object]:
    answer = seller.post(f"{STOCK}/{what}", json=body, headers={"Idempotency-Key": key})
    return answer.status_code, answer.json()


def test_stock_is_set_and_the_channels_hear_of_it(door: ApiDoor, seller: Caller) -> None:
    answer = seller.put(f"{STOCK}/P-1", json={"units": 4, "note": "ชั้นบน"})

    assert answer.json() | {"sku": "P-1", "on_hand_before": 10, "on_hand": 4, "available": 4} == answer.json()
    assert on_hand(seller) == {"P-1": 4, "P-2": 10}
    assert door.core.listing("P-1").due_at is not None
    assert door.core.listing("P-2").due_at is None


def test_two_writes_with_one_request_id_are_two_writes(door: ApiDoor, seller: Caller) -> None:
    for units in (4, 7):
        answer = seller.put(f"{STOCK}/P-1", json={"units": units}, headers={"X-Request-Id": "erp-2026-0001"})
        assert not answer.json()["was_known"]

    assert on_hand(seller)["P-1"] == 7


def test_a_correction_is_made_once_and_needs_a_name(door: ApiDoor, seller: Caller) -> None:
    body = {"changes": {"P-1": -2, "P-2": 5}, "reason": "sale"}
    assert seller.post(f"{STOCK}/adjust", json=body).json()["code"] == "idempotency_key_required"

    assert post(seller, "adjust", body)[0] == 200
    door.core.execute("DELETE FROM idempotency_key")
    status, answer = post(seller, "adjust", body)

    assert on_hand(seller) == {"P-1": 8, "P-2": 15}
    assert (status, [one["was_known"] for one in answer["data"]]) == (200, [True, True])


def test_a_count_of_earlier_takes_off_what_left_since(door: ApiDoor, seller: Caller) -> None:
    began = door.core.clock.now()
    door.core.clock.advance(timedelta(minutes=10))
    post(seller, "adjust", {"changes": {"P-1": -3}, "reason": "sale"}, "k-2")

    assert post(seller, "count", {"counts": {"P-1": 20}, "as_of": began.isoformat()})[0] == 200
    assert on_hand(seller)["P-1"] == 17


def test_every_wrong_figure_is_told_and_nothing_is_stored(door: ApiDoor, seller: Caller) -> None:
    status, answer = post(seller, "adjust", {"changes": {"P-1": -11, "P-9": 1}})

    assert (status, {(one["path"], one["code"]) for one in answer["problems"]}) == (
        422,
        {("P-1", "stock_not_enough"), ("P-9", "sku_unknown")},
    )
    assert on_hand(seller)["P-1"] == 10
    ahead = (door.core.clock.now() + timedelta(days=1)).isoformat()
    assert post(seller, "count", {"counts": {"P-1": 1}, "as_of": ahead}, "k-2")[1]["code"] == "count_ahead"
    assert seller.put(f"{STOCK}/P-9", json={"units": 1}).json()["code"] == "variant_not_found"


def test_the_history_is_read_in_pages_from_its_newest(door: ApiDoor, seller: Caller) -> None:
    for units in (4, 5, 6):
        seller.put(f"{STOCK}/P-1", json={"units": units})
    first = seller.get(f"{STOCK}/P-1/history", params={"limit": 3}).json()
    rest = seller.get(f"{STOCK}/P-1/history", params={"cursor": first["next_cursor"]}).json()

    assert [one["on_hand_after"] for one in first["data"] + rest["data"]] == [6, 5, 4, 10]
    assert rest["next_cursor"] is None


def test_a_rule_is_tried_before_it_is_made(door: ApiDoor, seller: Caller) -> None:
    path = "/v1/sellers/A/accounts/page/stock-rule"
    before = seller.get(path).json()
    tried = seller.put(path, json={"buffer": 3, "last_units": 2}, params={"dry_run": True}).json()

    assert seller.get(path).json() == before
    assert [(one["sku"], one["now"], one["then"]) for one in tried["figures"]] == [
        ("P-1", 10, 7),
        ("P-2", 10, 7),
    ]
    made = seller.put(path, json={"buffer": 3, "last_units": 2}).json()
    assert made == tried | {"dry_run": False}
    assert seller.get(path).json() == made["rule"]
    assert (made["rule"]["last_units"], made["rule"]["last_units_on"]) == (2, "page")
    kept = seller.put(path, json={"cap": 1}).json()["rule"]
    assert (kept["buffer"], kept["cap"], kept["last_units"]) == (0, 1, 2)
    assert seller.put(path, json={"last_units": None}).json()["rule"]["last_units"] is None
