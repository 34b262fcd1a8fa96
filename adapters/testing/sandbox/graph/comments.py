"""Comments under posts, photos and Instagram media. Source: meta.md §1.1, §2.4, §7 (19)."""

from typing import Final

from adapters.testing.sandbox.accounts import INSTAGRAM
from adapters.testing.sandbox.clock import graph_time
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.graph import feed_events, params
from adapters.testing.sandbox.graph.errors import bad_parameter, missing_object, refusal
from adapters.testing.sandbox.graph.instagram import username
from adapters.testing.sandbox.graph.paging import Field, page_of, select, wanted_fields
from adapters.testing.sandbox.graph.state import Comment

_DEFAULT_FIELDS: Final = ("id", "created_time", "message", "from")
_INSTAGRAM_FIELDS: Final = ("id", "timestamp", "text")


async def add_to_post(call: Call) -> Answer:
    """Comment on a post of the Page."""
    post = call.sandbox.graph.posts.get(call.params["_node"])
    if post is None or post.page != call.account:
        raise missing_object(call.params["_node"])
    if not (params.text(call, "attachment_url") or params.text(call, "attachment_id")):
        _required(call)
    comment = _keep(call, post.comments, f"{post.n}_{call.sandbox.graph.next()}")
    feed_events.tell_of_comment(call.sandbox, post, comment)
    return Answer(200, {"id": comment.id})


async def add_to_media(call: Call) -> Answer:
    """Comment on an Instagram media."""
    media = call.sandbox.graph.media.get(call.params["_node"])
    if media is None or media.user != call.account:
        raise missing_object(call.params["_node"])
    _required(call)
    if not media.comments_enabled:
        raise refusal(10, "Comments are disabled on this media")
    comment = _keep(call, media.comments, f"1810{call.sandbox.graph.next():013d}")
    return Answer(200, {"id": comment.id})


def _keep(call: Call, thread: list[str], comment_id: str) -> Comment:
    comment = Comment(
        id=comment_id,
        parent=call.params["_node"],
        account=call.account,
        message=params.text(call, "message") or "",
        created=call.now,
    )
    call.sandbox.graph.comments[comment.id] = comment
    thread.append(comment.id)
    call.visible = True
    return comment


def _required(call: Call) -> None:
    if not params.text(call, "message"):
        raise bad_parameter("The parameter message is required")


async def list_of_post(call: Call) -> Answer:
    """List the comments under a post, newest first."""
    post = call.sandbox.graph.posts.get(call.params["_node"])
    if post is None or post.page != call.account:
        raise missing_object(call.params["_node"])
    return _listed(call, post.comments, _DEFAULT_FIELDS)


async def list_of_media(call: Call) -> Answer:
    """List the comments under an Instagram media, newest first."""
    media = call.sandbox.graph.media.get(call.params["_node"])
    if media is None or media.user != call.account:
        raise missing_object(call.params["_node"])
    default = _INSTAGRAM_FIELDS if call.params["_host"] == "facebook" else _DEFAULT_FIELDS
    return _listed(call, media.comments, default)


def _listed(call: Call, ids: list[str], default: tuple[str, ...]) -> Answer:
    kept = call.sandbox.graph.comments
    fields = wanted_fields(call, default)
    newest_first = (kept[comment] for comment in reversed(ids))
    page = page_of(call, newest_first, _number, lambda c: select(fields, _fields(call, c)))
    if params.flag(call, "summary", default=False):
        page["summary"] = {"total_count": len(ids)}
    return Answer(200, page)


def _number(comment: Comment) -> int:
    return int(comment.id.rpartition("_")[2])


def _find(call: Call) -> Comment:
    comment = call.sandbox.graph.comments.get(call.params["_node"])
    if comment is None or comment.account != call.account:
        raise missing_object(call.params["_node"])
    return comment


async def read(call: Call) -> Answer:
    """Answer with the asked fields of a comment."""
    return Answer(200, select(wanted_fields(call, _DEFAULT_FIELDS), _fields(call, _find(call))))


async def update(call: Call) -> Answer:
    """Edit or hide a comment (``hide`` is Instagram's word, ``is_hidden`` the Page's)."""
    comment = _find(call)
    comment.message = params.text(call, "message") or comment.message
    comment.hidden = params.flag(call, "is_hidden", default=params.flag(call, "hide", default=comment.hidden))
    call.visible = True
    return Answer(200, {"success": True})


async def delete(call: Call) -> Answer:
    """Delete a comment."""
    comment = _find(call)
    state = call.sandbox.graph
    del state.comments[comment.id]
    thread = state.posts.get(comment.parent) or state.media.get(comment.parent)
    if thread:
        thread.comments.remove(comment.id)
    call.visible = True
    return Answer(200, {"success": True})


def _fields(call: Call, comment: Comment) -> dict[str, Field]:
    """Return the fields by the names of the host: an IGComment on one, a Comment on the other, as Meta describes them."""
    if call.channel == INSTAGRAM and call.params["_host"] == "facebook":
        return {
            "id": lambda: comment.id,
            "text": lambda: comment.message,
            "timestamp": lambda: graph_time(comment.created),
            "username": lambda: username(comment.account),
            "from": lambda: {"id": comment.account, "username": username(comment.account)},
            "media": lambda: {"id": comment.parent},
            "like_count": lambda: 0,
            "hidden": lambda: comment.hidden,
        }
    return {
        "id": lambda: comment.id,
        "message": lambda: comment.message,
        "created_time": lambda: graph_time(comment.created),
        "from": lambda: {"id": comment.account},
        "is_hidden": lambda: comment.hidden,
    }
