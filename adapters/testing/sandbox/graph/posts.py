"""Posts of a Page: create, edit, delete, list. Source: meta.md §1.1, §1.4, §7 (14)-(18)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from adapters.testing.sandbox.accounts import APP_ID
from adapters.testing.sandbox.clock import graph_time
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.graph import feed_events, params
from adapters.testing.sandbox.graph.errors import bad_parameter, missing_object, refusal
from adapters.testing.sandbox.graph.paging import Field, page_of, select, wanted_fields
from adapters.testing.sandbox.graph.state import Photo, Post
from adapters.testing.sandbox.options import DuplicatePosts

MAX_MESSAGE: Final = 63_206
"""Characters. Source: meta.md §1.3 (client constant)."""
MIN_SCHEDULE_S: Final = 600
MAX_SCHEDULE_S: Final = 30 * 86_400
"""Source: meta.md §1.3; the other page says 75 days, the narrower one is enforced."""
_DEFAULT_FIELDS: Final = ("id", "created_time", "message")


async def create(call: Call) -> Answer:
    """Publish a post; visible unless ``published=false``."""
    message = params.text(call, "message") or ""
    link = params.text(call, "link")
    photos = _attached(call)
    if not (message or link or photos):
        raise bad_parameter("You must provide a message, a link or attached_media")
    _check_message(message)
    published = params.flag(call, "published", default=True)
    scheduled = None if published else _schedule(call)
    _check_duplicate(call, message, [photo.picture.sha for photo in photos])
    post = begin_post(
        call, message, [p.id for p in photos], link=link, published=published, scheduled=scheduled
    )
    return _answer_with(call, post)


def begin_post(
    call: Call,
    message: str,
    photos: list[str],
    *,
    link: str | None = None,
    published: bool = True,
    scheduled: float | None = None,
) -> Post:
    """Keep a new post of the calling Page and tie its photos to it."""
    state = call.sandbox.graph
    n = state.next()
    post = Post(
        id=f"{call.account}_{n}",
        n=n,
        page=call.account,
        message=message,
        created=call.now,
        updated=call.now,
        searchable_at=call.searchable_at,
        app=APP_ID,
        photos=photos,
        link=link,
        published=published,
        scheduled=scheduled,
    )
    state.add_post(post)
    for photo in photos:
        state.photos[photo].post = post.id
    call.visible = published
    feed_events.tell_of_post(call.sandbox, post, feed_events.ADDED)
    return post


def _attached(call: Call) -> list[Photo]:
    photos: list[Photo] = []
    for entry in params.items(call, "attached_media") or []:
        wanted = params.record(entry, "attached_media").get("media_fbid")
        photo = call.sandbox.graph.photos.get(str(wanted))
        if photo is None or photo.page != call.account:
            raise bad_parameter(f"Invalid parameter: media_fbid {wanted} cannot be attached")
        if photo.post or photo.published or photo in photos:
            raise bad_parameter("These photos were already posted")
        photos.append(photo)
    return photos


def _check_message(message: str) -> None:
    if len(message) > MAX_MESSAGE:
        raise bad_parameter(f"Param message must be at most {MAX_MESSAGE} characters")


def _schedule(call: Call) -> float | None:
    text = params.text(call, "scheduled_publish_time")
    if text is None:
        return None
    try:
        moment = float(text) if text.isdecimal() else datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise bad_parameter("Param scheduled_publish_time is not a time") from None
    if not MIN_SCHEDULE_S <= moment - call.now <= MAX_SCHEDULE_S:
        raise bad_parameter("scheduled_publish_time must be between 10 minutes and 30 days from now")
    return moment


def _check_duplicate(call: Call, message: str, shas: list[str]) -> None:
    mode = call.sandbox.options.duplicate_posts
    if mode is DuplicatePosts.ACCEPT:
        return
    last = next(reversed(_own(call).values()), None)
    if last is None or last.message != message or _shas(call, last) != shas:
        return
    if mode is DuplicatePosts.CODE_506:
        raise refusal(506, "Duplicate status message")
    raise refusal(368, "The action attempted has been deemed abusive", subcode=1404082)


def _shas(call: Call, post: Post) -> list[str]:
    return [call.sandbox.graph.photos[photo].picture.sha for photo in post.photos]


def _own(call: Call) -> dict[str, Post]:
    return call.sandbox.graph.page_posts.get(call.account, {})


def find(call: Call) -> Post:
    """Return the post the path names.

    Raises:
        Refused: Unknown, or of another Page.
    """
    post = call.sandbox.graph.posts.get(call.params["_node"])
    if post is None or post.page != call.account:
        raise missing_object(call.params["_node"])
    return post


async def read(call: Call) -> Answer:
    """Answer with the asked fields of a post."""
    post = find(call)
    return Answer(200, select(wanted_fields(call, _DEFAULT_FIELDS), _fields(call, post)))


async def read_attachments(call: Call) -> Answer:
    """Answer with what hangs on a post."""
    return Answer(200, _attachments(call, find(call)) or {"data": []})


async def update(call: Call) -> Answer:
    """Edit a post's text, visibility or photos; only the app that made it may."""
    post = find(call)
    if post.app != APP_ID:
        raise refusal(200, "The user hasn't authorized the application to perform this action", status=403)
    was_live, was_hidden = post.is_live(call.now), post.hidden
    message = params.text(call, "message")
    if message is not None:
        _check_message(message)
        post.message = message
    post.hidden = params.flag(call, "is_hidden", default=post.hidden)
    post.published = params.flag(call, "is_published", default=post.published)
    post.updated = call.now
    call.visible = was_live or post.is_live(call.now)
    if message is not None:
        feed_events.tell_of_post(call.sandbox, post, feed_events.EDITED)
    if post.hidden != was_hidden:
        feed_events.tell_of_post(call.sandbox, post, feed_events.visibility_of(post))
    return Answer(200, {"success": True})


