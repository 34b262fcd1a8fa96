"""The HTTP API over the database of a ``CoreApp``, and callers with keys of every role."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from schemas.ids import SellerId
from syndicator.api.app import create_app
from syndicator.bootstrap import App
from syndicator.domain.access import ApiKeyText, Reach, Rights, Role
from syndicator.media.fetch import PictureFetcher
from syndicator.settings import Settings
from tests.support.app import KEY, CoreApp
from tests.support.fake_channel import FAKE, KIND, FakeAdapters
from tests.support.picture_hosts import fetcher_over
from tests.support.pictures import encode, quarters


@dataclass(frozen=True)
class AppOnFakes(App):
    """The application with the fake channels and the still clock of a ``CoreApp``."""

    core: CoreApp | None = None

    @cached_property
    def adapters(self) -> FakeAdapters:  # type: ignore[override]
        assert self.core is not None
        return self.core.adapters

    @cached_property
    def picture_fetcher(self) -> PictureFetcher:
        """Every address of the web holds the same picture."""
        picture = encode(quarters(), "PNG")
        return fetcher_over(lambda _: httpx.Response(200, stream=httpx.ByteStream(picture)))

    @cached_property
    def clock(self) -> Any:
        assert self.core is not None
        return self.core.clock


class InProcess(httpx.BaseTransport):
    """Carries a request to a web application without a socket; what crashes there is answered as a server would."""

    def __init__(self, api: FastAPI) -> None:
        self._transport = httpx.ASGITransport(api, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        whole = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        return asyncio.run(self._answered(whole))

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content, request=request)


class Caller:
    """Calls the API with one key."""

    def __init__(self, client: httpx.Client, key: str) -> None:
        self._client = client
        self.key = key

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.key}"} | dict(headers or {})
        return self._client.request(method, path, headers=given, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.call("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        return self.call("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.call("DELETE", path, **options)


class ApiDoor:
    """The API of one database; closes with ``close``."""

    def __init__(self, core: CoreApp, database_url: str, redis_url: str, folder: Path, **groups: Any) -> None:
        """``groups`` are groups of settings: ``intake=IntakeSettings(max_rows=5)``."""
        self.core = core
        settings = Settings(var=folder, secret_key=SecretStr(KEY), **groups)
        self.app = AppOnFakes(settings=settings, database_url=database_url, redis_url=redis_url, core=core)
        self.api = create_app(self.app, channels={KIND: FAKE})
        self.client = httpx.Client(transport=InProcess(self.api), base_url="http://test")

    def seller(self, code: str, centre: str | None = None) -> SellerId:
        """Return the seller of that code, made where there is none."""
        with self.core.database.begin() as uow:
            centre_id = None if centre is None else uow.sellers.ensure_centre(centre)
            made = uow.sellers.add(code, code, centre_id)
            return made if made is not None else uow.accounts.ensure_seller(code)

    def caller(
        self,
        seller: str | None = None,
        *,
        centre: str | None = None,
        rights: Rights = Rights.WRITE,
        requests_per_minute: int | None = None,
    ) -> Caller:
        """Return a caller with a new key: of a seller, of a centre, or of an admin where neither is named."""
        key = ApiKeyText.make()
        with self.core.database.begin() as uow:
            if seller is not None:
                reach = Reach(role=Role.SELLER, seller_id=uow.accounts.ensure_seller(seller))
            elif centre is not None:
                reach = Reach(role=Role.CENTRE, centre_id=uow.sellers.ensure_centre(centre))
            else:
                reach = Reach(role=Role.ADMIN)
            uow.api_keys.add(
                key,
                reach,
                rights=rights,
                name="test",
                made_by="test",
                requests_per_minute=requests_per_minute,
            )
        return Caller(self.client, key.text)

    def cut_off(self, path: str, body: bytes, caller: Caller, headers: Mapping[str, str]) -> None:
        """Send a request whose caller hangs up after ``body``, in the middle of it."""
        given = {"authorization": f"Bearer {caller.key}", "transfer-encoding": "chunked"} | dict(headers)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        }
        messages = [{"type": "http.request", "body": body, "more_body": True}]

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(_: Any) -> None:
            pass

        asyncio.run(self.api(scope, receive, send))

    def close(self) -> None:
        self.client.close()
        self.app.close()
