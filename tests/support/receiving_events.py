"""How another system takes an event, as ``docs/events.md`` shows it."""

from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


def take(headers: Mapping[str, str], body: bytes, secret: str, taken: set[str]) -> tuple[int, Any]:
    """Return the status to answer, and the event where it is a new one."""
    try:
        event = Webhook(secret).verify(body, dict(headers))
    except WebhookVerificationError:
        return 401, None
    if headers["webhook-id"] in taken:
        return 200, None
    taken.add(headers["webhook-id"])
    return 200, event
