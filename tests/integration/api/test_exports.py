"""Orders and exports through the API."""

import csv
import io
import json

import openpyxl
import pytest

from syndicator.api.v1.exports import PAGE, Kind
from tests.support.api_door import ApiDoor, Caller
from tests.support.app import goods
from tests.support.fake_channel import SHOP

EXPORTS = "/v1/sellers/A/exports"


@pytest.fixture
def seller(door: ApiDoor) -> Caller:
    door.core.connect("page", can=SHOP)
    door.core.submit(goods("P-1", name="=HYPERLINK(evil)"), goods("P-2", name="ผ้าทอมือ"))
    account = door.core.account_id("page")
    for number in (1, 2):
        door.core.execute(
            "INSERT INTO channel_order (seller_id, account_id, reference, state, placed_at, updated_at)"
            " VALUES (:seller, :account, :reference, 'paid', now(), now())",
            seller=door.core.seller_id,
            account=account,
            reference=f"O-{number}",
        )
    door.core.execute(
        "INSERT INTO channel_order_line (order_id, reference, sku, variant_id, ordered, shipped)"
        " SELECT o.id, '1', 'P-1', v.id, 3, CASE o.reference WHEN 'O-1' THEN 3 ELSE 0 END"
        " FROM channel_order o, variant v WHERE v.sku = 'P-1'"
    )
    return door.caller("A")


def rows(seller: Caller, kind: str) -> list[dict[str, str]]:
    answer = seller.get(f"{EXPORTS}/{kind}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_orders_are_listed_the_newest_first_and_shown_one_by_one(seller: Caller) -> None:
    found = seller.get("/v1/sellers/A/orders").json()["data"]
    assert [one["reference"] for one in found] == ["O-2", "O-1"]
    assert (
        found[0]["lines"][0] | {"sku": "P-1", "ordered": 3, "open": 3, "known": True} == found[0]["lines"][0]
    )
    assert seller.get(f"/v1/sellers/A/orders/{found[1]['id']}").json() == found[1]
    assert seller.get("/v1/sellers/A/orders/999").json()["code"] == "order_not_found"
    (waiting,) = seller.get("/v1/sellers/A/orders", params={"open": True}).json()["data"]
    assert waiting["reference"] == "O-2"
    assert seller.get("/v1/sellers/A/orders", params={"state": "shipped"}).json()["data"] == []


def test_a_csv_shows_thai_in_excel_and_runs_nothing(seller: Caller) -> None:
    assert [(one["sku"], one["name"]) for one in rows(seller, "products")] == [
        ("P-1", "'=HYPERLINK(evil)"),
        ("P-2", "ผ้าทอมือ"),
    ]
    assert [(one["sku"], one["account"], one["state"]) for one in rows(seller, "listings")] == [
        ("P-1", "page", "working"),
        ("P-2", "page", "working"),
    ]
    assert [(one["sku"], one["on_hand"]) for one in rows(seller, "stock")] == [("P-1", "10"), ("P-2", "10")]
    assert [(one["reference"], one["sku"], one["open"]) for one in rows(seller, "orders")] == [
        ("O-2", "P-1", "3"),
        ("O-1", "P-1", "0"),
    ]


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers(seller: Caller) -> None:
    answer = seller.get(f"{EXPORTS}/products", params={"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    head, first, second = sheet.iter_rows()
    cells = {name.value: cell for name, cell in zip(head, first, strict=True)}

    assert (cells["name"].value, cells["name"].data_type) == ("=HYPERLINK(evil)", "s")
    assert cells["price_satang"].value == 4500
    assert next(cell.value for cell in second) == "P-2"


def test_ndjson_holds_the_documents_of_the_other_addresses(seller: Caller) -> None:
    answer = seller.get(f"{EXPORTS}/stock", params={"format": "ndjson"})

    documents = [json.loads(line) for line in answer.text.splitlines()]
    assert documents == seller.get("/v1/sellers/A/stock").json()["data"]


def test_an_export_goes_on_page_after_page(door: ApiDoor, seller: Caller) -> None:
    more = PAGE + 3
    door.core.submit(*(goods(f"M-{number}") for number in range(more)))
    door.core.execute(
        "INSERT INTO channel_order (seller_id, account_id, reference, state, placed_at, updated_at)"
        " SELECT seller_id, account_id, 'M-' || n, state, placed_at, updated_at"
        " FROM channel_order, generate_series(1, :more) n WHERE reference = 'O-1'",
        more=more,
    )
    for kind in Kind:
        lines = seller.get(f"{EXPORTS}/{kind}", params={"format": "ndjson"}).text.splitlines()
        assert len(set(lines)) == len(lines) == more + 2, kind


@pytest.mark.parametrize("form", ["csv", "xlsx", "ndjson"])
def test_nothing_is_a_file_too(door: ApiDoor, form: str) -> None:
    answer = door.caller("A").get(f"{EXPORTS}/orders", params={"format": form})

    assert answer.status_code == 200
    assert (answer.content == b"") == (form == "ndjson")
