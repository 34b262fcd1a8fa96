"""One ASGI application: the channels, the control API, the pages a buyer would see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from adapters.testing.sandbox.control_api import control_routes
from adapters.testing.sandbox.gate import Gate
from adapters.testing.sandbox.graph.surface import GraphSurface
from adapters.testing.sandbox.line.surface import LineSurface
from adapters.testing.sandbox.market.surface import MarketSurface
from adapters.testing.sandbox.messaging.surface import MessagingSurface
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.pages.routes import page_routes
from adapters.testing.sandbox.sandbox import Sandbox

SAVE_EVERY_S = 1.0
"""Seconds between two looks whether the state must be saved; a kill loses at most that much."""


def create_app(options: SandboxOptions) -> Starlette:
    """Build the sandbox: mounts ``/graph``, ``/graph-instagram``, ``/line-shop``, ``/line-messaging``, ``/market/api``, ``/_sandbox``.

    Raises:
        SystemExit: The state file cannot be read.
    """
    sandbox = Sandbox(options)
    routes = [
        Mount("/graph", Gate(sandbox, GraphSurface("facebook"))),
        Mount("/graph-instagram", Gate(sandbox, GraphSurface("instagram"))),
        Mount("/line-shop", Gate(sandbox, LineSurface())),
        Mount("/line-messaging", Gate(sandbox, MessagingSurface())),
        Mount("/market/api", Gate(sandbox, MarketSurface())),
        Mount("/_sandbox", routes=control_routes(sandbox)),
        Route("/_pictures/{name}.jpg", _picture),
        *page_routes(sandbox),
    ]
    app = Starlette(routes=routes, lifespan=_lifespan)
    app.state.sandbox = sandbox
    return app


def sandbox_of(app: Any) -> Sandbox:
    """Return the sandbox behind an application made by ``create_app``."""
    sandbox: Sandbox = app.state.sandbox
    return sandbox


async def _picture(request: Request) -> Response:
    small = sandbox_of(request.app).pictures.thumbnail(request.path_params["name"])
    if small is None:
        return Response(status_code=404)
    return Response(small, media_type="image/jpeg", headers={"cache-control": "max-age=86400"})


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    sandbox = sandbox_of(app)
    saver = asyncio.create_task(_save_regularly(sandbox))
    yield
    saver.cancel()
    with suppress(asyncio.CancelledError):
        await saver
    await sandbox.close()


async def _save_regularly(sandbox: Sandbox) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        sandbox.hooks.redeliver(sandbox.clock.now())
        sandbox.save()
