"""When a channel that fails as a whole is left in peace, and how it is tried again. Pure: values in, values out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class BreakerState(StrEnum):
    """Where the breaker of an endpoint stands."""

    CLOSED = "closed"
    """Work flows."""
    OPEN = "open"
    """Nothing flows but one slice at each probe."""
    HALF_OPEN = "half_open"
    """A probe went well: a few slices flow, until it is clear that the channel is back."""


class OpenReason(StrEnum):
    """Why a breaker opened."""

    OUTAGE = "outage"
    """A clear majority of calls met a channel that was broken."""
    THROTTLED = "throttled"
    """The channel, or our own count, says that the whole app must be quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCounts:
    """Calls of an endpoint by how they ended.

    ``slow`` counts among both, and once a second each call that hangs: it is only ever compared with what ended.
    """

    answered: int = 0
    broken: int = 0
    slow: int = 0

    @property
    def ended(self) -> int:
        """How many calls ended."""
        return self.answered + self.broken

    def __add__(self, other: "CallCounts") -> "CallCounts":
        return CallCounts(
            answered=self.answered + other.answered,
            broken=self.broken + other.broken,
            slow=self.slow + other.slow,
        )


NOTHING_COUNTED = CallCounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCalls:
    """What was counted of an endpoint after its breaker's ``count_from``: over the window, and over its last part."""

    window: CallCounts = NOTHING_COUNTED
    lately: CallCounts = NOTHING_COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When a breaker opens and how it probes.

    Attributes:
        window: How far back calls count; what a busy channel did over its last sixth (``lately``) is enough by itself.
        failures: Broken calls below which it never opens.
        share: Share of broken calls from which it opens, and of slow ones from which the endpoint counts as slow.
        first_probe: Wait before the first probe; it doubles with each that fails.
        longest_probe: The wait grows no further.
        few: Listings in work while half open.
        half_open_for: A half-open breaker without a bad majority closes after this long at the latest.
        lease: Longest life of a probe; one whose worker died is over then.
    """

    window: timedelta = timedelta(seconds=60)
    failures: int = 5
    share: float = 0.6
    first_probe: timedelta = timedelta(seconds=5)
    longest_probe: timedelta = timedelta(minutes=5)
    few: int = 3
    half_open_for: timedelta = timedelta(seconds=20)
    lease: timedelta = timedelta(seconds=45)

    @property
    def lately(self) -> timedelta:
        """How far back calls of a busy channel count."""
        return self.window / 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The breaker of one endpoint.

    Attributes:
        since: When it took this state.
        count_from: Calls that ended before say nothing about it any more.
        probe_at: While open: when the next probe may go.
        probed_at: While open: when the running probe went; None when none runs.
        interval: While open: how long the next failed probe puts the following one off.
        is_slow: Whether the endpoint's calls take long or time out.
    """

    endpoint: str
    state: BreakerState = BreakerState.CLOSED
    reason: OpenReason | None = None
    since: datetime
    count_from: datetime
    probe_at: datetime | None = None
    probed_at: datetime | None = None
    interval: timedelta = timedelta(0)
    is_slow: bool = False


def judge(
    breaker: Breaker, heard: HeardCalls, *, in_flight: int, now: datetime, policy: BreakerPolicy
) -> Breaker:
    """Return where the breaker stands after what was heard.

    Args:
        breaker: Where it stood.
        heard: What was counted since.
        in_flight: Listings of the endpoint under a running lease.
        now: The present moment.
        policy: When to open and how to probe.
    """
    match breaker.state:
        case BreakerState.CLOSED:
            return _judge_closed(breaker, heard, now, policy)
        case BreakerState.OPEN:
            return _judge_open(breaker, heard.window, in_flight, now, policy)
        case BreakerState.HALF_OPEN:
            return _judge_half_open(breaker, heard.window, now, policy)


def opened(
    breaker: Breaker, *, reason: OpenReason, probe_at: datetime, interval: timedelta, now: datetime
) -> Breaker:
    """Open the breaker until ``probe_at``; a later probe already set stays."""
    if breaker.state is BreakerState.OPEN and breaker.probe_at is not None:
        probe_at = max(probe_at, breaker.probe_at)
    return replace(
        breaker,
        state=BreakerState.OPEN,
        reason=reason,
        since=breaker.since if breaker.state is BreakerState.OPEN else now,
        count_from=now,
        probe_at=probe_at,
        probed_at=None,
        interval=interval,
    )


def room_of(
    breaker: Breaker, *, in_flight: int, slow_room: int, now: datetime, policy: BreakerPolicy
) -> int | None:
    """Return how many more listings of the endpoint may be leased; None where the breaker sets no bound.

    ``slow_room`` is what is left of the share that slow endpoints may take together.
    """
    match breaker.state:
        case BreakerState.OPEN:
            is_due = breaker.probed_at is None and breaker.probe_at is not None and now >= breaker.probe_at
            return 1 if is_due else 0
        case BreakerState.HALF_OPEN:
            return max(0, min(policy.few - in_flight, slow_room))
        case BreakerState.CLOSED:
            return max(0, slow_room) if breaker.is_slow else None


def _is_bad(counts: CallCounts, share: float) -> bool:
    return counts.broken > 0 and counts.broken >= share * counts.ended


def _judge_closed(breaker: Breaker, heard: HeardCalls, now: datetime, policy: BreakerPolicy) -> Breaker:
    for counts in (heard.window, heard.lately):
        if counts.broken >= policy.failures and _is_bad(counts, policy.share):
            return _reopened(replace(breaker, interval=timedelta(0)), now, policy)
    lately = heard.lately
    is_slow = lately.slow > 0 and lately.slow >= policy.share * max(lately.ended, 1)
    return breaker if is_slow == breaker.is_slow else replace(breaker, is_slow=is_slow)


def _judge_open(
    breaker: Breaker, counts: CallCounts, in_flight: int, now: datetime, policy: BreakerPolicy
) -> Breaker:
    if breaker.probed_at is None:
        return breaker
    if _is_bad(counts, policy.share):
        return _reopened(breaker, now, policy)
    if counts.answered:
        return replace(
            breaker,
            state=BreakerState.HALF_OPEN,
            since=now,
            count_from=now,
            probe_at=None,
            probed_at=None,
        )
    if in_flight == 0 or now - breaker.probed_at >= policy.lease:
        # The probe ended without a call, or its worker died: another one goes at once.
        return replace(breaker, probed_at=None, probe_at=now)
    return breaker


def _judge_half_open(breaker: Breaker, counts: CallCounts, now: datetime, policy: BreakerPolicy) -> Breaker:
    if _is_bad(counts, policy.share):
        return _reopened(breaker, now, policy)
    if counts.answered >= policy.few or now - breaker.since >= policy.half_open_for:
        return replace(
            breaker,
            state=BreakerState.CLOSED,
            reason=None,
            since=now,
            count_from=now,
            interval=timedelta(0),
            is_slow=False,
        )
    return breaker


def _reopened(breaker: Breaker, now: datetime, policy: BreakerPolicy) -> Breaker:
    interval = min(policy.longest_probe, max(policy.first_probe, 2 * breaker.interval))
    return replace(
        breaker,
        state=BreakerState.OPEN,
        reason=OpenReason.OUTAGE,
        since=breaker.since if breaker.state is BreakerState.OPEN else now,
        count_from=now,
        probe_at=now + interval,
        probed_at=None,
        interval=interval,
    )
