"""A market whose list only names its orders: the rows are asked for by number, several at a time."""

import json
from typing import Any

import httpx
import pytest

from adapters.emarket.client import MarketClient
from adapters.emarket.loading import load_market
from adapters.emarket.market import Op, OpName
from adapters.emarket.ordering import OrderDetail
from adapters.emarket.orders import OrderReader
from adapters.errors import Throttled, Transient
from adapters.settings import EmarketSettings
from schemas.channel import Credentials
from schemas.orders import OrderState
from tests.support.factories import NOON, FixedClock

LOADED = load_market(EmarketSettings(), "sandbox-emarket")
assert LOADED.fields.api is not None
assert LOADED.fields.api.orders is not None
DETAIL = OrderDetail(ids="order_ids", orders="data.list", reference="number", rows="rows")
FIELDS = LOADED.fields.api.orders.model_copy(update={"detail": DETAIL})
OP = Op(method="GET", path="/orders/items", encoding="query", batch_max=2)
MARKET = LOADED.market.model_copy(update={"ops": {**LOADED.market.ops, OpName.ORDER_DETAIL: OP}})
SECRETS = {"app_key": "k", "app_secret": "s", "access_token": "t"}
TIME = "2026-11-22T12:00:00+07:00"


class Market:
    """Answers the list with numbers only, and the rows when they are asked for."""

    def __init__(self, *references: str) -> None:
        self.references = references
        self.asked: list[str] = []
        self.answer: dict[str, Any] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/orders"):
            orders = [{"order_id": name, "created_at": TIME, "updated_at": TIME} for name in self.references]
            return httpx.Response(200, json={"code": "0", "data": {"orders": orders}})
        self.asked.append(request.url.params["order_ids"])
        if self.answer is not None:
            return httpx.Response(200, json=self.answer)
        rows = [{"order_item_id": "1", "sku": "A", "item_id": "9", "status": "paid"}] * 2
        text = self.asked[-1]
        names = json.loads(text) if text.startswith("[") else text.split(",")
        found = [{"number": int(name), "rows": rows} for name in names]
        return httpx.Response(200, json={"code": "0", "data": {"list": found}})


def reader(market: Market, fields: Any = FIELDS) -> OrderReader:
    http = httpx.Client(transport=httpx.MockTransport(market))
    client = MarketClient(http, MARKET, Credentials(SECRETS), FixedClock())
    return OrderReader(client, MARKET, fields, FixedClock())


def test_rows_are_asked_for_as_many_orders_at_a_time_as_the_market_takes() -> None:
    market = Market("1", "2", "3")

    page = reader(market).page(None, NOON)

    assert market.asked == ['["1", "2"]', '["3"]']
    assert [(one.reference, one.state, one.lines[0].ordered) for one in page.orders] == [
        ("1", OrderState.PAID, 2),
        ("2", OrderState.PAID, 2),
        ("3", OrderState.PAID, 2),
    ]


def test_numbers_may_stand_between_commas() -> None:
    market = Market("1", "2")
    commas = FIELDS.model_copy(update={"detail": DETAIL.model_copy(update={"written": "commas"})})

    reader(market, commas).page(None, NOON)

    assert market.asked == ["1,2"]


def test_without_orders_nothing_more_is_asked() -> None:
    market = Market()

    assert reader(market).page(None, NOON).orders == []
    assert market.asked == []


@pytest.mark.parametrize(
    "data",
    [{}, {"list": []}, {"list": [{"number": "2", "rows": []}]}, {"list": [{"number": "1"}]}, {"list": ["1"]}],
    ids=str,
)
def test_an_order_without_its_rows_is_asked_for_again_and_never_taken_for_an_empty_one(data: Any) -> None:
    market = Market("1")
    market.answer = {"code": "0", "data": data}

    with pytest.raises(Transient) as caught:
        reader(market).page(None, NOON)

    assert caught.value.unlisted_in == "sandbox-emarket.yaml"


def test_a_refusal_for_pace_between_the_calls_is_one() -> None:
    market = Market("1")
    market.answer = {"code": "ApiCallLimit"}

    with pytest.raises(Throttled):
        reader(market).page(None, NOON)
