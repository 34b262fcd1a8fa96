"""The Graph dialect: versions, tokens, nodes and edges, usage headers. Source: meta.md §1.2, §4, §7 (1)-(11)."""

import hashlib
import hmac
import json
import math
import re
from enum import StrEnum
from typing import Any, Final

from adapters.testing.sandbox import faults
from adapters.testing.sandbox.accounts import (
    EXPIRED,
    FACEBOOK_PAGE,
    INSTAGRAM,
    LIMITED,
    Token,
    TokenKind,
    instagram_id,
    page_id,
    read_token,
    seller_of,
)
from adapters.testing.sandbox.exchange import Answer, Call, Endpoint, Handler, Refused
from adapters.testing.sandbox.graph import (
    batch,
    comments,
    containers,
    instagram,
    oauth,
    params,
    photos,
    posts,
)
from adapters.testing.sandbox.graph.errors import bad_parameter, graph_answer, missing_object, refusal
from adapters.testing.sandbox.graph.state import GraphState

_VERSION: Final = re.compile(r"^v\d+\.\d+$")
_DEFAULT_VERSION: Final = "v26.0"
_SHOW_USAGE_FROM: Final = 50
"""Per cent of the budget below which no usage header is sent; the real threshold is not published."""
_HOUR_S: Final = 3_600
_FULL: Final = 100
"""Per cent of a budget at which Graph throttles (meta.md §4.3)."""


class Node(StrEnum):
    """What an id names."""

    PAGE = "page"
    POST = "post"
    PHOTO = "photo"
    COMMENT = "comment"
    USER = "user"
    CONTAINER = "container"
    MEDIA = "media"
    ME = "me"
    ROOT = "root"


_SUBSCRIBE = Endpoint("page.subscribe", oauth.subscribe)
ROUTES: Final[dict[tuple[str, Node, str], Endpoint]] = {
    ("GET", Node.PAGE, ""): Endpoint("page.get", oauth.read_page),
    ("POST", Node.PAGE, "photos"): Endpoint("photo.upload", photos.upload),
    ("GET", Node.PAGE, "photos"): Endpoint("photo.list", photos.list_photos),
    ("POST", Node.PAGE, "feed"): Endpoint("post.create", posts.create),
    ("GET", Node.PAGE, "feed"): Endpoint("post.feed", posts.list_feed),
    ("GET", Node.PAGE, "posts"): Endpoint("post.list", posts.list_published),
    ("GET", Node.PAGE, "published_posts"): Endpoint("post.list", posts.list_published),
    ("GET", Node.PAGE, "scheduled_posts"): Endpoint("post.scheduled", posts.list_scheduled),
    ("POST", Node.PAGE, "subscribed_apps"): _SUBSCRIBE,
    ("GET", Node.PAGE, "subscribed_apps"): _SUBSCRIBE,
    ("GET", Node.POST, ""): Endpoint("post.get", posts.read),
    ("POST", Node.POST, ""): Endpoint("post.update", posts.update),
    ("DELETE", Node.POST, ""): Endpoint("post.delete", posts.delete),
    ("GET", Node.POST, "attachments"): Endpoint("post.attachments", posts.read_attachments),
    ("POST", Node.POST, "comments"): Endpoint("comment.create", comments.add_to_post),
    ("GET", Node.POST, "comments"): Endpoint("comment.list", comments.list_of_post),
    ("GET", Node.PHOTO, ""): Endpoint("photo.get", photos.read),
    ("DELETE", Node.PHOTO, ""): Endpoint("photo.delete", photos.delete),
    ("GET", Node.COMMENT, ""): Endpoint("comment.get", comments.read),
    ("POST", Node.COMMENT, ""): Endpoint("comment.update", comments.update),
    ("DELETE", Node.COMMENT, ""): Endpoint("comment.delete", comments.delete),
    ("GET", Node.USER, ""): Endpoint("user.get", instagram.read_user),
    ("POST", Node.USER, "media"): Endpoint("container.create", containers.create),
    ("GET", Node.USER, "media"): Endpoint("media.list", instagram.list_media),
    ("POST", Node.USER, "media_publish"): Endpoint("media.publish", instagram.publish),
    ("GET", Node.USER, "content_publishing_limit"): Endpoint("user.limit", instagram.publishing_limit),
    ("GET", Node.CONTAINER, ""): Endpoint("container.get", containers.read),
    ("GET", Node.MEDIA, ""): Endpoint("media.get", instagram.read),
    ("GET", Node.MEDIA, "children"): Endpoint("media.children", instagram.read_children),
    ("POST", Node.MEDIA, ""): Endpoint("media.update", instagram.update),
    ("DELETE", Node.MEDIA, ""): Endpoint("media.delete", instagram.delete),
    ("POST", Node.MEDIA, "comments"): Endpoint("comment.create", comments.add_to_media),
    ("GET", Node.MEDIA, "comments"): Endpoint("comment.list", comments.list_of_media),
    ("GET", Node.ME, "accounts"): Endpoint("me.accounts", oauth.list_pages),
    ("GET", Node.ME, "permissions"): Endpoint("me.permissions", oauth.list_permissions),
    ("GET", Node.ROOT, "oauth/access_token"): Endpoint("token.exchange", oauth.exchange_token),
    ("GET", Node.ROOT, "debug_token"): Endpoint("token.debug", oauth.debug_token),
    ("GET", Node.ROOT, "refresh_access_token"): Endpoint("token.refresh", oauth.refresh_instagram),
}
_NEEDS_PUBLISHING_SCOPE: Final = {"POST", "DELETE"}


