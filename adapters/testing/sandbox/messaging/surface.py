"""The Messaging API's dialect: token, routes, retry keys, request ids. Source: line.md §3.1-§3.6."""

import uuid
from typing import Final

from adapters.testing.sandbox import faults
from adapters.testing.sandbox.accounts import (
    EXPIRED,
    LINE_MESSAGING,
    TokenKind,
    bot_user_id,
    read_token,
    shop_id,
)
from adapters.testing.sandbox.exchange import Answer, Call, Endpoint, Handler
from adapters.testing.sandbox.messaging import sending, webhooks
from adapters.testing.sandbox.messaging.errors import RATE, UNKNOWN_TOKEN, refusal

_MESSAGE: Final = "/v2/bot/message"
_WEBHOOK: Final = "/v2/bot/channel/webhook"


async def read_info(call: Call) -> Answer:
    """Answer who the bot is."""
    seller = call.params["_seller"]
    shown = {
        "userId": bot_user_id(seller),
        "basicId": f"@sandbox{seller:05d}",
        "displayName": f"ร้านชุมชนจำลอง {seller}",
        "chatMode": "bot",
        "markAsReadMode": "auto",
    }
    return Answer(200, shown)


ROUTES: Final[dict[tuple[str, str], Endpoint]] = {
    ("GET", "/v2/bot/info"): Endpoint("bot.info", read_info),
    ("GET", "/v2/bot/followers/ids"): Endpoint("bot.followers", sending.followers),
    ("POST", f"{_MESSAGE}/push"): Endpoint("message.push", sending.push),
    ("POST", f"{_MESSAGE}/multicast"): Endpoint("message.multicast", sending.multicast),
    ("POST", f"{_MESSAGE}/narrowcast"): Endpoint("message.narrowcast", sending.narrowcast),
    ("POST", f"{_MESSAGE}/broadcast"): Endpoint("message.broadcast", sending.broadcast),
    ("GET", f"{_MESSAGE}/progress/narrowcast"): Endpoint("message.progress", sending.narrowcast_progress),
    ("GET", f"{_MESSAGE}/quota"): Endpoint("message.quota", sending.quota),
    ("GET", f"{_MESSAGE}/quota/consumption"): Endpoint("message.consumption", sending.consumption),
    **{
        ("POST", f"{_MESSAGE}/validate/{kind}"): Endpoint("message.validate", sending.validate)
        for kind in ("push", "multicast", "narrowcast", "broadcast")
    },
    **{
        ("GET", f"{_MESSAGE}/delivery/{kind}"): Endpoint("message.delivered", sending.delivered)
        for kind in ("push", "multicast", "broadcast")
    },
    ("GET", f"{_WEBHOOK}/endpoint"): Endpoint("webhook.get", webhooks.read_endpoint),
    ("PUT", f"{_WEBHOOK}/endpoint"): Endpoint("webhook.set", webhooks.set_endpoint),
    ("POST", f"{_WEBHOOK}/test"): Endpoint("webhook.test", webhooks.try_endpoint),
}
_TAKES_RETRY_KEY: Final = {"message.push", "message.multicast", "message.narrowcast", "message.broadcast"}
_CHANGES: Final = _TAKES_RETRY_KEY | {"webhook.set"}


class MessagingSurface:
    """api.line.me."""

    channel: str = LINE_MESSAGING

    def open(self, call: Call) -> Handler:
        """Recognise token and path.

        Raises:
            Refused: 401, 404, or 400 for a retry key where none is taken.
        """
        call.params["_request_id"] = str(uuid.uuid4())
        scheme, _, given = call.request.headers.get("authorization", "").partition(" ")
        token = read_token(given) if scheme.lower() == "bearer" else None
        if token is None or token.kind is not TokenKind.MESSAGING:
            raise refusal(401, UNKNOWN_TOKEN)
        call.account, call.params["_seller"] = shop_id(token.seller), token.seller
        if token.label == EXPIRED:
            raise refusal(401, UNKNOWN_TOKEN)
        endpoint = ROUTES.get((call.request.method, call.request.path))
        if endpoint is None:
            raise refusal(404, "Not found")
        call.operation, call.mutating = endpoint.operation, endpoint.operation in _CHANGES
        sending.check_retry_key(call, is_allowed=endpoint.operation in _TAKES_RETRY_KEY)
        return endpoint.handler

    def error(self, _call: Call, effect: faults.Error) -> Answer:
        """Word an ordered error in the envelope."""
        if effect.body is not None:
            return Answer(effect.status, effect.body, error="ordered")
        return refusal(effect.status, effect.message).answer

    def throttled(self, _call: Call, _seconds: float) -> Answer:
        """Refuse for pace; how long is not said."""
        return refusal(429, RATE).answer

    def expired(self, _call: Call) -> Answer:
        """Refuse a dead token."""
        return refusal(401, UNKNOWN_TOKEN).answer

    def server_error(self, _call: Call) -> Answer:
        """Answer 500."""
        return refusal(500, "Internal server error").answer

    def dress(self, call: Call, answer: Answer) -> None:
        """Add the request id."""
        answer.headers["x-line-request-id"] = call.params.get("_request_id", "")
