"""What the Messaging API holds: what was sent, retry keys, the month's usage, webhook endpoints."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Sent:
    """One accepted sending; ``to`` is empty for everybody, ``ids`` are the messages'."""

    request_id: str
    bot: str
    kind: str
    to: list[str]
    messages: list[dict[str, Any]]
    ids: list[str]
    recipients: int
    at: float


@dataclass
class Accepted:
    """What a retry key stood for."""

    request_id: str
    at: float
    ids: list[str]


@dataclass
class WebhookEndpoint:
    """Where a bot's events go."""

    url: str
    active: bool = True


@dataclass
class MessagingState:
    """All bots' sendings, oldest first."""

    counter: int = 460_000_000_000_000_000
    sent: list[Sent] = field(default_factory=list)
    accepted: dict[str, Accepted] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    """Recipients reached, by ``<bot>/<year-month>``."""
    endpoints: dict[str, WebhookEndpoint] = field(default_factory=dict)

    def next_id(self) -> str:
        """Return a message id never used before in this state."""
        self.counter += 1
        return str(self.counter)
