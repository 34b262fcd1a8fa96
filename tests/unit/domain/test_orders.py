"""What an order does to the stock: what a counter rose by, once, and never below nothing."""

from datetime import timedelta

import pytest

from schemas.ids import AccountId, Sku, VariantId
from schemas.orders import OrderLine
from syndicator.domain.orders import (
    MOST_OF_A_LINE,
    NOTHING,
    Counters,
    LineMoves,
    counters_of,
    is_absurd,
    merged,
)
from syndicator.domain.stock import MOST_UNITS, Level, MovementKind, StockRefused
from tests.support.factories import NOON

HOUR = timedelta(hours=1)


def moves(*, told_at=NOON) -> LineMoves:
    return LineMoves(
        variant_id=VariantId(7),
        account_id=AccountId(3),
        order="SO-1",
        line="1",
        placed_at=NOON - HOUR,
        told_at=told_at,
    )


def told(before: Counters, after: Counters, level: Level, **more):
    movements, end = moves(**more).movements(before, after, level)
    return [(one.kind, one.on_hand, one.promised) for one in movements], (end.on_hand, end.promised)


def test_an_order_promises_and_leaves_the_shelf_alone():
    assert told(NOTHING, Counters(ordered=2), Level(on_hand=5)) == ([(MovementKind.ORDER, 0, 2)], (5, 2))


def test_only_what_a_counter_rose_by_moves():
    before, after = Counters(ordered=2), Counters(ordered=5, cancelled=1, shipped=2)

    assert told(before, after, Level(on_hand=9, promised=2)) == (
        [(MovementKind.ORDER, 0, 3), (MovementKind.SHIP, -2, -2), (MovementKind.CANCEL, 0, -1)],
        (7, 2),
    )
    assert told(after, after, Level(on_hand=7, promised=2)) == ([], (7, 2))


def test_what_comes_back_is_on_the_shelf_again():
    before, after = Counters(ordered=2, shipped=2), Counters(ordered=2, shipped=2, returned=1)

    assert told(before, after, Level(on_hand=0)) == ([(MovementKind.RETURN, 1, 0)], (1, 0))


def test_a_unit_that_was_shipped_and_was_not_there_is_accounted_for():
    before, after = Counters(ordered=3), Counters(ordered=3, shipped=3)

    assert told(before, after, Level(on_hand=1, promised=3)) == (
        [(MovementKind.DIFFERENCE, 2, 0), (MovementKind.SHIP, -3, -3)],
        (0, 0),
    )


@pytest.mark.parametrize(("told_at", "shelf"), [(NOON, 5), (NOON + HOUR, 4)])
def test_what_moved_before_the_count_is_in_its_figure(told_at, shelf):
    level = Level(on_hand=5, counted_at=NOON)
    after = Counters(ordered=2, shipped=2, returned=1)

    movements, end = told(NOTHING, after, level, told_at=told_at)

    assert end == (shelf, 0)
    assert [kind for kind, _, _ in movements] == [MovementKind.ORDER, MovementKind.SHIP, MovementKind.RETURN]


def test_an_order_from_before_the_count_still_waits_for_its_units():
    level = Level(on_hand=5, counted_at=NOON)

    assert told(NOTHING, Counters(ordered=2), level) == ([(MovementKind.ORDER, 0, 2)], (5, 2))


def test_a_parcel_wins_over_a_cancellation_whichever_came_first():
    cancelled, shipped = Counters(ordered=5, cancelled=5), Counters(ordered=5, shipped=4)
    both = Counters(ordered=5, cancelled=1, shipped=4)

    assert merged(cancelled, shipped) == merged(shipped, cancelled) == both
    assert told(cancelled, both, Level(on_hand=9)) == (
        [(MovementKind.CANCEL, 0, 4), (MovementKind.SHIP, -4, -4)],
        (5, 0),
    )


def test_every_movement_of_a_line_has_a_reference_of_its_own():
    """The cancelled counter falls and reaches the same figure again; the ledger must not take that for the first time."""
    steps = [
        Counters(ordered=5, cancelled=3),
        Counters(ordered=5, cancelled=1, shipped=4),
        Counters(ordered=7, cancelled=3, shipped=4, returned=1),
        Counters(ordered=7, cancelled=2, shipped=5, returned=4),
    ]
    level, before, references = Level(on_hand=2), NOTHING, []
    for after in steps:
        movements, level = moves().movements(before, after, level)
        references += [one.reference for one in movements]
        before = after

    assert len(references) == len(set(references))
    assert level == Level(on_hand=3, promised=0)
    assert {"SO-1/1/order/5", "SO-1/1/ship/4", "SO-1/1/cancel/3", "SO-1/1/return/1"} <= set(references)


def test_movements_say_whose_they_are_and_when_it_happened():
    movements, _ = moves().movements(NOTHING, Counters(ordered=1, shipped=1), Level(on_hand=1))

    assert {(one.source, one.account_id, one.variant_id) for one in movements} == {("account:3", 3, 7)}
    assert [one.happened_at for one in movements] == [NOON - HOUR, NOON]


def test_nobody_has_more_than_there_can_be():
    with pytest.raises(StockRefused):
        moves().movements(NOTHING, Counters(ordered=2), Level(promised=MOST_UNITS - 1))


@pytest.mark.parametrize(("ordered", "absurd"), [(MOST_OF_A_LINE, False), (MOST_OF_A_LINE + 1, True)])
def test_an_absurd_line_is_known_as_one(ordered, absurd):
    line = OrderLine(reference="1", sku=Sku("P-1"), ordered=ordered, cancelled=3, shipped=2, returned=1)

    assert is_absurd(line) is absurd
    assert counters_of(line) == Counters(ordered=ordered, cancelled=3, shipped=2, returned=1)
