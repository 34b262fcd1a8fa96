"""Photos of a Page: upload by address or bytes, read, delete. Source: meta.md §1.1, §1.3, §7 (12)-(13)."""

from typing import Any, Final

from adapters.testing.sandbox.clock import graph_time
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.graph import params
from adapters.testing.sandbox.graph.errors import missing_object, refusal
from adapters.testing.sandbox.graph.paging import Field, page_of, select, wanted_fields
from adapters.testing.sandbox.graph.posts import begin_post
from adapters.testing.sandbox.graph.state import Photo
from adapters.testing.sandbox.pictures import FetchProblem, Picture, PictureRefused

MAX_PHOTO_BYTES: Final = 4 * 1024 * 1024
"""Source: Facebook's own error text, subcode 1366046 (meta.md §1.3, client)."""
_FORMATS: Final = {"JPEG", "MPO", "PNG", "GIF", "TIFF", "HEIF", "WEBP"}
_INVALID_FILE: Final = 2069019


async def upload(call: Call) -> Answer:
    """Take a photo; with ``published`` (the default) it also becomes a visible post of its own."""
    published = params.flag(call, "published", default=True)
    picture = await _taken(call)
    now = call.now
    state = call.sandbox.graph
    photo = Photo(
        id=f"12{state.next():013d}",
        page=call.account,
        picture=picture,
        created=now,
        updated=now,
        caption=params.text(call, "caption") or params.text(call, "message") or "",
        alt=params.text(call, "alt_text_custom") or "",
        published=published,
    )
    state.photos[photo.id] = photo
    if not published:
        return Answer(200, {"id": photo.id})
    post = begin_post(call, photo.caption, [photo.id])
    return Answer(200, {"id": photo.id, "post_id": post.id})


async def _taken(call: Call) -> Picture:
    url = params.text(call, "url")
    # The field is called "source", but in a batch it bears whatever name the part's attached_files gives it.
    data = next(iter(call.request.files.values()), None)
    try:
        if data is not None:
            picture = await call.sandbox.pictures.keep(data)
        elif url:
            picture = await call.sandbox.pictures.fetch(url, ranged=True)
        else:
            raise refusal(324, "Missing or invalid image file")
    except PictureRefused as problem:
        if problem.problem is FetchProblem.TOO_LARGE:
            raise _too_large() from None
        raise refusal(324, "Missing or invalid image file", subcode=_INVALID_FILE) from None
    if picture.size_bytes > MAX_PHOTO_BYTES:
        raise _too_large()
    if picture.format not in _FORMATS:
        raise refusal(324, "Missing or invalid image file", subcode=_INVALID_FILE)
    return picture


def _too_large() -> Exception:
    message = "Your photos couldn't be uploaded. Photos should be smaller than 4 MB"
    return refusal(100, message, subcode=1366046)


async def read(call: Call) -> Answer:
    """Answer with the asked fields of a photo."""
    photo = find(call)
    return Answer(200, select(wanted_fields(call, ("id", "name", "created_time")), _fields(call, photo)))


async def list_photos(call: Call) -> Answer:
    """List the Page's photos, newest first."""
    own = [p for p in reversed(call.sandbox.graph.photos.values()) if p.page == call.account]
    fields = wanted_fields(call, ("id", "name", "created_time"))
    return Answer(200, page_of(call, own, lambda p: int(p.id), lambda p: select(fields, _fields(call, p))))


async def delete(call: Call) -> Answer:
    """Delete a photo; it also leaves the post it was part of."""
    photo = find(call)
    state = call.sandbox.graph
    post = state.posts.get(photo.post or "")
    if post:
        post.photos.remove(photo.id)
        call.visible = True
    del state.photos[photo.id]
    return Answer(200, {"success": True})


def find(call: Call) -> Photo:
    """Return the photo the path names.

    Raises:
        Refused: Unknown, or of another Page.
    """
    photo = call.sandbox.graph.photos.get(call.params["_node"])
    if photo is None or photo.page != call.account:
        raise missing_object(call.params["_node"])
    return photo


def _fields(call: Call, photo: Photo) -> dict[str, Field]:
    address = f"{call.request.origin}/_pictures/{photo.picture.sha}.jpg"
    image: dict[str, Any] = {
        "source": address,
        "width": photo.picture.width,
        "height": photo.picture.height,
    }
    return {
        "id": lambda: photo.id,
        "name": lambda: photo.caption or None,
        "alt_text": lambda: photo.alt or None,
        "link": lambda: f"{call.request.origin}/page/{photo.page}",
        "images": lambda: [image],
        "picture": lambda: address,
        "page_story_id": lambda: photo.post,
        "created_time": lambda: graph_time(photo.created),
        "updated_time": lambda: graph_time(photo.updated),
        "width": lambda: photo.picture.width,
        "height": lambda: photo.picture.height,
        "from": lambda: {"id": photo.page},
    }
