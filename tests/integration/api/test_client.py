"""The Python client against the API itself: what it sends is taken, and what is answered it can read."""

from collections.abc import Iterator

import pytest

from syndicator.client import ApiProblem, Client
from tests.support.api_door import ApiDoor, InProcess
from tests.support.app import goods


@pytest.fixture
def client(door: ApiDoor) -> Iterator[Client]:
    """A seller's client; while it waits, the workers do what is due."""
    door.core.connect()

    def work(_seconds: float) -> None:
        door.core.run_until_quiet()

    key = door.caller("A").key
    with Client("http://test", key, "A", transport=InProcess(door.api), sleep=work) as opened:
        yield opened


def test_a_product_is_published_and_followed_until_it_is_live(client: Client) -> None:
    job = client.wait(client.publish(goods("P-1"), accounts=["page"]))

    assert (job.state, job.created, dict(job.listings)["live"]) == ("received", 1, 1)
    (listing,) = client.listings(sku="P-1", state="live")
    assert (listing.account, listing.problems) == ("page", ())
    assert client.product("P-1").product == goods("P-1")
    assert [one.sku for one in client.products()] == ["P-1"]
    assert [one.id for one in client.jobs()] == [job.id]


def test_many_products_are_one_job_with_a_line_for_each(client: Client) -> None:
    documents = [goods(f"P-{number}").model_dump(mode="json") for number in range(30)]
    documents[7]["lead_time_days"] = -1
    documents[8]["stock"] = {"P-8": 12}
    job = client.wait(client.publish_many(documents, idempotency_key="catalogue"))
    again = client.publish_many(documents, idempotency_key="catalogue")

    assert (job.lines, job.created, job.refused) == (30, 29, 1)
    assert (again.id, again.created) == (job.id, 29)
    (refused,) = [line for line in client.lines(job) if line.outcome == "refused"]
    assert (refused.line, refused.sku, refused.problems[0].path) == (8, "P-7", "lead_time_days")
    (level,) = client.stock.show("P-8")
    assert (level.on_hand, level.available) == (12, 12)


def test_stock_is_set_counted_and_adjusted(client: Client, door: ApiDoor) -> None:
    client.publish(goods("P-1"))
    (first,) = client.stock.set({"P-1": 10}, note="shelf")
    (counted,) = client.stock.count({"P-1": 9}, began=door.core.clock.now())
    (sold,) = client.stock.adjust({"P-1": -2}, reason="sale", idempotency_key="till-1")
    (again,) = client.stock.adjust({"P-1": -2}, reason="sale", idempotency_key="till-1")

    assert [one.on_hand for one in (first, counted, sold, again)] == [10, 9, 7, 7]


def test_a_refusal_says_what_to_mend(client: Client) -> None:
    with pytest.raises(ApiProblem) as refused:
        client.publish(goods("P-1").model_dump(mode="json") | {"name": ""})
    with pytest.raises(ApiProblem) as unknown:
        client.stock.set({"NOBODY": 1})

    assert (refused.value.status, refused.value.path) == (422, "name")
    assert "NOBODY" in unknown.value.en
    assert list(client.orders()) == []
