"""The toy shop itself, and what the kit needs to know of it."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx

from adapters.base import AdapterContext, ChannelAdapter
from adapters.errors import AuthExpired, OutcomeUnknown
from adapters.templates import JinjaTemplates
from adapters.testing.kit import ErrorCase, InProcessChannel, MadePictures, Shown
from adapters.testing.sandbox.faults import Error
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, ChannelKind, ExternalId, SellerId
from tests.contract.kit.toy_channel.adapter import ToyAdapter

TOKEN = "toy-token-of-the-one-account"


class ToyChannel(InProcessChannel):
    text_in = "text"
    says_how_long = True
    secrets = (TOKEN,)
    error_cases = (
        ErrorCase(answer=Error(status=401), expected=AuthExpired, mutating=False),
        ErrorCase(answer=Error(status=418), expected=OutcomeUnknown),
    )

    def __init__(self, make: Callable[[AdapterContext], ChannelAdapter] = ToyAdapter) -> None:
        self._make = make
        self._items: dict[str, dict[str, Any]] = {}
        self._made = 0
        super().__init__()

    def connect(self) -> ChannelAdapter:
        account = ChannelAccount(id=AccountId(1), seller_id=SellerId(1), kind=ChannelKind("toy"), name="toy")
        return self._make(
            AdapterContext(
                account=account,
                credentials=Credentials({"token": TOKEN}),
                http=self.http(),
                clock=self.clock,
                pictures=MadePictures(),
                templates=JinjaTemplates(),
                settings=None,
            )
        )

    def shown(self) -> Sequence[Shown]:
        return [
            Shown(
                external_id=id_,
                visible=True,
                **{name: item[name] for name in ("text", "prices", "stock", "pictures")},
            )
            for id_, item in self._items.items()
        ]

    def remove(self, external_id: ExternalId) -> None:
        del self._items[external_id]

    def forget(self) -> None:
        self._items.clear()

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.expired()
        id_ = request.url.path.removeprefix("/items").strip("/")
        sent = json.loads(request.content) if request.content else {}
        if id_ and id_ not in self._items:
            return httpx.Response(404, json={"error": "no such item"})
        match request.method, bool(id_):
            case "POST", False:
                return httpx.Response(201, json=self._make_item(sent))
            case "PATCH", True:
                self._items[id_] |= sent
            case "DELETE", True:
                del self._items[id_]
                return httpx.Response(204)
            case "GET", False:
                return httpx.Response(200, json={"items": self._found(request.url.params["marker"])})
        return httpx.Response(200, json=self._items[id_])

    def _make_item(self, sent: dict[str, Any]) -> dict[str, Any]:
        self._made += 1
        item = sent | {"id": str(self._made), "searchable_at": self.searchable_at.timestamp()}
        self._items[item["id"]] = item
        return item

    def _found(self, marker: str) -> list[dict[str, Any]]:
        now = self.clock.now().timestamp()
        return [
            item for item in self._items.values() if marker in item["text"] and item["searchable_at"] <= now
        ]

    def error(self, effect: Error) -> httpx.Response:
        return httpx.Response(effect.status, json=effect.body or {"error": effect.message})

    def throttled(self, wait: timedelta) -> httpx.Response:
        return httpx.Response(
            429, json={"error": "slow down"}, headers={"retry-after": str(math.ceil(wait.total_seconds()))}
        )

    def expired(self) -> httpx.Response:
        return httpx.Response(401, json={"error": "the token is dead"})
