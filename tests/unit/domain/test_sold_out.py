"""When "sold out" and "back" are said on channels that show no number of units."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.base import Capabilities
from schemas.channel import Part
from schemas.ids import Sku
from schemas.listing import Offer
from schemas.money import Money
from syndicator.domain.plan import Step, StepKind
from syndicator.domain.sold_out import AT_ONCE, Settling
from tests.support.factories import NOON
from tests.support.fake_channel import GRAM, MARKET, POST, SHOP
from tests.unit.domain.test_plan import LIVE

SETTLING = Settling(sold_out_after=timedelta(seconds=60), back_after=timedelta(seconds=20))
SAYS_STOCK = Step(kind=StepKind.UPDATE, parts=frozenset({Part.STOCK}))
COMMENTS = replace(SAYS_STOCK, kind=StepKind.COMMENT)
CHANGED = replace(LIVE, stock_changed_at=NOON, wished_at=NOON + timedelta(minutes=5))


def offers(*available: int) -> dict[Sku, Offer]:
    return {
        Sku(f"P-{n}"): Offer(sku=Sku(f"P-{n}"), price=Money(4500), compare_at=None, available=units)
        for n, units in enumerate(available)
    }


def rest(
    step: Step = SAYS_STOCK,
    available: tuple[int, ...] = (0,),
    *,
    can: Capabilities = POST,
    after: float = 0,
    settling: Settling = SETTLING,
) -> float:
    now: datetime = NOON + timedelta(seconds=after)
    return settling.rest(step, CHANGED, offers(*available), can, now=now).total_seconds()


@pytest.mark.parametrize(("step", "can"), [(SAYS_STOCK, POST), (COMMENTS, GRAM)])
def test_a_change_is_said_once_it_has_stood_for_its_time(step: Step, can: Capabilities) -> None:
    assert [rest(step, can=can, after=after) for after in (0, 59.5, 60, 3600)] == [60, 0.5, 0, 0]


def test_coming_back_has_a_time_of_its_own() -> None:
    assert [rest(available=(7,), after=after) for after in (0, 19, 20)] == [20, 1, 0]


def test_one_variant_that_is_gone_is_news_of_the_first_kind() -> None:
    assert rest(available=(7, 0)) == 60
    assert rest(available=(7, 1)) == 20


def test_a_person_is_not_asked_sooner_than_a_post_would_be_edited() -> None:
    assert rest(replace(SAYS_STOCK, kind=StepKind.ASK)) == 60


@pytest.mark.parametrize("can", [SHOP, MARKET])
def test_a_channel_that_shows_units_is_told_at_once(can: Capabilities) -> None:
    assert rest(replace(SAYS_STOCK, kind=StepKind.SET_STOCK), can=can) == 0
    assert rest(SAYS_STOCK, can=can) == 0


@pytest.mark.parametrize(
    "step",
    [
        Step(kind=StepKind.UPDATE, parts=frozenset({Part.STOCK, Part.PRICE})),
        Step(kind=StepKind.COMMENT, parts=frozenset({Part.PRICE})),
        Step(kind=StepKind.PUBLISH, parts=frozenset({Part.STOCK})),
        Step(kind=StepKind.REPUBLISH, parts=frozenset({Part.STOCK})),
        Step(kind=StepKind.WITHDRAW),
        Step(kind=StepKind.NOTHING),
        Step(kind=StepKind.VERIFY),
    ],
    ids=lambda step: f"{step.kind}-{len(step.parts)}",
)
def test_whatever_else_is_done_waits_for_nothing(step: Step) -> None:
    assert rest(step) == 0


def test_where_nobody_noted_when_the_stock_changed_the_wish_counts() -> None:
    unknown = replace(CHANGED, stock_changed_at=None)
    now = unknown.wished_at + timedelta(seconds=10)

    assert SETTLING.rest(SAYS_STOCK, unknown, offers(0), POST, now=now) == timedelta(seconds=50)


def test_without_a_setting_nothing_waits() -> None:
    assert rest(settling=AT_ONCE) == 0
