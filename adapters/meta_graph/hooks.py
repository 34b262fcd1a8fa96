"""What all webhooks of a Meta app share: the signature over the raw bytes, and the test of the address. Source: meta.md section 5."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import SecretStr

from adapters.webhooks import WebhookRefused, WebhookRequest, is_signed

SIGNATURE: Final = "x-hub-signature-256"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
"""A number by the documents; whatever else it might become, it is no page of somebody else's that we would hand out."""


def signature(secret: str, body: bytes) -> str:
    """Return the value of the signature's header for a body, byte for byte as it travels."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed_body(request: WebhookRequest, secret: SecretStr | None) -> Any:
    """Return the JSON of a request whose signature holds.

    The bytes are signed as sent, with every Thai letter escaped; a body written anew would never match.

    Raises:
        WebhookRefused: The signature is missing or wrong, or the app's secret is not set.
        ValueError: The body is no JSON.
    """
    if secret is None or not secret.get_secret_value():
        raise WebhookRefused
    if not is_signed(request.headers.get(SIGNATURE, ""), signature(secret.get_secret_value(), request.body)):
        raise WebhookRefused
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        # The error itself would quote the body.
        raise ValueError("the body is no JSON") from None


def answered_challenge(query: Mapping[str, str], verify_token: SecretStr | None) -> str | None:
    """Return the challenge where the call is Meta's test of the address with our own token in it; None for any other."""
    if query.get("hub.mode") != "subscribe" or verify_token is None or not verify_token.get_secret_value():
        return None
    if not is_signed(query.get("hub.verify_token", ""), verify_token.get_secret_value()):
        return None
    challenge = query.get("hub.challenge", "")
    return challenge if _CHALLENGE.fullmatch(challenge) else None
