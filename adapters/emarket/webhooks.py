"""What markets send us: checked and read the way their files say."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.emarket.account import MarketAccountSettings
from adapters.emarket.fields import at
from adapters.emarket.loading import load_market
from adapters.emarket.ordering import EventReads, Webhook
from adapters.emarket.signing import event_signature
from adapters.webhooks import InboundEvent, WebhookRefused, WebhookRequest, WebhookScope, is_signed
from schemas.channel import Credentials
from schemas.ids import ExternalId
from schemas.listing import fingerprint


class MarketWebhooks:
    """Reads the webhooks of markets: an address for each account, one event in each call.

    An event only says that an order changed, so the account is polled; it says nothing that stock could be taken from.
    """

    scope = WebhookScope.ACCOUNT

    def read(
        self,
        request: WebhookRequest,
        *,
        settings: Any,
        account_settings: Mapping[str, Any],
        credentials: Credentials,
    ) -> Sequence[InboundEvent]:
        """Check the signature over the raw body, then read the event.

        Raises:
            WebhookRefused: The signature does not hold, or the account's market sends none.
            ValueError: It holds, and the body is no JSON object.
        """
        account = MarketAccountSettings.model_validate(dict(account_settings))
        webhook = load_market(settings, account.market).market.webhook
        if webhook is None:
            raise WebhookRefused(f"market {account.market} sends no webhooks")
        _check(webhook, request, credentials)
        body = _object(request.body)
        return [_event(body, webhook.events, request.body)]

    def handshake(self, query: Mapping[str, str], *, settings: Any) -> str | None:
        """Return None: no market of ours tests an address by a question."""
        del query, settings
        return None


def _check(webhook: Webhook, request: WebhookRequest, credentials: Credentials) -> None:
    rules = webhook.signature
    lacking = [name for name in rules.secrets if not credentials.get(name)]
    given = request.headers.get(rules.header.lower(), "")
    if lacking or not given:
        raise WebhookRefused("the signature is missing, or what it is checked with")
    secrets = {name: credentials[name] for name in rules.secrets}
    if not is_signed(given, event_signature(rules, secrets, url=request.url, body=request.body)):
        raise WebhookRefused("the signature does not fit the body")


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("the body is no JSON") from None
    if not isinstance(body, dict):
        raise ValueError("the body is no JSON object")  # noqa: TRY004 - the port names ValueError
    return body


def _event(body: Mapping[str, Any], reads: EventReads, raw: bytes) -> InboundEvent:
    kind = str(at(body, reads.type))
    listing = at(body, reads.listing_id) if kind in reads.listings else None
    return InboundEvent(
        key=_key(body, reads, raw),
        asks_for_orders=kind in reads.orders,
        touched=[ExternalId(str(listing))] if isinstance(listing, str | int) else [],
    )


def _key(body: Mapping[str, Any], reads: EventReads, raw: bytes) -> str:
    """Name the event by what makes it another one; one without any of that is named by its whole body."""
    named = {path: at(body, path) for path in reads.key}
    known = {path: value for path, value in named.items() if value is not None}
    return fingerprint(known if set(known) - {reads.type} else raw.decode("utf-8", "replace"))
