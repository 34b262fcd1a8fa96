"""What holds for every route: keys, rights, pace, problems, idempotency, audit, cursors."""

import re

import pytest

from syndicator.domain.access import Rights
from syndicator.store.writes import GIVEN_UP_AFTER
from tests.support.api_door import ApiDoor, Caller

PROBLEM = "application/problem+json"


def test_a_request_without_a_valid_key_learns_nothing(door: ApiDoor) -> None:
    good = door.caller("A")
    for key in ("", "nonsense", f"{good.key}x", good.key.replace("syk_", "syk_a"), "syk_a_b", "syk_ก_b"):
        answer = door.client.get("/v1/me", headers={"Authorization": f"Bearer {key}".encode()})
        assert answer.status_code == 401, key
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == "key_invalid"
    assert good.get("/v1/me").json()["role"] == "seller"


def test_a_revoked_key_ends_at_once(door: ApiDoor) -> None:
    caller = door.caller("A")
    assert caller.get("/v1/me").status_code == 200

    with door.core.database.begin() as uow:
        assert uow.api_keys.revoke(caller.key.split("_")[1], now=door.core.clock.now())

    assert caller.get("/v1/me").status_code == 401


def test_only_a_hash_of_a_key_is_kept_and_its_last_use_is_known(door: ApiDoor) -> None:
    caller = door.caller("A")
    caller.get("/v1/me")

    (row,) = door.core.rows("SELECT * FROM api_key")
    assert row.last_used_at == door.core.clock.now()
    assert caller.key.split("_")[2] not in str(row)


def test_sellers_beyond_reach_are_answered_like_none(door: ApiDoor) -> None:
    door.seller("P", "c-1")
    door.seller("Q", "c-2")
    answers = [
        (caller.get(f"/v1/sellers/{code}").status_code, code)
        for caller in (door.caller("P"), door.caller(centre="c-1"), door.caller())
        for code in ("P", "Q", "nobody")
    ]

    assert [status for status, _ in answers] == [200, 404, 404, 200, 404, 404, 200, 200, 404]
    mine = door.caller("P")
    for code in ("Q", "nobody"):
        answer = mine.get(f"/v1/sellers/{code}").json()
        assert (answer["code"], answer["path"]) == ("seller_not_found", "seller")


def test_a_key_that_may_only_read_writes_nothing(door: ApiDoor) -> None:
    reader = door.caller("A", rights=Rights.READ)

    assert reader.get("/v1/sellers/A").status_code == 200
    refused = reader.patch("/v1/sellers/A", json={"name": "new"})
    assert (refused.status_code, refused.json()["code"]) == (403, "key_read_only")
    assert reader.get("/v1/sellers/A").json()["name"] == "A"


