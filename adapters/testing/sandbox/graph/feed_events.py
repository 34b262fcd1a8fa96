"""The ``feed`` events of Pages as the app is told of them. Source: meta.md §5."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import httpx

from adapters.testing.sandbox.accounts import FACEBOOK_PAGE
from adapters.testing.sandbox.graph.state import Comment, Post
from adapters.testing.sandbox.webhooks import PATIENCE_S, Callback, Notice

if TYPE_CHECKING:
    from adapters.testing.sandbox.sandbox import Sandbox

SIGNATURE: Final = "X-Hub-Signature-256"
ADDED: Final = "add"
EDITED: Final = "edited"
REMOVED: Final = "remove"
HIDDEN: Final = "hide"
SHOWN: Final = "unhide"


def tell_of_post(sandbox: "Sandbox", post: Post, verb: str) -> None:
    """Send what happened to a post to where the Page's events go, if that was told."""
    _tell(sandbox, post, of_post(post, verb))


def tell_of_comment(sandbox: "Sandbox", post: Post, comment: Comment) -> None:
    """Send that somebody commented on a post."""
    _tell(sandbox, post, of_comment(post, comment))


def _tell(sandbox: "Sandbox", post: Post, value: Mapping[str, Any]) -> None:
    body = body_of(post.page, value, sandbox.clock.now())

    def notice(callback: Callback) -> Notice:
        name = f"{value['item']}.{value['verb']}"
        return Notice(name=name, subject=post.id, body=body, headers=headers_of(callback.secret, body))

    sandbox.webhooks.post(FACEBOOK_PAGE, post.page, notice)


async def passes_test(url: str, verify_token: str, challenge: str) -> bool:
    """Test an address as Meta does before it sends anything there."""
    query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        answer = await http.get(url, params=query)
    return answer.status_code == httpx.codes.OK and answer.content == challenge.encode()


def of_post(post: Post, verb: str) -> dict[str, Any]:
    """Return what is told of a post."""
    return {
        "item": "photo" if post.photos else "status",
        "verb": verb,
        "post_id": post.id,
        "from": {"id": post.page},
        "message": post.message,
        "published": int(post.published),
        "created_time": int(post.created),
    }


def visibility_of(post: Post) -> str:
    """Return the verb for a post that was hidden or shown."""
    return HIDDEN if post.hidden else SHOWN


def of_comment(post: Post, comment: Comment) -> dict[str, Any]:
    """Return what is told of a new comment under a post."""
    return {
        "item": "comment",
        "verb": ADDED,
        "post_id": post.id,
        "comment_id": comment.id,
        "parent_id": post.id,
        "message": comment.message,
        "created_time": int(comment.created),
    }


def body_of(page: str, value: Mapping[str, Any], moment: float) -> bytes:
    """Return the body that carries one change; every letter beyond ASCII is escaped, as Meta does."""
    change = {"field": "feed", "value": value}
    entry = {"id": page, "time": int(moment), "changes": [change]}
    return json.dumps({"object": "page", "entry": [entry]}, separators=(",", ":")).encode()


def headers_of(secret: str, body: bytes) -> dict[str, str]:
    """Return the headers of a signed body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", SIGNATURE: f"sha256={digest}"}