class GraphSurface:
    """graph.facebook.com, or graph.instagram.com with ``host="instagram"``."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.channel: str = INSTAGRAM if host == "instagram" else FACEBOOK_PAGE

    def open(self, call: Call) -> Handler:
        """Recognise token, node and edge.

        Raises:
            Refused: As Graph words it: 190, 200, 100/33, 4.
        """
        call.mutating = call.request.method != "GET"
        call.params = params.gather(call.request)
        segments = _segments(call)
        text = _take_token(call)
        call.params |= {"_host": self._host, "_text": text}
        if segments == ["oauth", "access_token"]:
            return _endpoint(call, Node.ROOT, "oauth/access_token").handler
        token = self._recognised(call, text)
        call.params["_token"] = token.kind
        endpoint = self._endpoint_of(call, token, segments)
        call.operation = endpoint.operation
        if token.label == LIMITED and call.request.method in _NEEDS_PUBLISHING_SCOPE:
            raise refusal(
                200, "The user hasn't authorized the application to perform this action", status=403
            )
        self._spend(call)
        return endpoint.handler

    def _recognised(self, call: Call, text: str) -> Token:
        token = read_token(text)
        if token is None:
            raise refusal(190, "Invalid OAuth access token - Cannot parse access token")
        if token.label == EXPIRED or oauth.is_too_old(call, token, text):
            call.account = self._own_node(token)
            raise refusal(190, "Error validating access token: Session has expired", subcode=463)
        if (token.kind is TokenKind.INSTAGRAM) != (self._host == "instagram"):
            raise refusal(190, "Invalid OAuth access token - wrong host for this token")
        _check_proof(call, text)
        return token

    def _own_node(self, token: Token) -> str:
        return page_id(token.seller) if token.kind is TokenKind.PAGE else instagram_id(token.seller)

    def _endpoint_of(self, call: Call, token: Token, segments: list[str]) -> Endpoint:
        if not segments:
            return self._batch(call, token)
        if segments[0] in {"debug_token", "refresh_access_token"}:
            call.account = self._own_node(token)
            return _endpoint(call, Node.ROOT, segments[0])
        name, edge = segments[0], "/".join(segments[1:])
        if name == "me" and edge in {"accounts", "permissions"}:
            return _endpoint(call, Node.ME, edge)
        call.params["_node"] = self._own_node(token) if name == "me" else name
        node, owner = _resolve(call)
        if owner and _is_instagram(owner):
            call.channel = INSTAGRAM
        if owner is None or seller_of(owner) != token.seller:
            raise missing_object(call.params["_node"])
        call.account = owner
        return _endpoint(call, node, edge)

    def _batch(self, call: Call, token: Token) -> Endpoint:
        serve = call.serve_part
        if call.request.method != "POST" or "batch" not in call.params or serve is None:
            raise bad_parameter("Unsupported request: the root takes batches only")
        # The outer request changes nothing itself; its parts are counted and journalled one by one.
        call.account, call.mutating = self._own_node(token), False
        return Endpoint("batch", lambda outer: batch.run(outer, serve))

    def _spend(self, call: Call) -> None:
        budget = call.sandbox.options.rates.graph_per_hour
        if budget is None:
            return
        window = call.sandbox.pace.count(f"graph/{call.account}", _HOUR_S, call.now)
        call.params["_usage"] = usage = window.calls * 100 // budget
        if usage >= _FULL:
            window.began += 60  # Calling while throttled lengthens the throttle (meta.md §4.3).
            raise Refused(self.throttled(call, _HOUR_S - (call.now - window.began)))

    def error(self, _call: Call, effect: faults.Error) -> Answer:
        """Word an ordered error in the Graph envelope."""
        if effect.body is not None:
            return Answer(effect.status, effect.body, error="ordered")
        code = int(effect.code) if effect.code is not None else 1
        return graph_answer(code, effect.message, subcode=effect.subcode, status=effect.status)

    def throttled(self, call: Call, seconds: float) -> Answer:
        """Refuse for pace: 80001 on a Page, 80002 on Instagram, the wait in minutes in a header."""
        is_instagram = call.channel == INSTAGRAM
        answer = graph_answer(
            80002 if is_instagram else 80001, "There have been too many calls to this account"
        )
        answer.headers["x-business-use-case-usage"] = _business_usage(call, 100, seconds)
        return answer

    def expired(self, _call: Call) -> Answer:
        """Refuse an expired token: 190/463."""
        return graph_answer(190, "Error validating access token: Session has expired", subcode=463)

    def server_error(self, _call: Call) -> Answer:
        """Code 2 with status 500, as koala#699 saw it with the photo live."""
        return graph_answer(
            2, "An unexpected error has occurred. Please retry your request later.", status=500
        )

    def dress(self, call: Call, answer: Answer) -> None:
        """Add version and usage headers; below the threshold usage is silent."""
        answer.headers["facebook-api-version"] = call.params.get("_version", _DEFAULT_VERSION)
        usage = call.params.get("_usage", 0)
        if usage >= _SHOW_USAGE_FROM:
            shown = {"call_count": usage, "total_time": usage // 2, "total_cputime": usage // 2}
            answer.headers["x-app-usage"] = json.dumps(shown)
            answer.headers.setdefault("x-business-use-case-usage", _business_usage(call, usage, 0))


def _segments(call: Call) -> list[str]:
    segments = [part for part in call.request.path.split("/") if part]
    if segments and _VERSION.match(segments[0]):
        call.params["_version"] = segments.pop(0)
    return segments


def _take_token(call: Call) -> str:
    given = call.params.pop("access_token", None)
    if given is None:
        scheme, _, given = call.request.headers.get("authorization", "").partition(" ")
        given = given if scheme.lower() == "bearer" else ""
    if not given:
        raise refusal(190, "An access token is required to request this resource")
    return str(given).strip()


def _check_proof(call: Call, text: str) -> None:
    options = call.sandbox.options
    proof = call.params.pop("appsecret_proof", None)
    if proof is None and not options.require_appsecret_proof:
        return
    expected = hmac.new((options.app_secret or "").encode(), text.encode(), hashlib.sha256).hexdigest()
    if options.app_secret and not hmac.compare_digest(str(proof), expected):
        raise bad_parameter("Invalid appsecret_proof provided in the API argument")


def _resolve(call: Call) -> tuple[Node, str | None]:
    """Return what the id names and the Page or user it belongs to."""
    node, state = call.params["_node"], call.sandbox.graph
    if post := state.posts.get(node):
        return Node.POST, post.page
    if photo := state.photos.get(node):
        return Node.PHOTO, photo.page
    if comment := state.comments.get(node):
        return Node.COMMENT, comment.account
    return _resolve_instagram(state, node)


def _resolve_instagram(state: GraphState, node: str) -> tuple[Node, str | None]:
    if container := state.containers.get(node):
        return Node.CONTAINER, container.user
    if media := state.media.get(node):
        return Node.MEDIA, media.user
    if seller_of(node) is None:
        return Node.PAGE, None
    return (Node.USER if _is_instagram(node) else Node.PAGE), node


def _is_instagram(owner: str) -> bool:
    return len(owner) == len(instagram_id(1))


def _endpoint(call: Call, node: Node, edge: str) -> Endpoint:
    endpoint = ROUTES.get((call.request.method, node, edge))
    if endpoint is None:
        raise missing_object(call.params.get("_node", edge))
    call.operation = endpoint.operation
    return endpoint


def _business_usage(call: Call, usage: int, seconds: float) -> str:
    entry: dict[str, Any] = {
        "type": "instagram" if call.channel == INSTAGRAM else "pages",
        "call_count": usage,
        "total_cputime": usage // 2,
        "total_time": usage // 2,
        "estimated_time_to_regain_access": math.ceil(seconds / 60),
    }
    return json.dumps({call.account: [entry]})
