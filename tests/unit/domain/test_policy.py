"""One test per row of the table of errors, and the bounds of patience."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    Gone,
    Locked,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
    Unsupported,
)
from syndicator.domain.policy import FIRST_LOOK, MOST_UNLISTED, Decision, Next, RetryPolicy, decide
from tests.support.fake_channel import refusal

POLICY = RetryPolicy(
    first_wait=timedelta(seconds=2),
    longest_wait=timedelta(seconds=60),
    max_attempts=5,
    max_wish_age=timedelta(days=7),
    jitter=lambda: 1.0,
)
HOUR = timedelta(hours=1)
OLD = POLICY.max_wish_age + timedelta(seconds=1)


def decided(error: ChannelError, *, attempts: int = 0, age: timedelta = HOUR) -> Decision:
    return decide(error, attempts=attempts, wish_age=age, policy=POLICY)


def test_a_throttle_waits_as_told_rests_the_account_and_spends_no_attempt() -> None:
    told = Throttled("slow down", retry_after=timedelta(seconds=33))

    assert decided(told) == Decision(
        next=Next.ACCOUNT_LATER, wait=timedelta(seconds=33), spends_attempt=False
    )


def test_a_throttle_that_names_no_time_backs_off() -> None:
    assert decided(Throttled("slow down"), attempts=2).wait == POLICY.backoff(3)


def test_a_wait_of_zero_is_a_value() -> None:
    assert decided(Throttled("slow down", retry_after=timedelta(0))).wait == timedelta(0)


def test_a_locked_listing_waits_without_its_account() -> None:
    assert decided(Locked("in a promotion", retry_after=HOUR)) == Decision(
        next=Next.LATER, wait=HOUR, spends_attempt=False
    )


def test_a_throttle_never_runs_out_of_attempts() -> None:
    assert decided(Throttled("slow down"), attempts=POLICY.max_attempts - 1).next is Next.ACCOUNT_LATER


def test_waiting_is_bounded_by_the_age_of_the_wish() -> None:
    assert decided(Throttled("slow down"), age=OLD).next is Next.DEAD


def test_a_transient_failure_is_tried_again_after_backoff() -> None:
    assert decided(Transient("busy"), attempts=1) == Decision(next=Next.LATER, wait=POLICY.backoff(2))


@pytest.mark.parametrize(("attempts", "expected"), [(3, Next.LATER), (4, Next.DEAD), (9, Next.DEAD)])
def test_the_last_attempt_ends_as_a_dead_letter(attempts: int, expected: Next) -> None:
    assert decided(Transient("busy"), attempts=attempts).next is expected


@pytest.mark.parametrize("attempts", [0, 99])
def test_an_unknown_outcome_is_always_looked_at(attempts: int) -> None:
    decision = decided(OutcomeUnknown("lost"), attempts=attempts, age=OLD)

    assert decision == Decision(next=Next.VERIFY, wait=FIRST_LOOK, spends_attempt=True)


def test_a_refused_content_waits_for_the_seller() -> None:
    assert decided(Rejected([refusal()])).next is Next.NEEDS_YOU


@pytest.mark.parametrize("error", [AuthExpired("expired"), AccountRestricted("no right")])
def test_a_refused_account_is_parked_and_spends_no_attempt(error: ChannelError) -> None:
    assert decided(error, attempts=99, age=OLD) == Decision(next=Next.PARK_ACCOUNT, spends_attempt=False)


def test_a_vanished_listing_is_for_the_sellers_policy() -> None:
    assert decided(Gone("gone")).next is Next.VANISHED


def test_a_verb_that_does_not_exist_is_a_dead_letter_at_once() -> None:
    assert decided(Unsupported("no such verb")).next is Next.DEAD


def test_waits_double_up_to_the_longest() -> None:
    waits = [POLICY.backoff(attempt).total_seconds() for attempt in range(1, 8)]

    assert waits == [2, 4, 8, 16, 32, 60, 60]


def test_jitter_takes_up_to_half_of_the_wait_away() -> None:
    least = replace(POLICY, jitter=lambda: 0.0)

    assert [least.backoff(attempt).total_seconds() for attempt in (1, 2, 9)] == [1, 2, 30]


@pytest.mark.parametrize(
    ("attempts", "age", "spent"),
    [(4, HOUR, False), (5, HOUR, True), (0, POLICY.max_wish_age, False), (0, OLD, True)],
)
def test_patience_ends_with_attempts_or_age(attempts: int, age: timedelta, *, spent: bool) -> None:
    assert POLICY.is_spent(attempts, age) is spent


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (OutcomeUnknown("odd", unlisted_in="x.py"), MOST_UNLISTED),
        (OutcomeUnknown("lost"), POLICY.max_attempts),
        (Transient("a read answered oddly", unlisted_in="x.py"), POLICY.max_attempts),
        (Rejected([refusal()], unlisted_in="x.py"), POLICY.max_attempts),
    ],
)
def test_a_change_that_was_answered_with_what_no_table_lists_has_little_patience(
    error: ChannelError, attempts: int
) -> None:
    assert POLICY.for_answer(error).max_attempts == attempts


def test_little_patience_is_never_more_than_the_settings_allow() -> None:
    strict = replace(POLICY, max_attempts=1)

    assert strict.for_answer(OutcomeUnknown("odd", unlisted_in="x.py")).max_attempts == 1
