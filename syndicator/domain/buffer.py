"""How many units to keep back, so that an order on one channel finds what another has not yet been told is gone. Pure."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from syndicator.domain.stock_rule import MOST_SHOWN

SAFE: Final = 0.99
"""Of a hundred times that a channel shows an old figure, in how many the buffer suffices. Source: our choice."""
_WIDE: Final = 200.0
"""Mean from which the normal distribution stands in for Poisson's; it errs by less than one unit there."""
_NORMAL_SAFE: Final = 2.3263
"""Standard deviations that 99 of 100 stay below."""


def suggested_buffer(demand_per_hour: float, delay: timedelta) -> int:
    """Return the least buffer, in units, that suffices in 99 of 100 cases.

    While a channel still shows an old figure, buyers elsewhere go on ordering: Poisson, with the mean of what is ordered
    in that time. What sells once a week needs no buffer behind a channel that follows within seconds.
    """
    mean = max(demand_per_hour, 0.0) * max(delay.total_seconds(), 0.0) / 3600
    if mean > _WIDE:
        return math.ceil(min(mean + _NORMAL_SAFE * math.sqrt(mean), MOST_SHOWN))
    units, chance = 0, math.exp(-mean)
    reached = chance
    while reached < SAFE:
        units += 1
        chance *= mean / units
        reached += chance
    return units


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoBuffer:
    """A buffer that sized itself, and what from.

    Attributes:
        demand_per_hour: Units ordered elsewhere in an hour, on average.
        delay: How long the account takes to show a change, at most in 95 of 100 cases; None where nothing was measured.
    """

    demand_per_hour: float
    delay: timedelta | None

    @property
    def units(self) -> int:
        """The buffer; nothing is kept back before anything was measured."""
        return 0 if self.delay is None else suggested_buffer(self.demand_per_hour, self.delay)

    def explained(self) -> tuple[str, str]:
        """Say in one sentence where it comes from, in Thai and English."""
        if self.delay is None:
            return (
                "ยังไม่กันสินค้าไว้ เพราะยังไม่เคยวัดว่าช่องทางนี้อัปเดตจำนวนช้าแค่ไหน",
                "nothing is kept back yet: how fast this channel follows a change has not been measured",
            )
        seconds, a_day = self.delay.total_seconds(), self.demand_per_hour * 24
        th = (
            f"กันไว้ {self.units:,} ชิ้น เพราะช่องทางอื่นขายได้เฉลี่ย {a_day:.1f} ชิ้นต่อวัน "
            f"และช่องทางนี้แสดงจำนวนใหม่ภายใน {seconds:.1f} วินาที (95 ใน 100 ครั้ง)"
        )
        en = (
            f"{self.units:,} kept back, for the other channels sell {a_day:.1f} a day and this one shows a new figure "
            f"within {seconds:.1f} s (95 times of 100)"
        )
        return th, en
