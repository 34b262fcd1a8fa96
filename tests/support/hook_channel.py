"""A kind of channel that calls us, for the HTTP door: signed JSON, once for each account and once for an app.

It copies no vendor. The body is a list of events; its signature is the HMAC of the raw bytes.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from adapters.base import ChannelType
from adapters.webhooks import InboundEvent, WebhookRefused, WebhookRequest, WebhookScope, is_signed
from schemas.channel import Credentials
from schemas.ids import ChannelKind, ExternalId, Sku
from schemas.orders import ChannelOrder, OrderLine, OrderState

OF_ACCOUNT = ChannelKind("fake")
OF_APP = ChannelKind("fake_app")
APP_SECRET = "the app's secret"
PLACED = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def sign(body: bytes, secret: str) -> dict[str, str]:
    return {"X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def body_of(*events: Mapping[str, Any]) -> bytes:
    return json.dumps(events).encode()


class FakeReader:
    """Reads the events; keeps the addresses it was told were called."""

    def __init__(self, scope: WebhookScope) -> None:
        self.scope = scope
        self.urls: list[str] = []

    def read(
        self,
        request: WebhookRequest,
        *,
        settings: Any,
        account_settings: Mapping[str, Any],
        credentials: Credentials,
    ) -> Sequence[InboundEvent]:
        self.urls.append(request.url)
        held: SecretStr | None = settings.app_secret
        secret = credentials.get("token") or ("" if held is None else held.get_secret_value())
        expected = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
        if not is_signed(request.headers.get("x-signature", ""), expected):
            raise WebhookRefused
        return [_event(event) for event in json.loads(request.body)]

    def handshake(self, query: Mapping[str, str], *, settings: Any) -> str | None:
        return (
            query.get("challenge") if query.get("token") == settings.app_secret.get_secret_value() else None
        )


def _event(values: Mapping[str, Any]) -> InboundEvent:
    order = None
    if (reference := values.get("order")) is not None:
        line = OrderLine(reference="1", sku=Sku("P-1"), ordered=1)
        order = ChannelOrder(
            reference=reference, state=OrderState.PAID, placed_at=PLACED, updated_at=PLACED, lines=(line,)
        )
    return InboundEvent(
        key=values["key"],
        account=None if values.get("account") is None else ExternalId(values["account"]),
        order=order,
        asks_for_orders=values.get("asks", False),
        touched=tuple(map(ExternalId, values.get("touched", ()))),
    )


def hook_channels() -> dict[ChannelKind, ChannelType]:
    """Return a kind whose accounts have addresses of their own, one whose app has, and one that never calls."""

    def channel(kind: str, reader: FakeReader | None) -> ChannelType:
        return ChannelType(
            kind=ChannelKind(kind),
            label_th="ช่องทางจำลอง",
            label_en="Fake channel",
            credential_names=("token",),
            settings_key="meta",
            make=_never_made,
            webhooks=reader,
        )

    made = (
        channel(OF_ACCOUNT, FakeReader(WebhookScope.ACCOUNT)),
        channel(OF_APP, FakeReader(WebhookScope.APP)),
        channel("fake_silent", None),
    )
    return {one.kind: one for one in made}


def _never_made(context: Any) -> Any:
    raise AssertionError("the door opened an adapter")


class DoorClient:
    """Calls the web application without a socket."""

    def __init__(self, api: FastAPI) -> None:
        self._transport = httpx.ASGITransport(api)

    def get(self, path: str, **query: str) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, params=query))

    def post(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, content=body, headers=headers))

    def post_in_turn(self, times: int, path: str, body: bytes, headers: Mapping[str, str]) -> list[int]:
        """Send the same call several times, one after the other; return the answers' status."""

        async def in_turn() -> list[int]:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://test") as client:
                answers = [await client.post(path, content=body, headers=headers) for _ in range(times)]
            return [answer.status_code for answer in answers]

        return asyncio.run(in_turn())

    def post_at_once(
        self, times: int, path: str, body: bytes, headers: Mapping[str, str]
    ) -> list[httpx.Response]:
        """Send the same call several times, all on their way together."""

        async def together() -> list[httpx.Response]:
            calls = (self._ask("POST", path, content=body, headers=headers) for _ in range(times))
            return list(await asyncio.gather(*calls))

        return asyncio.run(together())

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://test") as client:
            return await client.request(method, path, **options)
