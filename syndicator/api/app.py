"""The HTTP door. Today: the pictures and files channels fetch, and whether the process is alive."""

import re
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Path, Request
from fastapi.responses import Response

from schemas.ids import PictureKey
from syndicator import __version__
from syndicator.api import feeds
from syndicator.bootstrap import App
from syndicator.media.storage import InvalidKey, StorageError

_PICTURE_PATH = r"^pictures/[0-9a-f]{2}/[0-9a-f]{64}-[0-9a-f]{12}\.jpg$"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)", re.ASCII)
ONE_YEAR_S = 31_536_000


def create_app(app: App) -> FastAPI:
    """Build the web application of the ``api`` process."""
    api = FastAPI(title="Syndicator", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    api.state.app = app
    api.add_api_route("/health/live", live, methods=["GET"])
    # Below the address of pictures too: whoever makes that one public makes the files public with it.
    for address in (feeds.PATH, f"/media{feeds.PATH}"):
        api.add_api_route(address, feeds.feed, methods=["GET", "HEAD"])
    api.add_api_route("/media/{key:path}", picture, methods=["GET", "HEAD"])
    return api


def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "live", "version": __version__}


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
