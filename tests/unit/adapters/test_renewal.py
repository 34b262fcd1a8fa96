from datetime import timedelta

import pytest

from adapters.refreshing import Renewal
from tests.support.factories import NOON

HOUR = timedelta(hours=1)
RENEWAL = Renewal(before=HOUR, first_after=HOUR, single_use=True)


@pytest.mark.parametrize(
    ("life", "wait"),
    [
        (4 * HOUR, 3 * HOUR),
        (HOUR, HOUR / 2),
        (timedelta(seconds=2), timedelta(seconds=1)),
        (-HOUR, timedelta(0)),
    ],
)
def test_a_refresh_comes_before_the_expiry_and_never_at_once_again(life: timedelta, wait: timedelta) -> None:
    assert RENEWAL.next_at(NOON, NOON + life) == NOON + wait


def test_what_is_too_young_is_left_alone() -> None:
    renewal = Renewal(before=HOUR, first_after=HOUR, youngest=24 * HOUR, single_use=False)

    assert renewal.next_at(NOON, NOON + 4 * HOUR) == NOON + 24 * HOUR
