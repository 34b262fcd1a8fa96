"""The door of the client: what it asks for, how it waits, and what it gives back."""

import json
from typing import Any

import httpx
import pytest

from syndicator.client import ApiProblem, Client, StillWorking
from syndicator.client.client import LONGEST_LOOK_S
from tests.support.factories import make_product

SELLER = "/v1/sellers/A"


def job(*, settled: bool = True, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": "j-1",
        "reference": "api:1:k",
        "source": "api",
        "state": "received",
        "lines": 2,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "problem": None,
        "listings": {"live": 3, "working": 0 if settled else 1},
        "is_settled": settled,
        "a_field_of_later": True,
    }
    return values | changes


class Api:
    """Answers by method and path; keeps what was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.looks = 0
        self.settled_after = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        path = request.url.path.removeprefix(SELLER)
        status, answer, headers = self._answer(f"{request.method} {path}")
        return httpx.Response(status, json=answer, headers=headers)

    def _answer(self, asked: str) -> tuple[int, Any, dict[str, str]]:
        if asked == "GET /jobs/j-1":
            self.looks += 1
            return 200, job(settled=self.looks > self.settled_after), {}
        change = {"sku": "P-1", "on_hand_before": 1, "on_hand": 5, "promised": 2, "available": 3}
        level = {"sku": "P-1", "name": "n", "on_hand": 5, "promised": 2, "available": 3, "owed": 0}
        answers: dict[str, tuple[int, Any, dict[str, str]]] = {
            "PUT /products/P-1": (200, {}, {"Syndicator-Job": "j-1"}),
            "POST /imports": (200, job(), {}),
            "POST /media": (201, {"sha256": "ab" * 32}, {}),
            "POST /stock/count": (200, {"data": [change | {"was_known": False}]}, {}),
            "POST /stock/adjust": (200, {"data": [change | {"was_known": False}]}, {}),
            "GET /stock": (200, {"data": [level], "next_cursor": None}, {}),
        }
        return answers.get(asked, (404, {}, {}))

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def client(api: Api) -> Client:
    return Client(
        "http://api.test", "syk_a_b", "A", transport=httpx.MockTransport(api), sleep=api.waits.append
    )


def test_a_product_is_put_under_its_code_and_followed_by_its_job(api: Api, client: Client) -> None:
    done = client.publish(make_product("P-1"), accounts=["page", "line"], idempotency_key="k-1")

    put, look = api.requests
    assert (put.method, put.url.path) == ("PUT", f"{SELLER}/products/P-1")
    assert put.url.params.get_list("accounts") == ["page", "line"]
    assert put.headers["Idempotency-Key"] == "k-1"
    assert json.loads(put.content)["variants"][0]["price"] == 4500
    assert look.url.path == f"{SELLER}/jobs/j-1"
    assert (done.created, done.refused, done.listings["live"]) == (1, 1, 3)


def test_many_products_go_line_by_line_in_one_request(api: Api, client: Client) -> None:
    goods = (one for one in (make_product("P-1"), {"sku": "P-2", "name": "กล้วย"}))
    client.publish_many(goods, idempotency_key="k-2")

    (request,) = api.requests
    lines = request.content.decode().splitlines()
    assert [json.loads(line)["sku"] for line in lines] == ["P-1", "P-2"]
    assert "กล้วย" in lines[1]
    assert request.headers["Content-Type"] == "application/x-ndjson"
    assert request.headers["Idempotency-Key"] == "k-2"
    assert "accounts" not in request.url.params


def test_a_job_is_looked_at_until_nothing_moves_and_ever_less_often(api: Api, client: Client) -> None:
    api.settled_after = 12
    done = client.wait(client.job("j-1"))

    assert done.is_settled
    assert api.waits == sorted(api.waits)
    assert api.waits[-1] == LONGEST_LOOK_S


def test_a_job_that_is_not_done_in_time_is_given_back_as_it_is(api: Api, client: Client) -> None:
    api.settled_after = 1_000_000

    with pytest.raises(StillWorking) as still:
        client.wait(client.job("j-1"), timeout=0)
    assert still.value.job.listings["working"] == 1
    assert isinstance(still.value, TimeoutError)


def test_a_picture_is_sent_as_a_form_and_named_by_its_hash(api: Api, client: Client) -> None:
    assert client.upload(b"\xff\xd8 a photo") == "ab" * 32
    assert api.last.headers["Content-Type"].startswith("multipart/form-data")
    assert b"\xff\xd8 a photo" in api.last.content


def test_stock_is_set_counted_adjusted_and_shown(api: Api, client: Client) -> None:
    (changed,) = client.stock.set({"P-1": 5}, note="shelf")
    assert json.loads(api.last.content) == {"counts": {"P-1": 5}, "note": "shelf"}
    assert (changed.on_hand_before, changed.available) == (1, 3)

    client.stock.adjust({"P-1": -2}, reason="sale", idempotency_key="till-9")
    assert json.loads(api.last.content) == {"changes": {"P-1": -2}, "reason": "sale", "note": None}
    assert api.last.headers["Idempotency-Key"] == "till-9"

    assert [level.available for level in client.stock.show("P-1", "P-2")] == [3, 3]
    assert [request.url.params["sku"] for request in api.requests[-2:]] == ["P-1", "P-2"]


def test_a_seller_or_code_with_odd_letters_stays_one_part_of_the_address(api: Api) -> None:
    with (
        Client("http://api.test", "k", "../admin", transport=httpx.MockTransport(api)) as client,
        pytest.raises(ApiProblem),
    ):
        client.product("a/b?c")
    assert api.last.url.raw_path == b"/v1/sellers/..%2Fadmin/products/a%2Fb%3Fc"


def test_a_client_does_not_tell_its_key(client: Client) -> None:
    assert "syk_a_b" not in repr(client)
