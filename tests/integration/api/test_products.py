"""Products over the API: put, read, changed, archived, each write a job that can be followed."""

from typing import Any

import pytest

from schemas.listing import ListingState
from tests.support.api_door import ApiDoor, Caller
from tests.support.documents import document

HERE = "/v1/sellers/A/products"


@pytest.fixture
def caller(door: ApiDoor) -> Caller:
    return door.caller("A")


def put(caller: Caller, sku: str = "P-1", *, headers: Any = None, params: Any = None, **changes: Any) -> Any:
    return caller.put(f"{HERE}/{sku}", json=document(sku, **changes), headers=headers, params=params)


def test_a_product_is_made_then_replaced_and_its_job_leads_to_its_listings(
    door: ApiDoor, caller: Caller
) -> None:
    door.core.connect()
    made = put(caller)
    job = caller.get(f"/v1/sellers/A/jobs/{made.headers['Syndicator-Job']}").json()

    assert (made.status_code, made.headers["ETag"], made.json()["version"]) == (201, '"v1"', 1)
    assert (job["state"], job["created"], job["is_settled"]) == ("received", 1, False)
    assert job["listings"] == {"working": 1}

    door.core.run_until_quiet()
    job = caller.get(f"/v1/sellers/A/jobs/{job['id']}").json()
    (listing,) = caller.get(f"/v1/sellers/A/jobs/{job['id']}/listings").json()["data"]
    assert (job["is_settled"], job["listings"]) == (True, {"live": 1})
    assert (listing["sku"], listing["state"], listing["is_moving"]) == ("P-1", "live", False)

    replaced = put(caller, name="ชื่อใหม่")
    assert (replaced.status_code, replaced.headers["ETag"]) == (200, '"v2"')
    assert caller.get(f"{HERE}/P-1").json()["product"]["name"] == "ชื่อใหม่"


def test_the_same_again_changes_nothing(door: ApiDoor, caller: Caller) -> None:
    put(caller)
    again = put(caller)

    assert (again.status_code, again.headers["ETag"]) == (200, '"v1"')
    assert caller.get(f"/v1/sellers/A/jobs/{again.headers['Syndicator-Job']}").json()["unchanged"] == 1


def test_a_new_product_is_listed_on_the_accounts_that_are_named(door: ApiDoor, caller: Caller) -> None:
    for name in ("one", "two", "three"):
        door.core.connect(name)
    put(caller, params={"accounts": ["one", "three"]})
    unknown = put(caller, "P-2", params={"accounts": ["one", "nowhere"]})

    listings = caller.get("/v1/sellers/A/listings").json()["data"]
    assert {one["account"] for one in listings} == {"one", "three"}
    assert (unknown.status_code, unknown.json()["code"]) == (422, "account_unknown")


def test_an_edit_over_another_version_is_refused_and_nothing_is_stored(door: ApiDoor, caller: Caller) -> None:
    etag = put(caller).headers["ETag"]
    assert put(caller, name="หนึ่ง", headers={"If-Match": etag}).status_code == 200

    for wrong in (etag, '"v9"', "nonsense"):
        refused = put(caller, name="สอง", headers={"If-Match": wrong})
        assert (refused.status_code, refused.json()["code"]) == (412, "version_differs"), wrong
    assert put(caller, name="สาม", headers={"If-None-Match": "*"}).status_code == 412
    assert put(caller, "P-2", headers={"If-Match": "*"}).status_code == 412
    assert put(caller, "P-3", headers={"If-None-Match": "*"}).status_code == 201
    assert caller.get(f"{HERE}/P-1").json()["product"]["name"] == "หนึ่ง"
    assert caller.get(f"{HERE}/P-2").status_code == 404


def test_every_problem_of_a_document_is_told_with_its_place(caller: Caller) -> None:
    refused = put(caller, name="", vat_rate=700, stock={"P-9": 1, "P-1": -2}, colour="red")

    body = refused.json()
    assert refused.status_code == 422
    assert {"name", "vat_rate", "colour"} <= {one["path"] for one in body["problems"]}
    assert caller.get(HERE).json()["data"] == []


def test_a_document_under_another_code_than_its_address_is_refused(caller: Caller) -> None:
    refused = caller.put(f"{HERE}/P-1", json=document("P-2"))

    assert (refused.status_code, refused.json()["code"]) == (422, "sku_differs")


@pytest.mark.parametrize("kind", ["application/merge-patch+json", "application/json"])
def test_a_part_is_changed_and_the_rest_stays(caller: Caller, kind: str) -> None:
    put(caller, name_en="Banana", tags=["a", "b"])
    before = caller.get(f"{HERE}/P-1").json()["product"]
    patched = caller.patch(
        f"{HERE}/P-1", content=b'{"name_en": null, "tags": ["c"]}', headers={"Content-Type": kind}
    )

    assert patched.status_code == 200
    assert patched.json()["product"] == before | {"name_en": None, "tags": ["c"]}
    refused = caller.patch(f"{HERE}/P-1", json={"tags": []}, headers={"If-Match": '"v1"'})
    assert refused.status_code == 412
    assert caller.patch(f"{HERE}/nothing", json={}).status_code == 404


def test_an_archived_product_is_withdrawn_everywhere_and_can_come_back(door: ApiDoor, caller: Caller) -> None:
    door.core.connect()
    put(caller)
    door.core.run_until_quiet()

    archived = caller.delete(f"{HERE}/P-1")
    door.core.run_until_quiet()
    assert (archived.status_code, archived.json()["product"]["status"]) == (200, "hidden")
    assert door.core.state() is ListingState.STOPPED
    assert [one["sku"] for one in caller.get(HERE, params={"status": "hidden"}).json()["data"]] == ["P-1"]

    put(caller)
    door.core.run_until_quiet()
    assert door.core.state() is ListingState.LIVE


def test_a_write_under_a_name_is_one_job_and_days_later_another(door: ApiDoor, caller: Caller) -> None:
    name = {"Idempotency-Key": "price-of-the-day"}
    first = put(caller, headers=name)
    again = put(caller, headers=name)
    door.core.execute("DELETE FROM idempotency_key")
    later = put(caller, name="วันใหม่", headers=name)

    jobs = [answer.headers["Syndicator-Job"] for answer in (first, later)]
    assert again.content == first.content
    for header in ("Syndicator-Job", "ETag"):
        assert again.headers[header] == first.headers[header], header
    assert len(set(jobs)) == 2
    assert caller.get(f"{HERE}/P-1").json()["product"]["name"] == "วันใหม่"


def test_the_units_of_a_document_are_the_stock(caller: Caller) -> None:
    put(caller, stock={"P-1": 7})

    assert put(caller, "P-2", stock={"P-9": 1}).json()["code"] != ""
    (line,) = caller.get("/v1/sellers/A/jobs").json()["data"][0:1]
    assert line["created"] == 1


def test_jobs_and_lines_of_another_seller_are_not_there(door: ApiDoor, caller: Caller) -> None:
    door.seller("B")
    job = put(caller).headers["Syndicator-Job"]
    other = door.caller("B")

    for path in (f"jobs/{job}", f"jobs/{job}/lines", f"jobs/{job}/listings", "products/P-1"):
        assert other.get(f"/v1/sellers/B/{path}").status_code == 404, path
        assert caller.get(f"/v1/sellers/A/{path}").status_code == 200, path
