"""The HTTP door: the API of other systems, the pictures and files channels fetch, and the events they send."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Path, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import Response
from fastapi_offline import FastAPIOffline

from adapters.base import ChannelType
from adapters.registry import CHANNELS
from schemas.ids import ChannelKind, PictureKey
from syndicator import __version__
from syndicator.api import feeds, hooks, v1
from syndicator.api.health import add_health
from syndicator.api.metrics import add_metrics
from syndicator.api.openapi import describe
from syndicator.api.problems import add_problem_answers
from syndicator.api.request_ids import RequestIds
from syndicator.api.v1.routes import PREFIX
from syndicator.bootstrap import App
from syndicator.media.storage import InvalidKey, StorageError
from syndicator.usecases.receive_webhook import RecordOrders
from syndicator.usecases.record_orders import record_orders

_PICTURE_PATH = r"^pictures/[0-9a-f]{2}/[0-9a-f]{64}-[0-9a-f]{12}\.jpg$"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)", re.ASCII)
ONE_YEAR_S = 31_536_000
OPENAPI_PATH = f"{PREFIX}/openapi.json"


def create_app(
    app: App,
    *,
    channels: Mapping[ChannelKind, ChannelType] = CHANNELS,
    record_orders: RecordOrders = record_orders,
    queues: Sequence[str] = (),
) -> FastAPI:
    """Build the web application of the ``api`` process; ``record_orders`` takes the orders that webhooks carry.

    ``queues`` are the names of those whose depth ``/metrics`` tells.
    """
    # The pages of the documentation carry their scripts themselves: nothing is fetched from elsewhere to read them.
    api = FastAPIOffline(title="Syndicator", version=__version__, redoc_url=None, openapi_url=OPENAPI_PATH)
    api.state.app = app
    add_problem_answers(api)
    api.add_middleware(RequestIds, answered=add_metrics(api, app, queues).answered)
    if app.settings.api.cors_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=app.settings.api.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["ETag", "Location", "Retry-After", "X-Request-Id"],
        )
    add_health(api, app)
    # Below the address of pictures too: whoever makes that one public makes the files public with it.
    for address in (feeds.PATH, f"/media{feeds.PATH}"):
        api.add_api_route(address, feeds.feed, methods=["GET", "HEAD"], include_in_schema=False)
    hooks.add_hooks(api, channels, record_orders)
    api.add_api_route("/media/{key:path}", picture, methods=["GET", "HEAD"], include_in_schema=False)
    api.include_router(v1.router())
    describe(api)
    return api


def picture(
    request: Request,
    key: Annotated[str, Path(pattern=_PICTURE_PATH, max_length=120)],
    wanted: Annotated[str | None, Header(alias="range")] = None,
) -> Response:
    """Serve one sized picture. Originals are never served: they may hold a seller's home in their metadata.

    A range from the first byte is answered whole with 200: one channel's crawler asks for ``bytes=0-`` and takes a 206
    for a broken picture.
    """
    store = request.app.state.app.media_store
    try:
        size = store.size(PictureKey(key))
        start, end = _range(wanted, size)
        whole = start == 0 and end == size
        content = store.read(key) if whole else b"".join(store.stream(key, start=start, end=end))
    except (FileNotFoundError, InvalidKey) as exc:
        raise HTTPException(404, "no such picture") from exc
    except StorageError as exc:
        raise HTTPException(503, "the picture store does not answer") from exc
    headers = {
        "Cache-Control": f"public, max-age={ONE_YEAR_S}, immutable",
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    if not whole:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(content, status_code=200 if whole else 206, media_type="image/jpeg", headers=headers)


def _range(wanted: str | None, size: int) -> tuple[int, int]:
    match = None if wanted is None else _RANGE.fullmatch(wanted)
    if match is None:
        return 0, size
    start = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    if start >= end:
        raise HTTPException(
            416, "the range lies outside the picture", headers={"Content-Range": f"bytes */{size}"}
        )
    return start, end
