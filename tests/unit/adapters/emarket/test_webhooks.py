import hashlib
import hmac
import json
from typing import Any

import pytest

from adapters.emarket import EMARKET
from adapters.emarket.ordering import EventSignature
from adapters.emarket.signing import event_signature
from adapters.settings import EmarketSettings
from adapters.webhooks import InboundEvent, WebhookRefused, WebhookRequest, WebhookScope
from schemas.channel import Credentials

SECRETS = {"app_key": "123456", "app_secret": "helloworld"}
URL = "https://syndicator.example.test/hooks/17"
VENDORS_BODY = (
    b'{"seller_id":"1234567","message_type":0,"data":{"order_status":"unpaid","trade_order_id":"1",'
    b'"trade_order_line_id":"2","status_update_time":1603698638},"timestamp":1603766859530,"site":"lazada_th"}'
)
VENDORS_SIGNATURE = "00c3532767ee4bb7877766b46bcb011add614fa6cad4b01fa210ec28ea3e079d"
READER = EMARKET.webhooks
assert READER is not None


def signed(body: bytes, key: str = "helloworld") -> str:
    return hmac.new(key.encode(), b"123456" + body, hashlib.sha256).hexdigest()


def read(
    body: bytes,
    signature: str | None = None,
    *,
    secrets: dict[str, str] = SECRETS,
    market: str = "sandbox-emarket",
) -> InboundEvent:
    headers = {"authorization": signed(body) if signature is None else signature}
    (event,) = READER.read(
        WebhookRequest(url=URL, headers=headers, body=body),
        settings=EmarketSettings(),
        account_settings={"market": market},
        credentials=Credentials(secrets),
    )
    return event


def event(message_type: Any = 0, **data: Any) -> bytes:
    body = {"seller_id": "market1", "message_type": message_type, "data": data, "timestamp": 1}
    return json.dumps(body).encode()


def test_each_account_has_an_address_and_a_secret_of_its_own() -> None:
    assert READER.scope is WebhookScope.ACCOUNT
    assert READER.handshake({"hub.challenge": "1"}, settings=EmarketSettings()) is None


def test_the_signature_of_the_fact_sheet_holds() -> None:
    assert read(VENDORS_BODY, VENDORS_SIGNATURE).asks_for_orders


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0" * 64,
        VENDORS_SIGNATURE.upper(),
        VENDORS_SIGNATURE[:-1],
        f" {VENDORS_SIGNATURE}",
        "ก",
        signed(b""),
    ],
)
def test_a_signature_that_does_not_fit_is_refused(signature: str) -> None:
    with pytest.raises(WebhookRefused):
        read(VENDORS_BODY, signature)


def test_the_raw_bytes_are_signed_not_what_they_mean() -> None:
    spaced = json.dumps(json.loads(VENDORS_BODY)).encode()

    with pytest.raises(WebhookRefused):
        read(spaced, VENDORS_SIGNATURE)


@pytest.mark.parametrize(
    "secrets",
    [{}, {"app_key": "123456"}, {"app_secret": "helloworld"}, {**SECRETS, "app_secret": ""}],
    ids="+".join,
)
def test_without_the_secret_nothing_is_believed(secrets: dict[str, str]) -> None:
    unkeyed = hmac.new(b"", b"123456" + VENDORS_BODY, hashlib.sha256).hexdigest()

    for signature in (VENDORS_SIGNATURE, unkeyed):
        with pytest.raises(WebhookRefused):
            read(VENDORS_BODY, signature, secrets=secrets)


def test_another_shops_secret_opens_nothing() -> None:
    with pytest.raises(WebhookRefused):
        read(VENDORS_BODY, signed(VENDORS_BODY, key="goodbye"))


@pytest.mark.parametrize("market", ["postmart", "google-products"])
def test_a_market_without_webhooks_sends_none(market: str) -> None:
    with pytest.raises(WebhookRefused):
        read(VENDORS_BODY, VENDORS_SIGNATURE, market=market)


def test_a_second_delivery_has_the_same_key_and_another_event_another() -> None:
    def key(line: str = "2", status: str = "paid", at: int = 1, sent: int = 1) -> str:
        data = {
            "order_status": status,
            "trade_order_id": "1",
            "trade_order_line_id": line,
            "status_update_time": at,
        }
        body = {"data": data, "message_type": 0, "timestamp": sent}
        return read(json.dumps(body).encode()).key

    assert key(sent=1) == key(sent=2)
    assert len({key(), key(line="3"), key(status="shipped"), key(at=2)}) == 4


def test_events_without_anything_to_tell_them_by_are_told_by_their_bytes() -> None:
    first, second = read(event(0, note="a")), read(event(0, note="b"))

    assert first.key != second.key
    assert first.key == read(event(0, note="a")).key


@pytest.mark.parametrize("message_type", [3, 4, 5, "4"])
def test_a_changed_listing_is_named(message_type: Any) -> None:
    told = read(event(message_type, item_id=500_000_017, update_time=1))

    assert (list(told.touched), told.asks_for_orders, told.order) == (["500000017"], False, None)


@pytest.mark.parametrize(
    "body",
    [event(6, seller_sku="A"), event(None), event([0]), event(4), event(4, item_id=["1"]), b"{}"],
    ids=str,
)
def test_what_we_do_not_use_asks_for_nothing(body: bytes) -> None:
    told = read(body)

    assert (list(told.touched), told.asks_for_orders, told.order) == ([], False, None)
    assert told.key


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[1]", b'"secret words"', b"\xff", b"[" * 100_000], ids=len
)
def test_a_signed_body_that_is_no_event_is_told_and_not_quoted(body: bytes) -> None:
    with pytest.raises(ValueError, match="the body is no JSON") as caught:
        read(body)

    assert "secret" not in str(caught.value)


def test_other_markets_sign_the_address_and_fixed_words() -> None:
    """The form that the sheet reports for Shopee: address, a bar, body."""
    rules = EventSignature(secret="app_secret", parts=("url", "text:|", "body"), digest="HEX")

    told = event_signature(rules, {"app_secret": "k"}, url="https://x.example.test", body=b"{}")

    expected = hmac.new(b"k", b"https://x.example.test|{}", hashlib.sha256)
    assert told == expected.hexdigest().upper()
