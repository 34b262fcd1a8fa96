"""The stock ledger's words: levels, and the movements whose sum they are. Pure values; all figures are units."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.ids import AccountId, VariantId

MOST_UNITS = 100_000_000
"""No figure of one variant grows beyond this; more is a slip of the keyboard. Source: our choice."""


class MovementKind(StrEnum):
    """Why stock moved."""

    COUNT = "count"
    """A person counted."""
    SALE = "sale"
    """Sold by hand, at the stall; it left at once."""
    ORDER = "order"
    """A buyer ordered on a channel; the units stay on the shelf, promised."""
    CANCEL = "cancel"
    """An order was taken back, or expired, before it was shipped."""
    SHIP = "ship"
    """Ordered units left the shelf."""
    RETURN = "return"
    """Shipped units came back fit for sale."""
    ADJUST = "adjust"
    """A person corrected the figure: found, broken, given away."""
    DIFFERENCE = "difference"
    """What must have been otherwise than was known: a figure taken over from a channel, a unit shipped that was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What there is of a variant: on the shelf, and promised to buyers. See ``store.tables.stock.StockLevel``.

    ``counted_at`` is the moment the last count speaks of; None where nobody ever counted.
    """

    on_hand: int = 0
    promised: int = 0
    counted_at: datetime | None = None

    @property
    def held(self) -> int:
        """Promised units that are there."""
        return min(self.promised, self.on_hand)

    @property
    def owed(self) -> int:
        """Promised units that are not there: oversold."""
        return max(self.promised - self.on_hand, 0)

    @property
    def available(self) -> int:
        """Units free to sell."""
        return max(self.on_hand - self.promised, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One change of one variant. ``source`` and ``reference`` name its cause, which moves a variant only once.

    ``on_hand`` and ``promised`` are changes, not figures. ``happened_at`` None means now.
    """

    variant_id: VariantId
    kind: MovementKind
    source: str
    reference: str
    on_hand: int = 0
    promised: int = 0
    account_id: AccountId | None = None
    note: str | None = None
    happened_at: datetime | None = None


class StockRefused(ValueError):
    """A movement that cannot be: it would leave less than nothing on the shelf, or more than anybody has."""

    def __init__(self, level: Level, movement: Movement) -> None:
        super().__init__(
            f"{movement.kind} of {movement.on_hand:+} on hand and {movement.promised:+} promised does not fit "
            f"{level.on_hand} on hand and {level.promised} promised"
        )
        self.level = level
        self.movement = movement


def moved(level: Level, movement: Movement) -> Level:
    """Return the level after a movement.

    Raises:
        StockRefused: A figure would leave its bounds.
    """
    on_hand, promised = level.on_hand + movement.on_hand, level.promised + movement.promised
    if not (0 <= on_hand <= MOST_UNITS and 0 <= promised <= MOST_UNITS):
        raise StockRefused(level, movement)
    return Level(on_hand=on_hand, promised=promised, counted_at=level.counted_at)
