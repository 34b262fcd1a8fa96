"""What the use cases need from outside, as protocols. ``bootstrap`` hands in the real ones, tests hand in fakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from adapters.base import Capabilities, ChannelAdapter, Clock
from adapters.pace import Payer
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import ChannelKind
from syndicator.domain.breaker import CallCounts
from syndicator.domain.events import Answer

__all__ = ["Adapters", "ChannelWatch", "Cipher", "Clock", "NoWatch", "WakeUp", "WakeUps", "WebhookSender"]


class Adapters(Protocol):
    """Makes the adapter of an account."""

    def open(self, account: ChannelAccount, credentials: Credentials) -> ChannelAdapter:
        """Return the adapter, ready to be asked.

        Raises:
            KeyError: The kind of channel is not registered.
            ValueError: The account's settings do not fit its kind; the message says which.
        """
        ...

    def capabilities(self, account: ChannelAccount) -> Capabilities:
        """Return what the account's channel can do, without any credential."""
        ...

    def label(self, account: ChannelAccount) -> str:
        """Return the channel's name for people, in Thai."""
        ...

    def kinds(self) -> Sequence[ChannelKind]:
        """Return the registered kinds, in the order they are shown."""
        ...

    def payer(self, account: ChannelAccount) -> Payer:
        """Return for whom the calls of the account are counted.

        Raises:
            KeyError: The kind of channel is not registered.
            ValueError: The account's settings do not fit its kind.
        """
        ...


class ChannelWatch(Protocol):
    """What this process sees of the channels while its threads call them."""

    def is_crowded(self, endpoint: str) -> bool:
        """Say whether so many threads hang in calls to the endpoint that no further one should join them."""
        ...

    def due_counts(self) -> Mapping[str, CallCounts]:
        """Hand over the calls counted since the last time, of the endpoints whose turn it is; each is handed over once."""
        ...


class NoWatch:
    """Sees nothing, for programs and tests without a transport."""

    def is_crowded(self, endpoint: str) -> bool:
        """Never crowded."""
        del endpoint
        return False

    def due_counts(self) -> Mapping[str, CallCounts]:
        """Nothing was counted."""
        return {}


class Cipher(Protocol):
    """Encrypts credentials at rest."""

    def encrypt(self, credentials: Credentials) -> bytes:
        """Return the encrypted form."""
        ...

    def decrypt(self, token: bytes) -> Credentials:
        """Return the credentials.

        Raises:
            ValueError: None of the configured keys opens it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUp:
    """One message for the queue: which actor, on which queue, with which lease."""

    actor: str
    queue: str
    lease: str


class WakeUps(Protocol):
    """Sends wake-ups to the workers. Losing one loses nothing: the row falls due again when its lease ends."""

    def send(self, wake_ups: Sequence[WakeUp]) -> None:
        """Hand the messages to the broker.

        Raises:
            ConnectionError: The broker cannot be reached.
        """
        ...


class WebhookSender(Protocol):
    """Calls the addresses of other systems."""

    def check(self, url: str) -> None:
        """See whether an address may be called at all; names are looked up.

        Raises:
            TargetRefused: It may not; the problem says why.
        """
        ...

    def send(
        self, url: str, *, message_id: str, body: str, secrets: Sequence[str], within: timedelta
    ) -> Answer:
        """Send one message, signed with every one of ``secrets``, and return how it ended; it never raises.

        The address is looked up and checked anew; a redirect is an answer like any other. It takes no longer than
        ``within`` after the name was looked up.
        """
        ...
