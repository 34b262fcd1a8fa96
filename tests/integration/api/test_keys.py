"""Keys, centres and the notes of writes, through the API."""

from typing import Any

import pytest

from syndicator.domain.access import Rights
from tests.support.api_door import ApiDoor, Caller


@pytest.fixture
def sellers(door: ApiDoor) -> None:
    door.seller("P", "c-1")
    door.seller("Q", "c-2")


def make(caller: Caller, **body: Any) -> tuple[int, Any]:
    answer = caller.post("/v1/keys", json={"name": "erp"} | body)
    return answer.status_code, answer.json()


def test_a_key_makes_a_key_that_works_and_ends_it(door: ApiDoor, sellers: None) -> None:
    mine = door.caller("P")
    status, made = make(mine, seller="P", rights="read")
    other = Caller(door.client, made["key"])

    assert (status, other.get("/v1/me").json()["rights"]) == (201, "read")
    assert other.get("/v1/sellers/P").status_code == 200
    assert {one["name"] for one in mine.get("/v1/keys").json()["data"]} == {"test", "erp"}
    assert mine.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert other.get("/v1/me").status_code == 401
    assert mine.delete(f"/v1/keys/{made['id']}").status_code == 204


def test_no_key_makes_one_that_reaches_further(door: ApiDoor, sellers: None) -> None:
    wishes = [
        {"role": "admin"},
        {"role": "centre", "centre": "c-1"},
        {"role": "centre", "centre": "c-2"},
        {"role": "seller", "seller": "P"},
        {"role": "seller", "seller": "Q"},
    ]
    callers = [
        door.caller("P"),
        door.caller(centre="c-1"),
        door.caller(),
        door.caller("P", rights=Rights.READ),
    ]

    assert [[make(caller, **wish)[0] for wish in wishes] for caller in callers] == [
        [403, 422, 422, 201, 422],
        [403, 201, 422, 201, 422],
        [201, 201, 201, 201, 201],
        [403, 403, 403, 403, 403],
    ]


@pytest.mark.parametrize(
    "wish",
    [{}, {"seller": "P", "centre": "c-1"}, {"role": "admin", "seller": "P"}, {"role": "centre"}],
    ids=["none", "both", "admin", "centre"],
)
def test_a_role_names_what_it_reaches(door: ApiDoor, sellers: None, wish: dict[str, str]) -> None:
    assert make(door.caller(), **wish)[0] == 422


def test_a_key_hands_out_no_more_pace_than_it_has(door: ApiDoor, sellers: None) -> None:
    slow = door.caller("P", requests_per_minute=50)

    assert make(slow, seller="P", requests_per_minute=51)[1]["code"] == "key_too_fast"
    _, made = make(slow, seller="P")
    assert Caller(door.client, made["key"]).get("/v1/me").json()["requests_per_minute"] == 50


def test_a_key_beyond_reach_is_answered_like_none(door: ApiDoor, sellers: None) -> None:
    theirs = door.caller("Q")
    for caller in (door.caller("P"), door.caller(centre="c-1")):
        ids = (theirs.key.split("_")[1], "none")
        assert [caller.delete(f"/v1/keys/{one}").json()["code"] for one in ids] == ["key_not_found"] * 2
        assert all(one["seller"] != "Q" for one in caller.get("/v1/keys").json()["data"])
    assert theirs.get("/v1/me").status_code == 200


def test_a_key_is_shown_once_and_kept_nowhere(door: ApiDoor, sellers: None) -> None:
    mine, body = door.caller("P"), {"name": "erp", "seller": "P"}
    first, again = (mine.post("/v1/keys", json=body, headers={"Idempotency-Key": "k-1"}) for _ in range(2))

    secret = first.json()["key"].split("_")[2]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.json()) == (201, {"id": first.json()["id"], "key": None})
    assert len(mine.get("/v1/keys").json()["data"]) == 2
    for name in ("idempotency_key", "audit", "api_key"):
        rows = door.core.rows(f"SELECT * FROM {name}")  # noqa: S608 - names of our own tables
        assert secret not in str(rows)


def test_admins_make_centres_and_nobody_else_sees_them(door: ApiDoor, sellers: None) -> None:
    admin = door.caller()
    body = {"code": "c-3", "name": "ศูนย์สาม"}

    assert admin.post("/v1/centres", json=body).status_code == 201
    assert admin.post("/v1/centres", json=body).status_code == 409
    assert [one["code"] for one in admin.get("/v1/centres").json()["data"]] == ["c-1", "c-2", "c-3"]
    for caller in (door.caller("P"), door.caller(centre="c-1")):
        assert caller.get("/v1/centres").json()["code"] == "role_needed"


def test_a_seller_reads_who_wrote_what_the_newest_first(door: ApiDoor, sellers: None) -> None:
    admin, mine = door.caller(), door.caller("P")
    admin.patch("/v1/sellers/P", json={"name": "one"})
    mine.patch("/v1/sellers/P", json={"name": ""})
    admin.patch("/v1/sellers/Q", json={"name": "two"})

    page = mine.get("/v1/sellers/P/audit", params={"limit": 1}).json()
    rest = mine.get("/v1/sellers/P/audit", params={"cursor": page["next_cursor"]}).json()
    seen = [(one["route"], one["target"], one["status"], one["key"]) for one in page["data"] + rest["data"]]
    route, target = "/v1/sellers/{seller}", {"seller": "P"}
    assert seen == [
        (route, target, 422, mine.key.split("_")[1]),
        (route, target, 200, admin.key.split("_")[1]),
    ]
