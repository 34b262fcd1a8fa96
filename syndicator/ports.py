"""What the use cases need from outside, as protocols. ``bootstrap`` hands in the real ones, tests hand in fakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.base import Capabilities, ChannelAdapter, Clock
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import ChannelKind

__all__ = ["Adapters", "Cipher", "Clock", "WakeUp", "WakeUps"]


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
