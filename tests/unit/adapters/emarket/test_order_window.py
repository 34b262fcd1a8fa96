"""How a poll moves through time, against a market in memory that lists orders in any way."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.emarket.market import Page
from adapters.emarket.order_window import RESOLUTION, Position, Windows, WindowTooFull
from schemas.orders import ChannelOrder, OrderState
from tests.support.factories import NOON

OVERLAP = timedelta(seconds=300)
DAY = timedelta(days=1)
Sorting = Callable[[list[ChannelOrder]], Sequence[ChannelOrder]]


def order(reference: str, changed: datetime) -> ChannelOrder:
    return ChannelOrder(
        reference=reference, state=OrderState.PAID, placed_at=changed, updated_at=changed, lines=()
    )


def windows(size: int = 5, *, oldest_first: bool = True, **limits: int) -> Windows:
    page = Page(style="time_window", size=size, **limits)
    return Windows(page=page, overlap=OVERLAP, oldest_first=oldest_first)


def oldest_first(orders: list[ChannelOrder]) -> Sequence[ChannelOrder]:
    return sorted(orders, key=lambda one: one.updated_at)


def newest_first(orders: list[ChannelOrder]) -> Sequence[ChannelOrder]:
    return sorted(orders, key=lambda one: one.updated_at, reverse=True)


@dataclass
class Market:
    """Answers pages; between two of them ``meanwhile`` may change orders."""

    orders: dict[str, datetime]
    sort: Sorting = oldest_first
    asked: int = 0
    longest: timedelta = timedelta(0)
    furthest: int = 0
    meanwhile: Callable[["Market"], None] = field(default=lambda _market: None)

    def page(self, position: Position, size: int) -> Sequence[ChannelOrder]:
        assert position.before is not None
        self.asked += 1
        self.longest = max(self.longest, position.before - position.after)
        self.furthest = max(self.furthest, position.offset)
        inside = [
            order(name, at) for name, at in self.orders.items() if position.after <= at <= position.before
        ]
        shown = self.sort(inside)[position.offset : position.offset + size]
        self.meanwhile(self)
        return shown


def poll(
    market: Market, through: Windows, since: datetime, now: datetime = NOON
) -> tuple[set[str], Position]:
    position, seen = Position(after=since), set()
    for _ in range(2_000):
        asked = through.opened(Position.from_json(position.as_json()), now)
        page = market.page(asked, through.page.size)
        seen |= {one.reference for one in page}
        position, has_more = through.following(asked, page, now)
        if not has_more:
            return seen, position
    raise AssertionError("the poll never ended")


def spread(number: int, over: timedelta) -> dict[str, datetime]:
    return {f"{n}": NOON - over * n / max(1, number) for n in range(number)}


def test_a_quiet_market_is_asked_once_and_from_the_same_time_again() -> None:
    market = Market({})

    seen, position = poll(market, windows(), NOON - DAY)

    assert (seen, market.asked, position) == (set(), 1, Position(after=NOON - DAY))


def test_the_next_poll_looks_back_behind_the_newest_change() -> None:
    market = Market({"a": NOON - DAY / 2, "b": NOON - DAY / 4})

    _, position = poll(market, windows(), NOON - DAY)

    assert position == Position(after=NOON - DAY / 4 - OVERLAP)


def test_the_markets_clock_may_be_ahead_of_ours() -> None:
    ahead = OVERLAP / 2
    market = Market({"a": NOON + ahead})

    seen, position = poll(market, windows(), NOON - DAY)

    assert seen == {"a"}
    assert position.after == NOON + ahead - OVERLAP


def test_a_clock_further_ahead_delays_orders_and_loses_none() -> None:
    market = Market({"a": NOON + timedelta(hours=1)})
    seen, position = poll(market, windows(), NOON - DAY)
    assert seen == set()

    later, _ = poll(market, windows(), position.after, now=NOON + timedelta(hours=1))

    assert later == {"a"}


def test_no_window_is_longer_than_the_market_allows() -> None:
    market = Market(spread(40, 50 * DAY))

    seen, _ = poll(market, windows(max_window_s=15 * 86_400), NOON - 60 * DAY)

    assert seen == set(market.orders)
    assert market.longest <= 15 * DAY


@pytest.mark.parametrize("sort", [oldest_first, newest_first])
def test_orders_of_one_second_come_by_offset(sort: Sorting) -> None:
    market = Market(dict.fromkeys(map(str, range(23)), NOON - DAY / 2), sort)

    seen, _ = poll(market, windows(oldest_first=sort is oldest_first), NOON - DAY)

    assert seen == set(market.orders)


def test_the_ceiling_is_never_passed() -> None:
    market = Market(spread(200, DAY), newest_first)

    seen, _ = poll(market, windows(oldest_first=False, max_offset=12), NOON - DAY)

    assert seen == set(market.orders)
    assert market.furthest <= 12


def test_more_of_one_moment_than_the_ceiling_is_told_and_not_passed_over() -> None:
    market = Market(dict.fromkeys(map(str, range(40)), NOON - DAY / 2), newest_first)

    with pytest.raises(WindowTooFull):
        poll(market, windows(oldest_first=False, max_offset=12), NOON - DAY)


def test_a_market_that_does_not_sort_as_its_file_says_is_still_read_whole() -> None:
    market = Market(spread(60, DAY), newest_first)

    seen, _ = poll(market, windows(oldest_first=True), NOON - DAY)

    assert seen == set(market.orders)


@settings(max_examples=100, deadline=None)
@given(
    ages=st.lists(st.integers(0, 3_000), min_size=1, max_size=40),
    moved=st.integers(0, 10_000),
    size=st.integers(2, 9),
    is_sorted=st.booleans(),
    limit=st.sampled_from([None, 1_000]),
)
def test_an_order_that_changes_between_two_pages_is_read_all_the_same(
    ages: list[int], moved: int, size: int, is_sorted: bool, limit: int | None
) -> None:
    """Every page, one order changes now; this poll or the next quiet one reads it, and all that it passes on its way."""
    dice = random.Random(moved)
    now = NOON + timedelta(seconds=20)

    def change_one(market: Market) -> None:
        if market.asked < 15:
            market.orders[dice.choice(sorted(market.orders))] = NOON + timedelta(seconds=market.asked)

    market = Market(
        {f"{n}": NOON - timedelta(seconds=age) for n, age in enumerate(ages)},
        oldest_first if is_sorted else newest_first,
        meanwhile=change_one,
    )
    limits = {} if limit is None else {"max_window_s": limit}
    through = windows(size, oldest_first=is_sorted, **limits)

    seen, position = poll(market, through, NOON - timedelta(hours=1), now=now)
    market.meanwhile = lambda _market: None
    more, _ = poll(market, through, position.after, now=now)

    assert seen | more == set(market.orders)


def test_a_market_that_gives_another_order_each_time_keeps_nobody_forever() -> None:
    dice = random.Random(1)
    market = Market(
        dict.fromkeys(map(str, range(40)), NOON - DAY / 2), lambda found: dice.sample(found, len(found))
    )

    poll(market, windows(oldest_first=False), NOON - DAY)

    assert market.asked < 200


@settings(max_examples=60, deadline=None)
@given(
    ages=st.lists(st.integers(0, 20 * 86_400), max_size=60),
    size=st.integers(1, 9),
    is_sorted=st.booleans(),
    limit=st.sampled_from([None, 86_400, 15 * 86_400]),
)
def test_every_order_is_read_whatever_the_pages_and_windows(
    ages: list[int], size: int, is_sorted: bool, limit: int | None
) -> None:
    market = Market(
        {f"{n}": NOON - timedelta(seconds=age) for n, age in enumerate(ages)},
        oldest_first if is_sorted else newest_first,
    )
    limits = {} if limit is None else {"max_window_s": limit}

    seen, _ = poll(market, windows(size, oldest_first=is_sorted, **limits), NOON - 21 * DAY)

    assert seen == set(market.orders)


def test_a_position_travels_as_json() -> None:
    position = Position(after=NOON, before=NOON + DAY, offset=7, newest=NOON + RESOLUTION)

    assert Position.from_json(position.as_json()) == position
    assert Position.from_json(Position(after=NOON).as_json()) == Position(after=NOON)
