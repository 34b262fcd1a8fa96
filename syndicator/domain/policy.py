"""What follows from an outcome: when the listing is looked at again, or which person it waits for. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import tenacity

from adapters.base import Capabilities
from adapters.errors import ChannelError, Locked, PictureUnread, Throttled
from schemas.recovery import Recovery
from syndicator.domain.sold_out import AT_ONCE, Settling


class Next(StrEnum):
    """Where a listing goes after a failed step."""

    LATER = "later"
    """Due again after ``Decision.wait``."""
    ACCOUNT_LATER = "account_later"
    """As LATER, and the whole account rests as long: the channel throttled it."""
    VERIFY = "verify"
    """Due again after ``Decision.wait``, to look for the marker; the intent stays open."""
    NEEDS_YOU = "needs_you"
    """Held until a person changes something."""
    PARK_ACCOUNT = "park_account"
    """The account needs reconnecting; its listings keep their wish and flow again afterwards."""
    VANISHED = "vanished"
    """The channel no longer has it; the seller's policy decides."""
    DEAD = "dead"
    """A dead letter, kept until a person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with the listing; ``wait`` counts from now and is meaningless for the held outcomes."""

    next: Next
    wait: timedelta = timedelta(0)
    spends_attempt: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Bounds of patience. Waits grow as tenacity's exponential strategy does, with full jitter from ``jitter``."""

    first_wait: timedelta
    longest_wait: timedelta
    max_attempts: int
    max_wish_age: timedelta
    jitter: Callable[[], float]
    """Returns a number in [0, 1); injected so that tests know the waits."""
    longest_brake: timedelta = timedelta(hours=24)
    """A channel's own word on waiting is believed no further; then one step tries again."""
    looks_before_repeating: bool = True
    """False only in the test that must show duplicates: a publish whose outcome is unknown is then repeated blindly."""
    settling: Settling = AT_ONCE
    """How long "sold out", or "back", must have stood before it is said where it costs an edit or a comment."""

    def believed(self, capabilities: Capabilities) -> Capabilities:
        """Return what the planner is told of a channel."""
        if self.looks_before_repeating:
            return capabilities
        return replace(capabilities, visible_steps=False)

    def is_spent(self, attempts: int, wish_age: timedelta) -> bool:
        """Say whether patience is over: too many attempts, or a wish that has waited too long."""
        return attempts >= self.max_attempts or wish_age > self.max_wish_age

    def for_answer(self, error: ChannelError) -> "RetryPolicy":
        """Return the bounds for this failure: tight where a change was answered with what no table lists."""
        is_news = error.unlisted_in is not None and error.recovery is Recovery.VERIFY
        return replace(self, max_attempts=min(self.max_attempts, MOST_UNLISTED)) if is_news else self

    def backoff(self, attempts: int) -> timedelta:
        """Return the wait before attempt ``attempts + 1``: half of the exponential step, plus jitter of the other half."""
        strategy = tenacity.wait_exponential(
            multiplier=self.first_wait.total_seconds(), max=self.longest_wait.total_seconds()
        )
        state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
        state.attempt_number = max(1, attempts)
        seconds = strategy(state)
        return timedelta(seconds=seconds * (0.5 + 0.5 * self.jitter()))


MOST_UNLISTED = 2
"""Tries of a step whose answer no table lists: the first, and one more after looking; then a person decides.

Source: docs/channels/meta.md section 4.2, kept for all channels: what nobody understands is not sent eight times.
"""
FIRST_LOOK = timedelta(seconds=5)
"""Pause before the first look for a marker; each later one waits as long again as has gone by, until it settles.

House rule, made for Meta's lagging read replicas (adapters/meta_graph/README.md) and kept for all channels.
"""

_HELD = {
    Recovery.FIX: Next.NEEDS_YOU,
    Recovery.REAUTH: Next.PARK_ACCOUNT,
    Recovery.RECONCILE: Next.VANISHED,
    Recovery.DEAD: Next.DEAD,
}


def decide(error: ChannelError, *, attempts: int, wish_age: timedelta, policy: RetryPolicy) -> Decision:
    """Map a failed step to what follows.

    Args:
        error: What the adapter raised.
        attempts: Attempts spent before this one.
        wish_age: How long the wish has been waiting; it bounds waiting, the number of throttles does not.
        policy: The bounds of patience.
    """
    if isinstance(error, PictureUnread):
        return _offer_again(attempts, wish_age, policy)
    if (held := _HELD.get(error.recovery)) is not None:
        return Decision(next=held, spends_attempt=error.spends_attempt)
    if error.recovery is Recovery.VERIFY:
        # Looking is always allowed; the limits apply when the look finds nothing and it would be sent again.
        return Decision(next=Next.VERIFY, wait=FIRST_LOOK)
    if policy.is_spent(attempts + error.spends_attempt, wish_age):
        return Decision(next=Next.DEAD)
    if error.recovery is Recovery.WAIT:
        return _wait(error, attempts, policy)
    return Decision(next=Next.LATER, wait=policy.backoff(attempts + 1))


def _offer_again(attempts: int, wish_age: timedelta, policy: RetryPolicy) -> Decision:
    """Repeat what failed for an unread picture; at last the seller is told, and an operator may replay it.

    Whose fault it is cannot be told: the picture's, or that of our own server, which was out of reach.
    """
    if policy.is_spent(attempts + 1, wish_age):
        return Decision(next=Next.DEAD)
    return Decision(next=Next.LATER, wait=policy.backoff(attempts + 1))


def _wait(error: ChannelError, attempts: int, policy: RetryPolicy) -> Decision:
    told = error.retry_after if isinstance(error, Throttled) else None
    wait = policy.backoff(attempts + 1) if told is None else min(told, policy.longest_brake)
    kind = Next.LATER if isinstance(error, Locked) else Next.ACCOUNT_LATER
    return Decision(next=kind, wait=wait, spends_attempt=False)
