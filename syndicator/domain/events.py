"""Events that other systems are told of, and how patiently. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final


class EventType(StrEnum):
    """What a subscription can ask to be told of. The values are written by triggers of the database."""

    LISTING_LIVE = "listing.live"
    """A listing is on sale on its channel, with what was wanted last."""
    LISTING_NEEDS_ATTENTION = "listing.needs_attention"
    """A listing needs a person; the problems say what to mend."""
    LISTING_WITHDRAWN = "listing.withdrawn"
    """A listing was taken off its channel, as was wished."""
    ORDER_RECEIVED = "order.received"
    """A channel reported an order for the first time."""
    STOCK_CHANGED = "stock.changed"
    """The free units of a variant changed."""
    ACCOUNT_NEEDS_REAUTH = "account.needs_reauth"
    """A channel account takes nothing more until a person connects it again."""


TEST: Final = "webhook.test"
"""Type of the event that is sent on request, to try an endpoint; nobody subscribes to it."""


class Outcome(StrEnum):
    """How a delivery ended."""

    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    SUPERSEDED = "superseded"
    """A newer event of the same variant came first; only the newest figures are worth telling."""


class PausedReason(StrEnum):
    """Why nothing is sent to a subscription."""

    PERSON = "person"
    FAILING = "failing"
    """It took nothing for too long."""
    GONE = "gone"
    """It answered 410: nothing is kept for it any more, either."""


class Failure(StrEnum):
    """Why a call did not count as taken."""

    STATUS = "status"
    """It was answered with another status than 2xx."""
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """No connection, or it broke."""
    ADDRESS = "address"
    """The address is one that must not be called: it leads into a private network, or is no address any more."""
    SECRET = "secret"  # noqa: S105 - the word for a secret of ours that cannot be opened
    """The secret cannot be opened with the keys in the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one call ended. ``status`` is None where there was no answer; ``told`` is how long the receiver wants peace."""

    took: timedelta
    status: int | None = None
    failure: Failure | None = None
    told: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has the message."""
        return self.failure is None

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no message ever again."""
        return self.status == HTTPStatus.GONE


SWIFT: Final = timedelta(seconds=2)
"""An endpoint that takes a message within this is a swift one."""
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Waits after the first try, the second, and so on: the schedule that Standard Webhooks recommends."""
GIVEN_UP_AFTER: Final = timedelta(days=3)
"""A delivery is tried for so long; the last try falls on the end of it."""
LONGEST_REST: Final = timedelta(minutes=5)
"""An endpoint that failed is left in peace for at most this, whatever waits for it."""
LONGEST_TOLD: Final = timedelta(hours=24)
"""A receiver's own word on waiting is believed no further."""
FEWEST_FAILURES: Final = 5
"""Fewer failures in a row than this never pause a subscription."""


def next_try(attempts: int, *, began_at: datetime, now: datetime, told: timedelta | None) -> datetime | None:
    """Return when to try again after ``attempts`` tries; None when it is time to give up.

    Args:
        attempts: Tries so far, at least one.
        began_at: When it was first to be sent.
        now: The present moment.
        told: How long the receiver wants to be left alone, where it said so.
    """
    end = began_at + GIVEN_UP_AFTER
    if now >= end:
        return None
    usual = WAITS[min(attempts, len(WAITS)) - 1]
    wait = usual if told is None else max(usual, min(told, LONGEST_TOLD))
    return min(now + wait, end)


def rest_after(failures: int, told: timedelta | None) -> timedelta:
    """Return how long an endpoint is left in peace after so many failures in a row."""
    if told is not None:
        return min(told, LONGEST_TOLD)
    return min(WAITS[min(failures, len(WAITS)) - 1], LONGEST_REST)


def is_to_be_paused(failures: int, failing_since: datetime, *, now: datetime, pause_after: timedelta) -> bool:
    """Say whether a subscription has failed long enough to be paused."""
    return failures >= FEWEST_FAILURES and now - failing_since >= pause_after


def body_of(type_: str, at: datetime, facts: Mapping[str, Any]) -> str:
    """Write the body of a message: the same text for every try."""
    document = {
        "type": type_,
        "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": dict(facts),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
