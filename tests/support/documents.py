"""Product documents as other systems send them."""

from collections.abc import Mapping
from typing import Any

import httpx

from syndicator.usecases.intake_tools import IntakeTools
from tests.support.app import CoreApp, goods
from tests.support.picture_hosts import fetcher_over


def document(sku: str = "P-1", **changes: Any) -> dict[str, Any]:
    """A sound document without pictures, ten units in stock."""
    return goods(sku).model_dump(mode="json") | {"stock": {sku: 10}} | changes


def tools_of(app: CoreApp, pictures: Mapping[str, bytes] | None = None) -> IntakeTools:
    """The ports of an intake; ``pictures`` are what the web holds, by address."""
    web = pictures or {}

    def answer(request: httpx.Request) -> httpx.Response:
        content = web.get(f"https://{request.headers['host']}{request.url.path}")
        return (
            httpx.Response(404) if content is None else httpx.Response(200, stream=httpx.ByteStream(content))
        )

    return IntakeTools(
        database=app.database,
        adapters=app.adapters,
        store=app.store,
        fetcher=fetcher_over(answer),
        clock=app.clock,
    )