async def delete(call: Call) -> Answer:
    """Delete a post; its photos stay in the album."""
    post = find(call)
    call.visible = post.is_live(call.now)
    call.sandbox.graph.remove_post(post)
    feed_events.tell_of_post(call.sandbox, post, feed_events.REMOVED)
    return Answer(200, {"success": True})


def _lister(belongs: Callable[[Post, float], bool]) -> Callable[[Call], Any]:
    async def list_posts(call: Call) -> Answer:
        now = call.now
        fields = wanted_fields(call, _DEFAULT_FIELDS)
        found = _newest_first(call, lambda post: belongs(post, now))
        page = page_of(call, found, lambda post: post.n, lambda post: select(fields, _fields(call, post)))
        return Answer(200, page)

    return list_posts


list_published = _lister(lambda post, now: post.is_live(now))
"""``/published_posts`` and ``/posts``: what a visitor sees of the Page's own."""
list_feed = _lister(lambda _post, _now: True)
"""``/feed``: unpublished posts stand in it too."""
list_scheduled = _lister(lambda post, now: post.scheduled is not None and not post.is_live(now))


def _newest_first(call: Call, belongs: Callable[[Post], bool]) -> Iterator[Post]:
    now = call.now
    return (post for post in reversed(_own(call).values()) if post.searchable_at <= now and belongs(post))


def _answer_with(call: Call, post: Post) -> Answer:
    if "fields" in call.params:
        return Answer(200, select(wanted_fields(call, ("id",)), _fields(call, post)))
    return Answer(200, {"id": post.id})


def _fields(call: Call, post: Post) -> dict[str, Field]:
    return {
        "id": lambda: post.id,
        "created_time": lambda: graph_time(post.created),
        "updated_time": lambda: graph_time(post.updated),
        "message": lambda: post.message or None,
        "permalink_url": lambda: f"{call.request.origin}/page/{post.page}#{post.n}",
        "is_published": lambda: post.is_live(call.now) or (post.published and post.hidden),
        "is_hidden": lambda: post.hidden,
        "application": lambda: {"id": post.app, "name": "sandbox"},
        "status_type": lambda: "added_photos" if post.photos else "mobile_status_update",
        "from": lambda: {"id": post.page},
        "full_picture": lambda: _first_picture(call, post),
        "scheduled_publish_time": lambda: post.scheduled,
        "attachments": lambda: _attachments(call, post),
    }


def _first_picture(call: Call, post: Post) -> str | None:
    shas = _shas(call, post)
    return f"{call.request.origin}/_pictures/{shas[0]}.jpg" if shas else None


def _attachments(call: Call, post: Post) -> dict[str, Any] | None:
    if not post.photos:
        return None
    parts = [
        {
            "type": "photo",
            "target": {"id": photo},
            "media": {"image": {"src": f"{call.request.origin}/_pictures/{sha}.jpg"}},
        }
        for photo, sha in zip(post.photos, _shas(call, post), strict=True)
    ]
    if len(parts) == 1:
        return {"data": parts}
    return {"data": [parts[0] | {"type": "album", "subattachments": {"data": parts}}]}
