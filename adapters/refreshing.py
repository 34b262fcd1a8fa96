"""The port of channels whose credentials expire and can be renewed without a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from schemas.channel import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How the credential of an account is renewed without a person.

    Attributes:
        before: How long before its expiry it is refreshed.
        first_after: When it is first refreshed after a person gave it, because nobody told its age then.
        youngest: The channel refreshes nothing younger.
        single_use: Whether a refresh spends what it is made with: one whose answer is lost cannot be repeated.
        grace: How long a spent one is answered again with what it was spent on; zero where nothing is documented.
    """

    before: timedelta
    first_after: timedelta
    youngest: timedelta = timedelta(0)
    single_use: bool
    grace: timedelta = timedelta(0)

    def next_at(self, now: datetime, expires_at: datetime) -> datetime:
        """Return when a credential that was given at ``now`` is refreshed.

        One that lives hardly longer than ``before`` is refreshed at half of its life, never at once again.
        """
        half = now + max(expires_at - now, timedelta(0)) / 2
        return max(expires_at - self.before, half, now + self.youngest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh gave: all secrets of the account, and when they stop working."""

    credentials: Credentials
    expires_at: datetime


@runtime_checkable
class RefreshingAdapter(Protocol):
    """A channel whose credentials expire and can be refreshed.

    The core commits that a refresh begins before it asks for one, and saves what it gave at once.
    """

    @property
    def renewal(self) -> Renewal | None:
        """How this account's credential is renewed; None where this one does not expire or cannot be renewed."""
        ...

    def refresh(self) -> Refreshed:
        """Ask the channel for new credentials, once: no repetition inside, whatever happens.

        Raises:
            ChannelError: ``AccountRefused`` where a person must reconnect; ``Transient`` and ``Throttled`` where
                nothing was spent; ``OutcomeUnknown`` where that is not known.
        """
        ...
