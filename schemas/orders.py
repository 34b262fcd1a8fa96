"""Orders of buyers as channels report them, reduced to what stock needs: no name, address or telephone number is kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.ids import ExternalId, Sku


class OrderState(StrEnum):
    """How far an order is, for people. Stock follows the counters of the lines, never this word."""

    UNPAID = "unpaid"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"
    UNKNOWN = "unknown"
    """The channel said something no row of ours explains; the counters of its lines still hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of an order: counters of units that only ever grow, so that reports may come twice and in any order.

    Attributes:
        reference: The channel's id of the line, unique within the order and the same in every report.
        sku: The code the channel carries for the variant; "" where it carries none.
        external_id: The channel's id of the listing; None where the order does not name it.
        ordered: Units ordered.
        cancelled: Of these, units taken back before they were shipped, expired ones included.
        shipped: Of these, units that left the shelf.
        returned: Of the shipped units, those that came back fit for sale.
    """

    reference: str
    sku: Sku
    external_id: ExternalId | None = None
    ordered: int
    cancelled: int = 0
    shipped: int = 0
    returned: int = 0

    def __post_init__(self) -> None:
        counters = (self.ordered, self.cancelled, self.shipped, self.returned)
        if min(counters) < 0 or self.cancelled + self.shipped > self.ordered or self.returned > self.shipped:
            raise ValueError(f"the units of order line {self.reference} do not add up: {counters}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOrder:
    """An order as one account reported it.

    Attributes:
        reference: The channel's order number; always text.
        placed_at: When the buyer ordered, aware UTC.
        updated_at: When the channel last changed it, aware UTC.
    """

    reference: str
    state: OrderState
    placed_at: datetime
    updated_at: datetime
    lines: tuple[OrderLine, ...]
