"""MyShop's webhooks: what one says, and how it is signed. Source: line.md §2."""

import base64
import hashlib
import hmac
import json
import uuid
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from adapters.testing.sandbox.accounts import LINE_SHOP
from adapters.testing.sandbox.clock import iso_time
from adapters.testing.sandbox.line.order_show import order_body
from adapters.testing.sandbox.line.state import Order
from adapters.testing.sandbox.webhooks import Callback, Notice

if TYPE_CHECKING:
    from adapters.testing.sandbox.sandbox import Sandbox

SIGNATURE: Final = "x-myshop-signature"


class Event(StrEnum):
    """The events MyShop is known to send; that an unpaid order expired is not among them."""

    PENDING_PAYMENT = "ORDER.PENDING_PAYMENT"
    READY_TO_SHIP = "ORDER.READY_TO_SHIP"
    COMPLETED = "ORDER.COMPLETED"
    CANCELED = "ORDER.CANCELED"
    ADDRESS_UPDATED = "ORDER_DETAIL.SHIPPING_ADDRESS_UPDATED"


def sign(secret: str, body: bytes) -> str:
    """Return the value of ``x-myshop-signature`` for the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def event_body(order: Order, event: Event, at: float) -> dict[str, Any]:
    """Return what one webhook carries: the order as its detail call shows it, and the event."""
    return {
        "event": {"name": event.value, "timestamp": iso_time(at)},
        "shop": {"channelId": 1, "premiumId": f"@{order.shop}", "randomId": f"@000{order.shop}"},
        **order_body(order),
    }


def tell(sandbox: "Sandbox", order: Order, event: Event) -> None:
    """Send the event to where the shop's webhooks go, if that was told."""
    body = json.dumps(event_body(order, event, sandbox.clock.now()), ensure_ascii=False).encode()
    request_id = str(uuid.uuid4())

    def notice(callback: Callback) -> Notice:
        headers = {"content-type": "application/json", SIGNATURE: sign(callback.secret, body)}
        if callback.request_ids:
            headers["x-request-id"] = request_id
        return Notice(name=event.value, subject=order.number, body=body, headers=headers)

    sandbox.webhooks.post(LINE_SHOP, order.shop, notice)
