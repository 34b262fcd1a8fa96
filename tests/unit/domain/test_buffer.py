"""A buffer covers what others order while a channel still shows an old figure, in 99 of 100 cases."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.domain.buffer import AutoBuffer, suggested_buffer
from syndicator.domain.stock_rule import MOST_SHOWN

HOUR = timedelta(hours=1)


def chance_to_suffice(units: int, mean: float) -> float:
    return sum(math.exp(-mean + n * math.log(mean) - math.lgamma(n + 1)) for n in range(units + 1))


@pytest.mark.parametrize(
    ("a_day", "delay", "units"),
    [
        (0, timedelta(days=1), 0),
        (5, timedelta(seconds=2), 0),
        (24, timedelta(minutes=5), 1),
        (24, HOUR, 4),
        (240, HOUR, 18),
        (5, timedelta(0), 0),
    ],
)
def test_it_grows_with_demand_and_delay(a_day, delay, units):
    assert suggested_buffer(a_day / 24, delay) == units


@given(st.floats(0.001, 190))
def test_it_is_the_least_that_suffices(mean):
    units = suggested_buffer(mean, HOUR)

    assert chance_to_suffice(units, mean) >= 0.99 - 1e-9
    assert units == 0 or chance_to_suffice(units - 1, mean) < 0.99 + 1e-9


@given(st.floats(150, 5_000))
def test_where_the_formula_changes_it_goes_on_without_a_step(mean):
    assert abs(suggested_buffer(mean, HOUR) - suggested_buffer(mean * 1.001, HOUR)) <= 2 + mean * 0.0011


@pytest.mark.parametrize(
    ("demand", "delay"), [(-1.0, HOUR), (1.0, -HOUR), (1e12, HOUR), (1e308, timedelta(days=999))]
)
def test_nonsense_neither_fails_nor_runs_for_ever(demand, delay):
    assert 0 <= suggested_buffer(demand, delay) <= MOST_SHOWN


def test_it_is_explained_in_one_sentence():
    th, en = AutoBuffer(demand_per_hour=1.0, delay=HOUR).explained()

    for word in ("4", "24.0", "3600.0"):
        assert word in th
        assert word in en


def test_before_anything_was_measured_nothing_is_kept_back_and_that_is_said():
    unmeasured = AutoBuffer(demand_per_hour=50.0, delay=None)

    assert unmeasured.units == 0
    assert "has not been measured" in unmeasured.explained()[1]
