"""An oversell is told in one sentence: which order, how much, how late the channel knew, and what to do."""

from datetime import timedelta

import pytest

from schemas.ids import Sku
from syndicator.domain.oversell import Oversold, sentence
from tests.support.factories import NOON

MINUTE = timedelta(minutes=1)


def oversold(**changes) -> Oversold:
    values = {
        "account": "line-1",
        "order": "SO-7",
        "sku": Sku("BNB-100"),
        "units": 3,
        "placed_at": NOON,
        "stock_changed_at": NOON - 90 * timedelta(seconds=1),
        "told_at": NOON - timedelta(days=9),
    }
    return Oversold(**(values | changes))


@pytest.mark.parametrize("language", ["th", "en"])
def test_it_names_the_order_the_channel_the_units_and_what_to_do(language):
    told = getattr(sentence(oversold()), language)

    for word in ("SO-7", "line-1", "BNB-100", " 3 ", "syndicator stock adjust BNB-100=+3", "1.5"):
        assert word in told


def test_how_late_the_channel_knew_is_from_when_the_units_went_to_the_order():
    assert oversold().delay == 90 * timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "th", "en"),
    [
        ({}, "1.5 นาที", "gone for 1.5 minutes"),
        ({"stock_changed_at": NOON - 4 * timedelta(seconds=1)}, "4.0 วินาที", "4.0 seconds"),
        ({"stock_changed_at": NOON - 90 * MINUTE}, "1.5 ชั่วโมง", "1.5 hours"),
        ({"stock_changed_at": NOON - timedelta(days=3)}, "3.0 วัน", "3.0 days"),
        ({"told_at": None}, "ยังไม่เคยแจ้ง", "never took a figure"),
        ({"told_at": NOON - MINUTE}, "ทั้งที่แจ้งช่องทางแล้ว", "all the same"),
        ({"stock_changed_at": None}, "มีของไม่พออยู่แล้ว", "not enough when it was placed"),
        ({"stock_changed_at": NOON + MINUTE}, "แทบพร้อมกัน", "nearly the same time"),
    ],
)
def test_why_it_happened_is_said_as_it_was(changes, th, en):
    problem = sentence(oversold(**changes))

    assert th in problem.th
    assert en in problem.en


@pytest.mark.parametrize(
    "changes",
    [
        {"told_at": NOON - MINUTE},
        {"stock_changed_at": None},
        {"stock_changed_at": NOON + MINUTE},
        {"stock_changed_at": NOON + MINUTE, "told_at": None},
    ],
)
def test_where_the_channel_was_not_late_there_is_no_delay(changes):
    assert oversold(**changes).delay is None


def test_a_code_with_odd_signs_is_quoted_for_the_shell():
    assert "syndicator stock adjust 'A B=+3'" in sentence(oversold(sku=Sku("A B"))).en
