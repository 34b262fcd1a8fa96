"""What an account shows of the free units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.ids import AccountId
from syndicator.domain.stock_rule import LastUnits, StockRule, shown

OURS, OTHER = AccountId(1), AccountId(2)


def units(available: int, rule: StockRule, last: LastUnits | None = None) -> int:
    return shown(available, rule, account_id=OURS, last_units=last).units


@pytest.mark.parametrize(
    ("available", "rule", "expected"),
    [
        (10, StockRule(), 10),
        (10, StockRule(buffer=3), 7),
        (2, StockRule(buffer=3), 0),
        (10, StockRule(share_percent=50), 5),
        (1, StockRule(share_percent=40), 1),
        (3, StockRule(share_percent=50), 2),
        (100, StockRule(cap=20), 20),
        (5, StockRule(cap=20), 5),
        (9, StockRule(cap=0), 0),
        (23, StockRule(buffer=3, share_percent=50, cap=8), 8),
        (0, StockRule(), 0),
    ],
)
def test_a_rule_says_what_is_shown(available, rule, expected):
    assert units(available, rule) == expected


def test_every_rule_that_lowered_the_figure_is_named_in_order():
    figure = shown(23, StockRule(buffer=3, share_percent=50, cap=8), account_id=OURS, last_units=None)

    assert figure.because == ("buffer", "share", "cap")
    assert shown(5, StockRule(cap=8), account_id=OURS, last_units=None).because == ()


def test_the_last_units_are_sold_on_one_account_only():
    last = LastUnits(units=3, account_id=OURS)

    assert units(3, StockRule(buffer=2, cap=1), last) == 3
    assert units(4, StockRule(), last) == 4
    assert shown(3, StockRule(), account_id=OTHER, last_units=last).units == 0
    assert shown(3, StockRule(), account_id=OTHER, last_units=last).because == ("last_units",)
    assert shown(0, StockRule(), account_id=OTHER, last_units=last).because == ()


def test_a_buffer_that_sizes_itself_is_told_its_size():
    rule = StockRule(buffer="auto")

    assert shown(10, rule, account_id=OURS, last_units=None, auto_buffer=4).units == 6
    assert shown(10, rule, account_id=OURS, last_units=None).units == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"buffer": -1},
        {"share_percent": 0},
        {"share_percent": 101},
        {"cap": -1},
        {"buffer": "lots"},
        {"bufer": 1},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        StockRule.model_validate(wrong)


RULES = st.builds(
    StockRule,
    buffer=st.integers(0, 50),
    share_percent=st.integers(1, 100),
    cap=st.none() | st.integers(0, 50),
)


@given(
    available=st.integers(0, 500), rule=RULES, last=st.none() | st.integers(1, 20), is_chosen=st.booleans()
)
def test_no_rule_ever_shows_more_than_there_is(available, rule, last, is_chosen):
    last_units = None if last is None else LastUnits(units=last, account_id=OURS if is_chosen else OTHER)
    figure = shown(available, rule, account_id=OURS, last_units=last_units)

    assert 0 <= figure.units <= available
    assert (figure.units < available) == bool(figure.because) or last_units is not None
