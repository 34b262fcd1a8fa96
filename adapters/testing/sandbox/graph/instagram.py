"""Instagram media: publish, list, read, delete, quota. Source: meta.md §2, §7 (26)-(31)."""

from typing import Any, Final

from adapters.testing.sandbox.clock import graph_time
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.graph import params
from adapters.testing.sandbox.graph.containers import published_today, refuse_page_token_read, state_of
from adapters.testing.sandbox.graph.errors import bad_parameter, missing_object, refusal
from adapters.testing.sandbox.graph.paging import Field, page_of, select, wanted_fields
from adapters.testing.sandbox.graph.state import Container, ContainerState, Media

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NEWEST: Final = 10_000
"""Media a list reaches back. Source: meta.md §2.5."""


async def publish(call: Call) -> Answer:
    """Make a finished container visible, once."""
    wanted = params.text(call, "creation_id") or ""
    container = call.sandbox.graph.containers.get(wanted)
    if container is None or container.user != call.account:
        raise refusal(24, "The requested resource does not exist", subcode=2207008)
    _check_publishable(call, container)
    today = published_today(call)
    if len(today) >= call.sandbox.options.publishing_quota:
        raise refusal(9, "Application request limit reached", subcode=2207042)
    media = _begin_media(call, container)
    today.append(call.now)
    call.visible = True
    return Answer(200, {"id": media.id})


def _check_publishable(call: Call, container: Container) -> None:
    state = state_of(call, container)
    if state is ContainerState.EXPIRED:
        raise refusal(24, "The requested resource does not exist", subcode=2207008)
    if state is ContainerState.PUBLISHED or container.is_child:
        raise bad_parameter("The container cannot be published, or has been already")
    if state is not ContainerState.FINISHED:
        raise refusal(9007, "Media ID is not available", subcode=2207027)


def _begin_media(call: Call, container: Container) -> Media:
    state = call.sandbox.graph
    parts = [state.containers[child] for child in container.children] or [container]
    n = state.next()
    media = Media(
        id=f"1800{n:013d}",
        n=n,
        user=call.account,
        pictures=[part.picture for part in parts if part.picture],
        alts=[part.alt for part in parts],
        child_ids=[f"1801{state.next():013d}" for _ in container.children],
        caption=container.caption,
        created=call.now,
        searchable_at=call.searchable_at,
        shortcode=_shortcode(n),
    )
    state.add_media(media)
    container.media = media.id
    return media


def _shortcode(n: int) -> str:
    letters, rest = "", n + 64**9
    while rest:
        rest, digit = divmod(rest, 64)
        letters = _ALPHABET[digit] + letters
    return letters


async def list_media(call: Call) -> Answer:
    """List the account's media, newest first, between ``since`` and ``until`` (unix seconds)."""
    since, until = params.number(call, "since"), params.number(call, "until")
    now = call.now
    own = list(call.sandbox.graph.user_media.get(call.account, {}).values())[-_NEWEST:]
    found = (
        media
        for media in reversed(own)
        if media.searchable_at <= now
        and not media.archived
        and (since is None or media.created >= since)
        and (until is None or media.created <= until)
    )
    fields = wanted_fields(call, ("id",))
    page = page_of(call, found, lambda media: media.n, lambda media: select(fields, _fields(call, media)))
    return Answer(200, page)


def find(call: Call) -> Media:
    """Return the media the path names.

    Raises:
        Refused: Unknown or of another account.
    """
    media = call.sandbox.graph.media.get(call.params["_node"])
    if media is None or media.user != call.account:
        raise missing_object(call.params["_node"])
    return media


async def read(call: Call) -> Answer:
    """Answer with the asked fields of a media."""
    media = find(call)
    if media.archived:
        raise missing_object(media.id)
    refuse_page_token_read(call)
    return Answer(200, select(wanted_fields(call, ("id",)), _fields(call, media)))


async def read_children(call: Call) -> Answer:
    """Answer with the parts of a carousel."""
    return Answer(200, _children(find(call)) or {"data": []})


async def update(call: Call) -> Answer:
    """Switch comments on or off; nothing else of a media can change."""
    media = find(call)
    if "comment_enabled" not in call.params:
        raise bad_parameter("The parameter comment_enabled is required")
    media.comments_enabled = params.flag(call, "comment_enabled", default=True)
    call.visible = True
    return Answer(200, {"success": True})


async def delete(call: Call) -> Answer:
    """Delete a media; the Instagram host does not know how (meta.md §2.4)."""
    media = find(call)
    if call.params["_host"] == "instagram":
        raise missing_object(media.id)
    call.sandbox.graph.remove_media(media)
    call.visible = True
    return Answer(200, {"success": True})


async def publishing_limit(call: Call) -> Answer:
    """Answer how much of the rolling day's publishing quota is used."""
    today = published_today(call)
    since = params.number(call, "since")
    used = len([moment for moment in today if since is None or moment >= since])
    shown: dict[str, Field] = {
        "quota_usage": lambda: used,
        "config": lambda: {"quota_total": call.sandbox.options.publishing_quota, "quota_duration": 86_400},
    }
    fields = [name for name in wanted_fields(call, ("quota_usage",)) if name != "id"]
    return Answer(200, {"data": [select(fields, shown)]})


async def read_user(call: Call) -> Answer:
    """Answer with the account's own fields."""
    user = call.account
    own = call.sandbox.graph.user_media.get(user, {})
    shown: dict[str, Field] = {
        "id": lambda: user,
        "user_id": lambda: user,
        "username": lambda: username(user),
        "name": lambda: username(user),
        "media_count": lambda: len(own),
        "account_type": lambda: "BUSINESS",
        "shopping_product_tag_eligibility": lambda: False,
    }
    return Answer(200, select(wanted_fields(call, ("id",)), shown))


def username(user: str) -> str:
    """Return the name an Instagram account goes by in the sandbox."""
    return f"sandbox.{int(user[5:])}"


def _children(media: Media) -> dict[str, Any] | None:
    if not media.child_ids:
        return None
    return {"data": [{"id": child} for child in media.child_ids]}


def _fields(call: Call, media: Media) -> dict[str, Field]:
    caption = media.caption.replace("@", "") if call.sandbox.options.strip_at_signs else media.caption
    return {
        "id": lambda: media.id,
        "caption": lambda: caption or None,
        "media_type": lambda: "CAROUSEL_ALBUM" if media.child_ids else "IMAGE",
        "media_product_type": lambda: "FEED",
        "media_url": lambda: f"{call.request.origin}/_pictures/{media.pictures[0].sha}.jpg",
        "permalink": lambda: f"{call.request.origin}/ig/{media.user}#{media.shortcode}",
        "shortcode": lambda: media.shortcode,
        "timestamp": lambda: graph_time(media.created),
        "children": lambda: _children(media),
        "alt_text": lambda: media.alts[0] or None,
        "comments_count": lambda: len(media.comments),
        "like_count": lambda: 0,
        "is_comment_enabled": lambda: media.comments_enabled,
        "username": lambda: username(media.user),
        "owner": lambda: {"id": media.user},
    }
