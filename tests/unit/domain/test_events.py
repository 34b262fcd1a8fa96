"""How patiently other systems are told, and what a message says."""

import json
from datetime import timedelta

import pytest

from syndicator.domain.events import (
    GIVEN_UP_AFTER,
    LONGEST_REST,
    LONGEST_TOLD,
    WAITS,
    body_of,
    is_to_be_paused,
    next_try,
    rest_after,
)
from tests.support.factories import NOON

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(WAITS, start=1)), ids=str)
def test_the_wait_grows_as_standard_webhooks_recommends(attempts: int, wait: timedelta) -> None:
    assert next_try(attempts, began_at=NOON, now=NOON, told=None) == NOON + wait


def test_more_tries_than_the_schedule_has_wait_as_long_as_its_last() -> None:
    assert next_try(50, began_at=NOON, now=NOON, told=None) == NOON + WAITS[-1]


def test_the_last_try_falls_on_the_end_of_three_days_and_then_it_is_given_up() -> None:
    end = NOON + GIVEN_UP_AFTER

    assert next_try(9, began_at=NOON, now=end - HOUR, told=None) == end
    assert next_try(10, began_at=NOON, now=end, told=None) is None


@pytest.mark.parametrize(
    ("told", "wait"),
    [(timedelta(0), 5 * SECOND), (MINUTE, MINUTE), (30 * DAY, LONGEST_TOLD)],
    ids=["nothing", "a minute", "a month"],
)
def test_a_receivers_word_lengthens_the_wait_within_reason(told: timedelta, wait: timedelta) -> None:
    assert next_try(1, began_at=NOON, now=NOON, told=told) == NOON + wait


def test_an_endpoint_rests_longer_with_every_failure_but_never_long() -> None:
    assert [rest_after(n, None) for n in (1, 2, 3, 99)] == [
        5 * SECOND,
        5 * MINUTE,
        LONGEST_REST,
        LONGEST_REST,
    ]
    assert rest_after(1, 2 * HOUR) == 2 * HOUR


@pytest.mark.parametrize(
    ("failures", "since", "expected"),
    [(4, 9 * DAY, False), (5, 2 * DAY, False), (5, 3 * DAY, True)],
    ids=["few", "short", "long"],
)
def test_only_what_fails_often_and_long_is_paused(failures: int, since: timedelta, expected: bool) -> None:
    assert is_to_be_paused(failures, NOON - since, now=NOON, pause_after=3 * DAY) is expected


def test_a_body_is_the_same_text_every_time_and_keeps_thai_letters() -> None:
    body = body_of("listing.live", NOON, {"sku": "มะม่วง"})

    assert body == body_of("listing.live", NOON, {"sku": "มะม่วง"})
    assert "มะม่วง" in body
    assert json.loads(body) == {
        "type": "listing.live",
        "timestamp": NOON.isoformat().replace("+00:00", "Z"),
        "data": {"sku": "มะม่วง"},
    }