def test_more_requests_than_allowed_are_told_when_to_go_on(door: ApiDoor) -> None:
    caller = door.caller("A", requests_per_minute=3)
    answers = [caller.get("/v1/me") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert door.caller("A").get("/v1/me").status_code == 200


def test_a_problem_says_what_is_wrong_where_in_thai_and_in_english(door: ApiDoor) -> None:
    answer = door.caller("A").patch("/v1/sellers/A", json={"name": "", "colour": "red"})

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == PROBLEM
    body = answer.json()
    assert {(one["path"], one["code"]) for one in body["problems"]} == {
        ("name", "string_too_short"),
        ("colour", "extra_forbidden"),
    }
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert all("ก" <= one["th"][0] <= "๙" and one["en"].isascii() for one in body["problems"])


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{", "application/json", 422, "json_invalid"),
        (b'{"name": "x"}', "text/plain", 415, "content_type"),
        (b'{"name": "' + b"x" * 1_100_000 + b'"}', "application/json", 413, "body_too_large"),
        (b"\xff\xfe", "application/json", 422, "json_invalid"),
    ],
    ids=["broken", "type", "huge", "bytes"],
)
def test_a_body_that_cannot_be_taken_is_refused_politely(
    door: ApiDoor, content: bytes, content_type: str, status: int, code: str
) -> None:
    answer = door.caller("A").patch("/v1/sellers/A", content=content, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_address_that_is_none_is_a_problem_too(door: ApiDoor) -> None:
    answers = [door.client.get("/v1/nothing"), door.client.delete("/v1/me")]

    assert [(answer.status_code, answer.headers["Content-Type"]) for answer in answers] == [
        (404, PROBLEM),
        (405, PROBLEM),
    ]


def new_seller(caller: Caller, code: str, key: str | None = "k-1") -> tuple[int, str | None]:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = caller.post("/v1/sellers", json={"code": code, "name": code}, headers=headers)
    return answer.status_code, answer.headers.get("Idempotency-Replayed")


def test_a_write_under_a_name_is_done_once_and_answered_alike(door: ApiDoor) -> None:
    admin = door.caller()
    body = {"code": "new", "name": "ป้าแดง"}
    first = admin.post("/v1/sellers", json=body, headers={"Idempotency-Key": "k-1"})
    again = admin.post("/v1/sellers", json=body, headers={"Idempotency-Key": "k-1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["Location"]) == (first.content, first.headers["Location"])
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_name_for_another_request_is_refused(door: ApiDoor) -> None:
    admin = door.caller()

    assert new_seller(admin, "one") == (201, None)
    assert new_seller(admin, "two")[0] == 409
    assert new_seller(door.caller(), "two") == (201, None), "names are those of one key"


def test_a_refusal_is_answered_alike_too_but_an_unsound_name_is_not_taken(door: ApiDoor) -> None:
    admin = door.caller()
    new_seller(admin, "one")

    assert new_seller(admin, "one", "k-2") == (409, None)
    assert new_seller(admin, "one", "k-2") == (409, "true")
    assert new_seller(admin, "two", "two words")[0] == 400


def test_a_write_whose_process_ended_is_done_again_after_a_while(door: ApiDoor) -> None:
    admin = door.caller()
    new_seller(admin, "one")
    door.core.execute("UPDATE idempotency_key SET status = NULL")

    assert new_seller(admin, "one")[0] == 409
    door.core.clock.advance(GIVEN_UP_AFTER)
    assert new_seller(admin, "one") == (409, None), "done again: now the code is taken"


def test_every_write_is_noted_with_who_what_and_how_it_ended(door: ApiDoor) -> None:
    admin, reader = door.caller(), door.caller("A", rights=Rights.READ)
    new_seller(admin, "one")
    new_seller(admin, "one")
    admin.patch("/v1/sellers/one", json={"name": "x"})
    admin.patch("/v1/sellers/one", json={})
    reader.get("/v1/me")

    rows = door.core.rows("SELECT method, route, target, status FROM audit ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("POST", "/v1/sellers", {}, 201),
        ("PATCH", "/v1/sellers/{seller}", {"seller": "one"}, 200),
        ("PATCH", "/v1/sellers/{seller}", {"seller": "one"}, 422),
    ]


def test_a_list_is_read_in_pages_while_it_grows(door: ApiDoor) -> None:
    admin = door.caller()
    codes = [f"s-{number}" for number in range(5)]
    for code in codes:
        door.seller(code)
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = admin.get("/v1/sellers", params=query).json()
        seen += [one["code"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        if len(seen) == 2:
            door.seller("s-late")

    assert seen == ["A", *codes, "s-late"]


@pytest.mark.parametrize("cursor", ["x", "aWE", "ก", "aTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_a_cursor_that_is_none_of_ours_is_refused(door: ApiDoor, cursor: str) -> None:
    answer = door.caller().get("/v1/sellers", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


def test_the_request_id_of_the_caller_is_kept_where_it_is_sound(door: ApiDoor) -> None:
    caller = door.caller("A")

    assert caller.get("/v1/me", headers={"X-Request-Id": "erp-2026-0001"}).headers["X-Request-Id"] == (
        "erp-2026-0001"
    )
    assert caller.get("/v1/me", headers={"X-Request-Id": "<script>"}).headers["X-Request-Id"] != "<script>"


def test_a_browser_on_another_host_is_let_in_only_where_it_is_named(door: ApiDoor) -> None:
    preflight = {"Origin": "https://shop.example.test", "Access-Control-Request-Method": "GET"}

    assert "Access-Control-Allow-Origin" not in door.client.options("/v1/me", headers=preflight).headers


def test_the_documentation_is_read_without_asking_anybody_else(door: ApiDoor) -> None:
    page = door.client.get("/docs")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.status_code == 200
    assert addresses
    assert all(address.startswith("/") for address in addresses), addresses
    assert {door.client.get(address).status_code for address in addresses} == {200}
    assert door.client.get("/v1/openapi.json").json()["openapi"].startswith("3.1")
