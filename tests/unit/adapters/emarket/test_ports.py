"""What a kind of market offers beside the verbs: none pretends to more than it is."""

from typing import Any

import httpx
import pytest

from adapters.base import AdapterContext
from adapters.emarket import EMARKET
from adapters.observing import ObservedAdapter
from adapters.orders import OrderingAdapter
from adapters.settings import EmarketSettings
from adapters.templates import JinjaTemplates
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, SellerId
from tests.support.factories import DictPictures, FixedClock


def adapter(**account: str) -> Any:
    return EMARKET.make(
        AdapterContext(
            account=ChannelAccount(
                id=AccountId(1), seller_id=SellerId(1), kind=EMARKET.kind, name="market", settings=account
            ),
            credentials=Credentials({}),
            http=httpx.Client(),
            clock=FixedClock(),
            pictures=DictPictures(),
            templates=JinjaTemplates(),
            settings=EmarketSettings(),
        )
    )


@pytest.mark.parametrize(
    ("account", "has_calls"),
    [
        ({"market": "sandbox-emarket"}, True),
        ({"market": "postmart"}, False),
        ({"market": "google-products", "link": "https://shop.example.com/p/{sku}"}, False),
    ],
    ids=str,
)
def test_only_a_market_that_can_be_asked_is_asked(account: dict[str, str], has_calls: bool) -> None:
    made = adapter(**account)

    assert isinstance(made, OrderingAdapter) is has_calls
    assert isinstance(made, ObservedAdapter) is has_calls
