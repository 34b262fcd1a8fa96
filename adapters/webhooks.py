"""The port of channels that call us: what a webhook carries, read only after its signature held."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from schemas.channel import Credentials
from schemas.ids import ExternalId
from schemas.orders import ChannelOrder


class WebhookRefused(Exception):
    """The signature is missing or wrong, or there is no secret to check it with; nothing of the body may be used."""


class WebhookScope(StrEnum):
    """Whose address a channel calls."""

    ACCOUNT = "account"
    """Each account has an address and a secret of its own."""
    APP = "app"
    """One address and one secret for all accounts of the kind; each event names its account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """A request as it came: header names in lower case, the body untouched, for signatures are over raw bytes.

    ``url`` is the public address that was called, for the channels that sign it.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEvent:
    """One thing a channel tells.

    Attributes:
        key: The same for every delivery of one event, different for different events of an account.
        account: The channel's id of the account, where the address called is that of an app.
        order: The order it tells of, complete with its lines.
        asks_for_orders: It tells that orders changed, and not enough to know how: the account is polled at once.
        touched: Listings that were changed on the channel, to be looked at.
    """

    key: str
    account: ExternalId | None = None
    order: ChannelOrder | None = None
    asks_for_orders: bool = False
    touched: Sequence[ExternalId] = field(default=())


class WebhookReader(Protocol):
    """Reads the webhooks of one kind of channel. Stands in the registry, as ``ChannelType.webhooks``."""

    scope: WebhookScope

    def read(
        self,
        request: WebhookRequest,
        *,
        settings: Any,
        account_settings: Mapping[str, Any],
        credentials: Credentials,
    ) -> Sequence[InboundEvent]:
        """Check the signature in constant time, then read the events.

        Args:
            request: As it came.
            settings: The channel's group of the program's settings.
            account_settings: Of the account; empty where the scope is an app.
            credentials: Of the account; empty where the scope is an app.

        Raises:
            WebhookRefused: The signature does not hold.
            ValueError: It holds, and the body is not what the channel sends; the message holds nothing of the body.
        """
        ...

    def handshake(self, query: Mapping[str, str], *, settings: Any) -> str | None:
        """Return the whole answer to the channel's test of the address; None where it is not one, or not for us."""
        ...


def is_signed(given: str, expected: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
