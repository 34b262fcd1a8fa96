"""How the market signs what it sends, the Lazada way. Source: emarkets.md §4.4."""

import hashlib
import hmac

from adapters.testing.sandbox.accounts import MARKET_APP_KEY, market_secret


def sign_event(body: bytes, *, secret: str = "", app_key: str = MARKET_APP_KEY) -> str:
    """Return the signature of an event: lower-case hex HMAC-SHA256 over app key and raw body.

    The key is the sandbox application's own unless ``secret`` is given.
    """
    key = secret or market_secret()
    return hmac.new(key.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()


def event_headers(secret: str, body: bytes) -> dict[str, str]:
    """Return the headers of a delivery."""
    return {"Content-Type": "application/json", "Authorization": sign_event(body, secret=secret)}
