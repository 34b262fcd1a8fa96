"""The webhook of a bot: where its events go, and the signed call that tries it. Source: line.md §3.5."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from adapters.testing.sandbox.accounts import bot_user_id, messaging_secret
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.messaging.errors import invalid, refusal
from adapters.testing.sandbox.messaging.state import WebhookEndpoint

MAX_URL: Final = 500
PATIENCE_S: Final = 2.0
SIGNATURE: Final = "x-line-signature"


def sign_webhook(secret: str, body: bytes) -> str:
    """Return the value of ``x-line-signature`` for the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def webhook_body(seller: int, events: list[dict[str, Any]]) -> bytes:
    """Return a body as LINE sends it; no events at all is a check of the connection."""
    return json.dumps({"destination": bot_user_id(seller), "events": events}, ensure_ascii=False).encode()


async def read_endpoint(call: Call) -> Answer:
    """Answer where the bot's events go."""
    endpoint = call.sandbox.messaging.endpoints.get(call.account)
    if endpoint is None:
        raise refusal(404, "The webhook URL is not set")
    return Answer(200, {"endpoint": endpoint.url, "active": endpoint.active})


async def set_endpoint(call: Call) -> Answer:
    """Set where the bot's events go."""
    url = _asked(call)
    if url is None:
        raise invalid(("endpoint", "May not be empty"))
    call.sandbox.messaging.endpoints[call.account] = WebhookEndpoint(url)
    return Answer(200, {})


async def try_endpoint(call: Call) -> Answer:
    """Call an endpoint, or the one that is set, without events, and answer what came back."""
    endpoint = call.sandbox.messaging.endpoints.get(call.account)
    url = _asked(call) or (endpoint.url if endpoint else None)
    if url is None:
        raise refusal(404, "The webhook URL is not set")
    status, reason = await _delivered(call, url)
    shown = {
        "success": status == httpx.codes.OK,
        "timestamp": datetime.fromtimestamp(call.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "statusCode": status,
        "reason": reason,
        "detail": str(status) if status else "The connection could not be made",
    }
    return Answer(200, shown)


def _asked(call: Call) -> str | None:
    body = call.request.body if isinstance(call.request.body, dict) else {}
    url = body.get("endpoint")
    if url is None:
        return None
    if not isinstance(url, str) or not httpx.URL(url).host or len(url) > MAX_URL:
        raise invalid(("endpoint", "Must be a valid URL"))
    return url


async def _delivered(call: Call, url: str) -> tuple[int, str]:
    """Send the check; a host that pictures may not be fetched from is not called either."""
    if httpx.URL(url).host not in call.sandbox.options.allowed_picture_hosts:
        return 0, "COULD_NOT_CONNECT"
    body = webhook_body(call.params["_seller"], [])
    headers = {
        "content-type": "application/json",
        SIGNATURE: sign_webhook(messaging_secret(call.params["_seller"]), body),
    }
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
            answer = await http.post(url, content=body, headers=headers)
    except httpx.TimeoutException:
        return 0, "REQUEST_TIMEOUT"
    except httpx.TransportError:
        return 0, "COULD_NOT_CONNECT"
    return answer.status_code, "OK" if answer.status_code == httpx.codes.OK else "ERROR_STATUS_CODE"
