"""When a channel is left in peace, row by row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syndicator.domain.breaker import (
    Breaker,
    BreakerPolicy,
    BreakerState,
    CallCounts,
    HeardCalls,
    OpenReason,
    judge,
    opened,
    room_of,
)
from tests.support.factories import NOON

POLICY = BreakerPolicy()
CLOSED = Breaker(endpoint="x", since=NOON, count_from=NOON)
OPEN = opened(
    CLOSED,
    reason=OpenReason.OUTAGE,
    probe_at=NOON + POLICY.first_probe,
    interval=POLICY.first_probe,
    now=NOON,
)
PROBING = replace(OPEN, probed_at=NOON, count_from=NOON)
HALF_OPEN = replace(CLOSED, state=BreakerState.HALF_OPEN, interval=POLICY.first_probe)
SOON = NOON + timedelta(seconds=3)


def counts(answered: int = 0, broken: int = 0, slow: int = 0) -> CallCounts:
    return CallCounts(answered=answered, broken=broken, slow=slow)


def heard(answered: int = 0, broken: int = 0, slow: int = 0) -> HeardCalls:
    """What was heard lately is all there was."""
    return HeardCalls(window=counts(answered, broken, slow), lately=counts(answered, broken, slow))


def after(breaker: Breaker, calls: HeardCalls, *, in_flight: int = 1, seconds: float = 3) -> Breaker:
    return judge(breaker, calls, in_flight=in_flight, now=NOON + timedelta(seconds=seconds), policy=POLICY)


@pytest.mark.parametrize(
    ("calls", "state"),
    [
        (heard(), BreakerState.CLOSED),
        (heard(broken=4), BreakerState.CLOSED),
        (heard(broken=5), BreakerState.OPEN),
        (heard(broken=6, answered=4), BreakerState.OPEN),
        (heard(broken=5, answered=4), BreakerState.CLOSED),
        (heard(broken=300, answered=700), BreakerState.CLOSED),
        (HeardCalls(window=counts(1_000, 5), lately=counts(0, 5)), BreakerState.OPEN),
        (HeardCalls(window=counts(1_000, 4), lately=counts(0, 4)), BreakerState.CLOSED),
    ],
)
def test_it_opens_when_a_clear_majority_and_enough_of_them_fail(
    calls: HeardCalls, state: BreakerState
) -> None:
    assert after(CLOSED, calls).state is state


def test_an_open_one_waits_for_its_first_probe() -> None:
    found = after(CLOSED, heard(broken=9))

    assert (found.reason, found.probe_at, found.interval) == (
        OpenReason.OUTAGE,
        SOON + POLICY.first_probe,
        POLICY.first_probe,
    )


def test_a_failed_probe_doubles_the_wait_up_to_its_longest() -> None:
    breaker, waits = PROBING, []
    for _ in range(8):
        breaker = after(replace(breaker, probed_at=NOON), heard(broken=1))
        waits.append(breaker.interval.total_seconds())

    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_probe_that_was_answered_lets_a_few_through() -> None:
    found = after(PROBING, heard(answered=1))

    assert found.state is BreakerState.HALF_OPEN
    assert room_of(found, in_flight=0, slow_room=9, now=SOON, policy=POLICY) == POLICY.few
    assert room_of(found, in_flight=2, slow_room=9, now=SOON, policy=POLICY) == POLICY.few - 2


def test_a_probe_that_runs_is_waited_for_and_a_dead_one_is_followed_by_another() -> None:
    assert after(PROBING, heard()) == PROBING
    assert after(PROBING, heard(), in_flight=0).probe_at == SOON
    late = after(PROBING, heard(), seconds=POLICY.lease.total_seconds())
    assert (late.probed_at, late.probe_at) == (None, NOON + POLICY.lease)


def test_what_other_calls_meet_while_no_probe_runs_changes_nothing() -> None:
    assert after(OPEN, heard(answered=5)) == OPEN


@pytest.mark.parametrize(
    ("calls", "seconds", "state"),
    [
        (heard(answered=2), 3, BreakerState.HALF_OPEN),
        (heard(answered=3), 3, BreakerState.CLOSED),
        (heard(answered=3, broken=1), 3, BreakerState.CLOSED),
        (heard(answered=1, broken=2), 3, BreakerState.OPEN),
        (heard(), 19, BreakerState.HALF_OPEN),
        (heard(), 20, BreakerState.CLOSED),
    ],
)
def test_half_open_ends_by_what_the_few_meet_or_by_time(
    calls: HeardCalls, seconds: float, state: BreakerState
) -> None:
    assert after(HALF_OPEN, calls, seconds=seconds).state is state


def test_an_open_one_has_room_for_one_probe_at_a_time_and_only_when_it_is_due() -> None:
    def room(breaker: Breaker, seconds: float) -> int | None:
        now = NOON + timedelta(seconds=seconds)
        return room_of(breaker, in_flight=0, slow_room=0, now=now, policy=POLICY)

    assert room(OPEN, 4.9) == 0
    assert room(OPEN, 5) == 1
    assert room(PROBING, 60) == 0
    assert room(CLOSED, 0) is None


@pytest.mark.parametrize(
    ("calls", "is_slow"),
    [
        (heard(answered=10, slow=5), False),
        (heard(answered=10, slow=6), True),
        (heard(slow=1), True),
        (HeardCalls(window=counts(10, 0, 10), lately=counts(10)), False),
    ],
)
def test_slow_is_what_mostly_takes_long_lately(calls: HeardCalls, is_slow: bool) -> None:
    found = after(CLOSED, calls)

    assert found.is_slow is is_slow
    room = room_of(found, in_flight=0, slow_room=4, now=SOON, policy=POLICY)
    assert room == (4 if is_slow else None)


def test_a_throttle_of_the_app_is_never_shortened_by_an_older_answer() -> None:
    long = opened(
        CLOSED,
        reason=OpenReason.THROTTLED,
        probe_at=NOON + timedelta(hours=1),
        interval=POLICY.first_probe,
        now=NOON,
    )

    again = opened(long, reason=OpenReason.THROTTLED, probe_at=SOON, interval=POLICY.first_probe, now=SOON)

    assert again.probe_at == NOON + timedelta(hours=1)
