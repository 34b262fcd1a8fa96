"""Channel accounts through the API; what goes in as a credential never comes out."""

from typing import Any

import pytest

from schemas.channel import Verb
from tests.support.api_door import ApiDoor, Caller
from tests.support.fake_channel import FakeChannel, Fault

SECRET = "hidden-token-4711"
ACCOUNTS = "/v1/sellers/A/accounts"


@pytest.fixture
def channel(door: ApiDoor) -> FakeChannel:
    made = FakeChannel(clock=door.core.clock)
    door.core.adapters.channels["page-1"] = made
    return made


def new(**changes: Any) -> dict[str, Any]:
    return {"channel": "fake", "name": "page-1", "credentials": {"token": SECRET}} | changes


def test_an_account_is_connected_and_its_credential_kept_sealed(door: ApiDoor, channel: FakeChannel) -> None:
    seller = door.caller("A")
    answer = seller.post(ACCOUNTS, json=new(), headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.headers["Location"]) == (201, f"{ACCOUNTS}/page-1")
    assert answer.json()["state"] == "active"
    assert seller.get(answer.headers["Location"]).json() == answer.json()
    assert [one["name"] for one in seller.get(ACCOUNTS).json()["data"]] == ["page-1"]
    kept = [str(row) for name in ("idempotency_key", "audit", "channel_account") for row in rows(door, name)]
    assert SECRET not in answer.text
    assert all(SECRET not in row and SECRET.encode().hex() not in row for row in kept)


def rows(door: ApiDoor, name: str) -> list[Any]:
    return door.core.rows(f"SELECT * FROM {name}")  # noqa: S608 - names of our own tables


def test_a_refused_credential_stores_nothing_and_is_not_repeated(door: ApiDoor, channel: FakeChannel) -> None:
    channel.order(Verb.FETCH, Fault.AUTH_EXPIRED)

    answer = door.caller("A").post(ACCOUNTS, json=new())
    assert (answer.status_code, answer.json()["code"]) == (422, "auth")
    assert "TOPSECRET" not in answer.text
    assert rows(door, "channel_account") == []


def test_a_channel_that_does_not_answer_is_not_the_callers_fault(door: ApiDoor, channel: FakeChannel) -> None:
    channel.order(Verb.FETCH, Fault.TRANSIENT)

    answer = door.caller("A").post(ACCOUNTS, json=new())
    assert (answer.status_code, answer.json()["code"]) == (502, "channel_refused")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"channel": "nowhere"}, "channel_unknown"),
        ({"credentials": {}}, "credential_missing"),
        ({"credentials": {"token": SECRET, SECRET: "x"}}, "credential_unknown"),
        ({"credentials": {SECRET: 5}}, "value_error"),
        ({"name": "a/b"}, "string_pattern_mismatch"),
    ],
    ids=["channel", "missing", "unknown", "number", "name"],
)
def test_what_cannot_be_connected_is_told_without_the_secret(
    door: ApiDoor, channel: FakeChannel, changes: dict[str, Any], code: str
) -> None:
    answer = door.caller("A").post(ACCOUNTS, json=new(**changes))

    assert answer.status_code == 422
    assert code in {one["code"] for one in answer.json()["problems"]}
    assert SECRET not in answer.text


def test_a_name_belongs_to_one_channel(door: ApiDoor, channel: FakeChannel) -> None:
    seller = door.caller("A")
    seller.post(ACCOUNTS, json=new())
    door.core.execute("UPDATE channel_account SET kind = 'elsewhere'")

    answer = seller.post(ACCOUNTS, json=new())
    assert (answer.status_code, answer.json()["code"]) == (409, "account_taken")


def act(seller: Caller, verb: str) -> tuple[int, Any]:
    answer = seller.post(f"{ACCOUNTS}/page-1/{verb}")
    return answer.status_code, answer.json()


def test_a_person_pauses_and_resumes_an_account(door: ApiDoor, channel: FakeChannel) -> None:
    seller = door.caller("A")
    seller.post(ACCOUNTS, json=new())

    assert act(seller, "pause")[1]["state"] == "paused"
    assert act(seller, "resume")[1]["state"] == "active"


def test_a_check_stops_a_refused_account_until_one_passes(door: ApiDoor, channel: FakeChannel) -> None:
    seller = door.caller("A")
    seller.post(ACCOUNTS, json=new())
    channel.order(Verb.FETCH, Fault.AUTH_EXPIRED)

    status, checked = act(seller, "check")
    assert (status, checked["works"], checked["problem"]["code"]) == (200, False, "auth")
    assert checked["account"]["state"] == "needs_reauth"
    assert act(seller, "resume")[0] == 409
    status, checked = act(seller, "check")
    assert (status, checked["works"], checked["account"]["state"]) == (200, True, "active")


def test_an_account_nobody_connected_is_not_found(door: ApiDoor) -> None:
    seller = door.caller("A")

    assert seller.get(f"{ACCOUNTS}/page-1").json()["code"] == "account_not_found"
    assert {act(seller, verb)[0] for verb in ("check", "pause", "resume")} == {404}
