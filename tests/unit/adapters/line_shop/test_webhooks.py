import json
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.line_shop import LINE_SHOP
from adapters.line_shop.webhooks import LineShopWebhooks
from adapters.testing.sandbox.line.order_events import Event, event_body, sign
from adapters.testing.sandbox.line.order_show import buyer_words
from adapters.testing.sandbox.line.state import Order, OrderLine
from adapters.webhooks import InboundEvent, WebhookRefused, WebhookRequest, WebhookScope
from schemas.channel import Credentials
from schemas.orders import OrderState
from tests.support.factories import NOON

SECRET = "the-secret-beside-the-address"
ORDER = Order(
    number="2026112200001",
    shop="shop1",
    buyer=7,
    line=OrderLine(
        product=70,
        variant=80,
        inventory=90,
        sku="A-S",
        barcode="",
        name="กล้วยอบเนย",
        quantity=2,
        price=45,
        discount=0,
        weight=0.1,
    ),
    placed=NOON.timestamp(),
    updated=NOON.timestamp(),
    listed_at=0,
)
BODY = event_body(ORDER, Event.PENDING_PAYMENT, NOON.timestamp())


def request(body: Any, signature: str | None = None, **headers: str) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    given = sign(SECRET, raw) if signature is None else signature
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest(
        url="https://shop.example.test/hook", headers={"x-myshop-signature": given} | headers, body=raw
    )


def read(asked: WebhookRequest, secret: str | None = SECRET) -> Sequence[InboundEvent]:
    credentials = Credentials({"api_key": "k"} | ({} if secret is None else {"webhook_secret": secret}))
    return LineShopWebhooks().read(asked, settings=None, account_settings={}, credentials=credentials)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in BODY.items() if name not in names}


def test_an_event_is_the_order_with_its_lines() -> None:
    (event,) = read(request(BODY, x_request_id="a-b-c"))

    assert event.key == "id:a-b-c"
    assert (event.account, event.asks_for_orders, event.touched) == (None, False, ())
    assert event.order is not None
    assert (event.order.reference, event.order.state) == (ORDER.number, OrderState.UNPAID)
    assert (event.order.placed_at, event.order.updated_at) == (NOON, NOON)
    assert [(line.reference, line.sku, line.ordered) for line in event.order.lines] == [("70/80", "A-S", 2)]


def test_a_body_as_the_vendors_callers_have_seen_it_asks_for_the_order() -> None:
    """Shape of docs/channels/line.md section 2, which shows no times of the order."""
    seen = {
        "event": {"name": "ORDER.READY_TO_SHIP", "timestamp": "2026-01-05T03:04:05Z"},
        "shop": {"channelId": 1, "premiumId": "@demo", "randomId": "@123abcde"},
        "orderNumber": "2026010500001",
        "orderStatus": "FINALIZED",
        "paymentStatus": "PAID",
        "shipmentStatus": "SHIPMENT_READY",
        "orderItems": [{"productId": 1000071365, "variantId": 332677, "sku": "P-1001-B-M", "quantity": 1}],
    }

    (event,) = read(request(seen))

    assert event.order is None
    assert event.asks_for_orders


@pytest.mark.parametrize("missing", ["orderItems", "lastUpdatedAt", "checkoutAt"])
def test_an_event_that_leaves_something_out_asks_for_orders(missing: str) -> None:
    (event,) = read(request(without(missing)))

    assert (event.order, event.asks_for_orders) == (None, True)


def test_without_an_id_the_key_is_what_the_event_says() -> None:
    (first,), (again,) = read(request(BODY)), read(request(BODY))
    (other,) = read(request(event_body(ORDER, Event.READY_TO_SHIP, NOON.timestamp())))
    (later,) = read(request(event_body(ORDER, Event.PENDING_PAYMENT, NOON.timestamp() + 1)))
    (changed,) = read(request(BODY | {"paymentStatus": "PENDING"}))
    (endless,) = read(request(BODY, x_request_id="x" * 5_000))

    assert first.key == again.key == endless.key
    assert len({first.key, other.key, later.key, changed.key}) == 4
    assert len(first.key) < 200


@pytest.mark.parametrize(
    "timestamp", ["2026-01-05T03:04:05+07:00", 1_767_582_245, 1_767_582_245_000, "soon", None]
)
def test_the_time_of_the_event_may_have_any_form(timestamp: object) -> None:
    event = {"name": "ORDER.CANCELED"} | ({} if timestamp is None else {"timestamp": timestamp})

    assert len(read(request(BODY | {"event": event}))) == 1


@pytest.mark.parametrize("name", ["ORDER_DETAIL.SHIPPING_ADDRESS_UPDATED", "PRODUCT.UPDATED", "TEST"])
def test_an_event_of_something_else_says_nothing_of_stock(name: str) -> None:
    assert read(request({"event": {"name": name, "timestamp": ""}})) == ()


@pytest.mark.parametrize(
    "signature", ["", "AAAA", "ก", sign("another secret", b"{}"), sign(SECRET, b"another body")]
)
def test_a_signature_that_does_not_hold_is_refused(signature: str) -> None:
    with pytest.raises(WebhookRefused):
        read(request(BODY, signature))


def test_the_signature_is_over_the_raw_bytes() -> None:
    raw = json.dumps(BODY).encode()
    spaced = json.dumps(BODY, indent=1).encode()

    assert read(request(spaced))
    with pytest.raises(WebhookRefused):
        read(request(spaced, sign(SECRET, raw)))


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_everything_is_refused(secret: str | None) -> None:
    with pytest.raises(WebhookRefused):
        read(request(BODY, sign("", json.dumps(BODY, ensure_ascii=False).encode())), secret)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"x"',
        {"event": {}},
        without("orderNumber"),
        BODY | {"orderItems": [{"quantity": "many"}]},
    ],
)
def test_a_body_that_is_no_event_is_told_without_quoting_it(body: Any) -> None:
    with pytest.raises(ValueError) as caught:
        read(request(body))

    assert str(caught.value) == "the body is not an event of a MyShop order"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_nothing_of_the_buyer_is_kept() -> None:
    words = buyer_words(ORDER)
    assert all(word in json.dumps(BODY, ensure_ascii=False) for word in words)

    events = f"{read(request(BODY, x_request_id='1'))!r} {read(request(BODY))!r}"

    assert [word for word in words if word in events] == []


def test_each_shop_has_an_address_and_may_have_a_secret() -> None:
    assert LINE_SHOP.webhooks is not None
    assert LINE_SHOP.webhooks.scope is WebhookScope.ACCOUNT
    assert LINE_SHOP.optional_credential_names == ("webhook_secret",)
    assert LINE_SHOP.webhooks.handshake({"hub.mode": "subscribe"}, settings=None) is None
