"""Signing a call, and checking what a market signed: a keyed hash over parts that the market file lists."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal

from adapters.emarket.auth import Signing
from adapters.emarket.ordering import EventSignature


def signature(signing: Signing, secret: str, *, path: str, params: Mapping[str, str], body: bytes) -> str:
    """Return the signature of one call.

    Shape: ``path`` is the path below ``base_url``; ``params`` are the query (and form) values before encoding.
    Source: docs/channels/emarkets.md sections 3.1, 4.1 and 5, whose vectors are in the tests.
    """
    message = b"".join(_part(part, signing, secret, path, params, body) for part in signing.parts)
    return _written(hmac.new(secret.encode(), message, hashlib.sha256).digest(), signing.digest)


def _part(
    part: str, signing: Signing, secret: str, path: str, params: Mapping[str, str], body: bytes
) -> bytes:
    match part:
        case "path":
            return path.encode()
        case "body":
            return body
        case "secret":
            return secret.encode()
        case "sorted_params":
            names = sorted(name for name in params if name not in signing.skip_params)
            return "".join(signing.pair.format(key=name, value=params[name]) for name in names).encode()
        case _:
            return params.get(part.removeprefix("param:"), "").encode()


def event_signature(rules: EventSignature, secrets: Mapping[str, str], *, url: str, body: bytes) -> str:
    """Return the signature that an event must carry.

    Shape: ``secrets`` holds every credential of ``rules.secrets``; ``body`` is raw.
    Source: docs/channels/emarkets.md section 4.4, whose vector is in the tests.
    """
    message = b"".join(_event_part(part, secrets, url, body) for part in rules.parts)
    return _written(hmac.new(secrets[rules.secret].encode(), message, hashlib.sha256).digest(), rules.digest)


def _event_part(part: str, secrets: Mapping[str, str], url: str, body: bytes) -> bytes:
    if part == "body":
        return body
    if part == "url":
        return url.encode()
    kind, _, rest = part.partition(":")
    return (secrets[rest] if kind == "secret" else rest).encode()


def _written(digest: bytes, form: Literal["hex", "HEX", "base64"]) -> str:
    if form == "base64":
        return base64.b64encode(digest).decode()
    return digest.hex().upper() if form == "HEX" else digest.hex()
