"""Every route of the API, as its description lists them, by every role, at things of another seller."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.ids import SellerId
from syndicator.domain.access import Rights
from syndicator.settings import WebhookSettings
from tests.support.api_door import ApiDoor, Caller
from tests.support.app import CoreApp, goods
from tests.support.documents import document
from tests.support.pictures import encode, quarters

NOT_OF_GOODS = {"audit", "api_key", "idempotency_key", "alembic_version"}
ABSENT = {
    "listing_id": "999999",
    "order_id": "999999",
    "job": "999999",
    "kind": "products",
    "sha256": "0" * 64,
}
"""Names of things that are not there, where ``none-here`` would not be a name at all."""

NOT_MADE_HERE = {"message"}
"""Names behind which nothing is made here: the messages of an endpoint are tried in ``test_webhooks``."""


@pytest.fixture
def door(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[ApiDoor]:
    """The API, whose endpoints for events may be on this machine."""
    core = CoreApp(database_url)
    opened = ApiDoor(core, database_url, redis_url, tmp_path, webhooks=WebhookSettings(allow_private=True))
    yield opened
    opened.close()
    core.close()


@pytest.fixture
def victim(door: ApiDoor) -> dict[str, str]:
    """A seller with one of everything that an address can name; returns the names."""
    seller_id: SellerId = door.seller("P", "c-1")
    door.seller("Q", "c-2")
    door.core.connect("page", seller_id=seller_id)
    door.core.submit(goods("P-1"), seller_id=seller_id)
    door.core.execute(
        "INSERT INTO channel_order (seller_id, account_id, reference, state, placed_at, updated_at)"
        " SELECT seller_id, id, 'O-1', 'paid', now(), now() FROM channel_account"
    )
    owner = door.caller("P")
    picture = owner.post("/v1/sellers/P/media", files={"file": ("a.png", encode(quarters(), "PNG"))})
    put = owner.put("/v1/sellers/P/products/P-2", json=document("P-2"))
    hook = owner.post(
        "/v1/sellers/P/webhooks", json={"url": "http://127.0.0.1:9/hook", "events": ["listing.live"]}
    )
    return {
        "seller": "P",
        "sha256": picture.json()["sha256"],
        "job": put.headers["Syndicator-Job"],
        "webhook": hook.json()["id"],
        "sku": "P-1",
        "account": "page",
        "kind": "products",
        "listing_id": str(door.core.value("SELECT id FROM listing")),
        "order_id": str(door.core.value("SELECT id FROM channel_order")),
        "key_id": door.caller("P").key.split("_")[1],
    }


def routes(door: ApiDoor) -> list[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = door.api.openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def filled(path: str, names: dict[str, str]) -> str:
    """A name that is not known here stands for something that is not there, for owner and stranger alike."""
    return re.sub(r"{(\w+)(?::\w+)?}", lambda m: names.get(m[1], ABSENT.get(m[1], "none-here")), path)


def test_every_name_in_an_address_is_one_that_this_test_thought_of(
    door: ApiDoor, victim: dict[str, str]
) -> None:
    """A new kind of name needs a thing of the other seller behind it here, or a reason why there is none."""
    named = {name for _, path in routes(door) for name in re.findall(r"{(\w+)}", path)}

    assert named - set(victim) == NOT_MADE_HERE


def dump(door: ApiDoor) -> dict[str, set[str]]:
    tables = door.core.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = sorted(row.tablename for row in tables if row.tablename not in NOT_OF_GOODS)
    return {name: {str(row) for row in door.core.rows(f'SELECT * FROM "{name}"')} for name in names}  # noqa: S608


def told(caller: Caller, method: str, path: str, *names: str) -> tuple[int, str]:
    """What a caller learns: the status, and the words without the request id and the names it gave."""
    options = {} if method in {"GET", "DELETE"} else {"json": {}}
    answer = caller.call(method, path, **options)
    text = answer.text.replace(answer.headers["X-Request-Id"], "")
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", "", text)
    return answer.status_code, text


Strangers = dict[str, tuple[Caller, set[int]]]


def strangers(door: ApiDoor) -> Strangers:
    revoked = door.caller("P")
    with door.core.database.begin() as uow:
        uow.api_keys.revoke(revoked.key.split("_")[1], now=door.core.clock.now())
    return {
        "no key": (Caller(door.client, ""), {401}),
        "garbage": (Caller(door.client, "syk_a_b"), {401}),
        "revoked": (revoked, {401}),
        "other seller": (door.caller("Q"), {404}),
        "other seller, read": (door.caller("Q", rights=Rights.READ), {404}),
        "other centre": (door.caller(centre="c-2"), {404}),
    }


def test_nobody_reaches_anothers_things_or_learns_that_they_are_there(
    door: ApiDoor,
    victim: dict[str, str],
    record_property: Callable[[str, object], None],
) -> None:
    below = [(method, path) for method, path in routes(door) if "{seller}" in path]
    nowhere = dict.fromkeys(victim, "none-here") | ABSENT
    callers, before, pairs = strangers(door), dump(door), 0
    for method, path in below:
        for role, (caller, statuses) in callers.items():
            real = told(caller, method, filled(path, victim), *victim.values())
            none = told(caller, method, filled(path, nowhere), *nowhere.values())
            assert real == none, (role, method, path)
            assert real[0] in statuses, (role, method, path)
            pairs += 1
    assert dump(door) == before
    record_property("route_role_pairs", pairs)
    print(f"isolation: {len(below)} routes below a seller x {len(callers)} roles = {pairs} pairs")  # noqa: T201


def test_the_id_of_anothers_thing_is_none_of_ones_own(door: ApiDoor, victim: dict[str, str]) -> None:
    inner = [
        (m, p) for m, p in routes(door) if re.search(r"{(listing_id|order_id|key_id|job|sha256|webhook)}", p)
    ]
    mine, centre, before = door.caller("Q"), door.caller(centre="c-2"), dump(door)
    assert len(inner) >= 12
    for method, path in inner:
        caller = mine if "{seller}" in path else centre
        real = told(caller, method, filled(path, victim | {"seller": "Q"}), *victim.values())
        none = told(caller, method, filled(path, ABSENT | {"seller": "Q"}), *ABSENT.values(), "none-here")
        assert real == none, (method, path)
        # An empty body may be refused before anything is looked up; nothing else is answered than that.
        assert real[0] in ({404} if method == "GET" else {404, 422}), (method, path)
    assert dump(door) == before


def test_who_may_only_read_writes_nowhere(door: ApiDoor, victim: dict[str, str]) -> None:
    reader, before = door.caller("P", rights=Rights.READ), dump(door)
    for method, path in routes(door):
        if method != "GET":
            assert told(reader, method, filled(path, victim))[0] == 403, (method, path)
    assert dump(door) == before


def test_those_within_reach_are_let_through_everywhere(door: ApiDoor, victim: dict[str, str]) -> None:
    known = [
        (m, p)
        for m, p in routes(door)
        if m == "GET" and "{seller}" in p and set(re.findall(r"{(\w+)}", p)) <= set(victim)
    ]
    assert len(known) >= 15
    for caller in (door.caller("P"), door.caller(centre="c-1"), door.caller()):
        for method, path in known:
            assert told(caller, method, filled(path, victim))[0] == 200, (method, path)
