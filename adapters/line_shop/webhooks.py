"""The webhooks of a shop: one order event a request, signed with the secret that OA Plus shows beside the address.

Source: docs/channels/line.md section 2. That an order expired is never told; only polling finds it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from adapters.line_shop.order_mapping import order_of
from adapters.line_shop.order_wire import RemoteOrder
from adapters.webhooks import InboundEvent, WebhookRefused, WebhookRequest, WebhookScope, is_signed
from schemas.channel import Credentials
from schemas.orders import ChannelOrder

SECRET: Final = "webhook_secret"  # noqa: S105 - the name of the credential
_SIGNATURE: Final = "x-myshop-signature"
_DELIVERY_ID: Final = "x-request-id"
_OF_ORDERS: Final = "ORDER."
"""Other events, such as a changed address, change nothing in the stock."""
_LONGEST_ID: Final = 200


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    timestamp: str = Field(default="", coerce_numbers_to_str=True)


class _Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    event: _Event


_ENVELOPE: Final = TypeAdapter(_Envelope)
_ORDER: Final = TypeAdapter(RemoteOrder)


class LineShopWebhooks:
    """Reads the webhooks of a shop; each shop has an address and a secret of its own."""

    scope = WebhookScope.ACCOUNT

    def read(
        self,
        request: WebhookRequest,
        *,
        settings: Any,
        account_settings: Mapping[str, Any],
        credentials: Credentials,
    ) -> Sequence[InboundEvent]:
        """Check the signature, then read the one event of the request.

        Raises:
            WebhookRefused: The signature does not hold, or the account has no ``webhook_secret``.
            ValueError: The body is no event of a shop.
        """
        del settings, account_settings
        _check_signature(request, credentials.get(SECRET) or "")
        try:
            event = _ENVELOPE.validate_json(request.body).event
            if not event.name.startswith(_OF_ORDERS):
                return ()
            order = _ORDER.validate_json(request.body)
        except ValidationError:
            # The parser's error would quote the body, which holds the buyer.
            raise ValueError("the body is not an event of a MyShop order") from None
        complete = _complete(order)
        return [
            InboundEvent(key=_key(request, event, order), order=complete, asks_for_orders=complete is None)
        ]

    def handshake(self, query: Mapping[str, str], *, settings: Any) -> str | None:
        """MyShop does not try an address before it is used."""
        del query, settings
        return None


def _check_signature(request: WebhookRequest, secret: str) -> None:
    given = request.headers.get(_SIGNATURE, "")
    if not secret or not given:
        raise WebhookRefused("there is no secret to check with, or no signature")
    digest = hmac.new(secret.encode(), request.body, hashlib.sha256).digest()
    if not is_signed(given.strip(), base64.b64encode(digest).decode()):
        raise WebhookRefused("the signature does not hold")


def _key(request: WebhookRequest, event: _Event, order: RemoteOrder) -> str:
    """Name the event: by the id of its delivery, which repetitions share (assumed), or by what it says."""
    delivery = request.headers.get(_DELIVERY_ID, "").strip()
    if 0 < len(delivery) <= _LONGEST_ID:
        return f"id:{delivery}"
    said = hashlib.sha256(request.body).hexdigest()[:16]
    return f"{order.number}:{event.name}:{event.timestamp}:{said}"[:_LONGEST_ID]


def _complete(order: RemoteOrder) -> ChannelOrder | None:
    """Return the order; None where the event leaves out its lines or its times, which are then asked for."""
    if not order.items or order.placed is None or order.updated is None:
        return None
    return order_of(order, placed=order.placed, updated=order.updated)
