"""What an order does to the stock. Pure: counters that only grow, and the movements from what was known to what is.

Reports of an order come twice, late and in any order. So each is taken as counters, of which the larger one is always the
later one, and only what a counter rose by moves stock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.ids import AccountId, VariantId
from schemas.orders import OrderLine
from syndicator.domain.stock import Level, Movement, MovementKind, moved

MOST_OF_A_LINE: Final = 1_000_000
"""Units of one order line beyond which it is a slip of somebody's keyboard, and moves nothing. Source: our choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How far an order line is, in units; see ``schemas.orders.OrderLine``."""

    ordered: int = 0
    cancelled: int = 0
    shipped: int = 0
    returned: int = 0

    @property
    def open(self) -> int:
        """Units the buyer still waits for."""
        return self.ordered - self.cancelled - self.shipped


NOTHING: Final = Counters()
"""A line nobody has heard of."""


def counters_of(line: OrderLine) -> Counters:
    """Return the counters that a report carries."""
    return Counters(
        ordered=line.ordered, cancelled=line.cancelled, shipped=line.shipped, returned=line.returned
    )


def is_absurd(line: OrderLine) -> bool:
    """Say whether nobody orders that much."""
    return line.ordered > MOST_OF_A_LINE


def merged(known: Counters, told: Counters) -> Counters:
    """Return what is true after both reports, whichever came first.

    Where they contradict each other the parcel wins: a unit that was shipped is no longer cancelled.
    """
    ordered, shipped = max(known.ordered, told.ordered), max(known.shipped, told.shipped)
    return Counters(
        ordered=ordered,
        cancelled=min(max(known.cancelled, told.cancelled), ordered - shipped),
        shipped=shipped,
        returned=max(known.returned, told.returned),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMoves:
    """Whose stock a line moves, and when: ``placed_at`` as the buyer ordered, ``told_at`` as the report was true."""

    variant_id: VariantId
    account_id: AccountId
    order: str
    line: str
    placed_at: datetime
    told_at: datetime

    def movements(self, before: Counters, after: Counters, level: Level) -> tuple[Sequence[Movement], Level]:
        """Return the movements that bring the ledger from ``before`` to ``after``, and the level behind them.

        What left or came back before the last count is in its figure already and moves nothing on the shelf. A unit that
        was shipped and was not there must have been there: a difference says so first, and nothing falls below nothing.

        Raises:
            StockRefused: There would be more than anybody has.
        """
        shipped, returned = after.shipped - before.shipped, after.returned - before.returned
        counted = level.counted_at is not None and self.told_at <= level.counted_at
        left, back = (0, 0) if counted else (shipped, returned)
        missing = max(left - level.on_hand, 0)
        wanted = [
            self._ordered(after, after.ordered - before.ordered),
            self._uncancelled(after, before.cancelled - after.cancelled),
            self._move(MovementKind.DIFFERENCE, after.shipped, on_hand=missing),
            self._move(MovementKind.SHIP, after.shipped, on_hand=-left, promised=-shipped),
            self._cancelled(after, after.cancelled - before.cancelled),
            self._move(MovementKind.RETURN, after.returned, on_hand=back, is_told=returned > 0),
        ]
        movements = [one for one in wanted if one is not None]
        for one in movements:
            level = moved(level, one)
        return movements, level

    def _ordered(self, after: Counters, units: int) -> Movement | None:
        return self._move(MovementKind.ORDER, after.ordered, promised=units, at=self.placed_at)

    def _cancelled(self, after: Counters, units: int) -> Movement | None:
        # With what was shipped, because that can lower the counter, which then may reach the same figure again.
        reached = f"{after.cancelled}+{after.shipped}" if after.shipped else after.cancelled
        return self._move(MovementKind.CANCEL, reached, promised=-units) if units > 0 else None

    def _uncancelled(self, after: Counters, units: int) -> Movement | None:
        reached = f"shipped/{after.shipped}"
        return self._move(MovementKind.CANCEL, reached, promised=units) if units > 0 else None

    def _move(
        self,
        kind: MovementKind,
        reached: object,
        *,
        on_hand: int = 0,
        promised: int = 0,
        at: datetime | None = None,
        is_told: bool = False,
    ) -> Movement | None:
        if not (on_hand or promised or is_told):
            return None
        return Movement(
            variant_id=self.variant_id,
            kind=kind,
            source=f"account:{self.account_id}",
            reference=f"{self.order}/{self.line}/{kind.value}/{reached}",
            on_hand=on_hand,
            promised=promised,
            account_id=self.account_id,
            happened_at=at or self.told_at,
        )
