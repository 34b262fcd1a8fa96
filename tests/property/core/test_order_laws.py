"""Reports of orders come twice, late and in any order: the ledger ends where it would have ended anyway."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import AccountId, VariantId
from syndicator.domain.orders import NOTHING, Counters, LineMoves, merged
from syndicator.domain.stock import Level, Movement
from tests.support.factories import NOON

Report = tuple[str, Counters]
"""The line it is about, and its counters."""


@dataclass
class Ledger:
    """The level of one variant, the lines that sold it and every movement, as the store keeps them."""

    level: Level
    known: dict[str, Counters] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)

    def hear(self, report: Report) -> None:
        line, counters = report
        before = self.known.get(line, NOTHING)
        after = merged(before, counters)
        moves = LineMoves(
            variant_id=VariantId(1),
            account_id=AccountId(1),
            order="SO-1",
            line=line,
            placed_at=NOON,
            told_at=NOON + timedelta(hours=1),
        )
        made, self.level = moves.movements(before, after, self.level)
        self.movements += made
        self.known[line] = after


@st.composite
def histories(draw: st.DrawFn, *, returns: bool = True) -> list[Report]:
    """What a channel says of a line as time goes by: every counter grows, and no report contradicts an earlier one."""
    reports: list[Report] = []
    for line in draw(st.lists(st.sampled_from("ABC"), min_size=1, max_size=3, unique=True)):
        now = NOTHING
        for _ in range(draw(st.integers(1, 5))):
            ordered = now.ordered + draw(st.integers(0, 4))
            free = ordered - now.cancelled - now.shipped
            shipped = now.shipped + draw(st.integers(0, free))
            cancelled = now.cancelled + draw(st.integers(0, ordered - now.cancelled - shipped))
            returned = now.returned + (draw(st.integers(0, shipped - now.returned)) if returns else 0)
            now = Counters(ordered=ordered, cancelled=cancelled, shipped=shipped, returned=returned)
            reports.append((line, now))
    return reports


@st.composite
def contradictions(draw: st.DrawFn) -> list[Report]:
    """Reports of one line that cannot all be true: cancelled in one, shipped in another."""
    ordered = draw(st.integers(1, 9))
    reports: list[Report] = []
    for _ in range(draw(st.integers(1, 5))):
        shipped = draw(st.integers(0, ordered))
        cancelled = draw(st.integers(0, ordered - shipped))
        reports.append(("A", Counters(ordered=ordered, cancelled=cancelled, shipped=shipped)))
    return reports


def heard(on_hand: int, reports: Sequence[Report]) -> Ledger:
    ledger = Ledger(level=Level(on_hand=on_hand))
    for report in reports:
        ledger.hear(report)
        assert ledger.level.on_hand >= 0
        assert ledger.level.promised == sum(one.open for one in ledger.known.values()) >= 0
        assert ledger.level.on_hand == on_hand + sum(one.on_hand for one in ledger.movements)
        assert ledger.level.promised == sum(one.promised for one in ledger.movements)
    references = [one.reference for one in ledger.movements]
    assert len(references) == len(set(references))
    return ledger


def disordered(draw: st.DrawFn, reports: Sequence[Report]) -> list[Report]:
    """The same reports in another order, some of them again and again; none is lost."""
    again = draw(st.lists(st.sampled_from(list(reports)), max_size=10))
    return draw(st.permutations([*reports, *again]))


@given(st.data())
def test_reports_may_come_twice_and_in_any_order(data: st.DataObject) -> None:
    """There is enough on the shelf, so the level is nothing but orders, parcels and returns."""
    reports = data.draw(histories())
    enough = 100

    told, again = heard(enough, reports), heard(enough, disordered(data.draw, reports))

    assert (again.level, again.known) == (told.level, told.known)


@given(st.data(), st.integers(0, 12))
def test_parcels_of_units_that_were_not_there_end_at_an_empty_shelf_in_any_order(
    data: st.DataObject, on_hand: int
) -> None:
    reports = data.draw(histories(returns=False))

    told, again = heard(on_hand, reports), heard(on_hand, disordered(data.draw, reports))

    assert (again.level, again.known) == (told.level, told.known)
    assert told.level.on_hand == max(on_hand - sum(one.shipped for one in told.known.values()), 0)


@given(st.data(), st.integers(0, 12))
def test_reports_that_contradict_each_other_end_alike_in_any_order(data: st.DataObject, on_hand: int) -> None:
    reports = data.draw(contradictions())

    told, again = heard(on_hand, reports), heard(on_hand, disordered(data.draw, reports))

    assert (again.level, again.known) == (told.level, told.known)


@given(st.data(), st.integers(0, 12))
def test_any_history_at_all_adds_up_and_never_falls_below_nothing(data: st.DataObject, on_hand: int) -> None:
    heard(on_hand, disordered(data.draw, data.draw(histories())))
