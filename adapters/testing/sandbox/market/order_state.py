"""What the market holds of orders: one row for each unit, as large markets keep them. Source: emarkets.md §4.2, §15.15."""

from dataclasses import dataclass, field
from typing import Literal

RowStatus = Literal["unpaid", "paid", "shipped", "delivered", "canceled", "expired", "returned"]


@dataclass
class OrderRow:
    """One unit of an order; its status is its own, the order has none."""

    row_id: str
    item_id: str
    sku: str
    price: str
    status: RowStatus
    changed: float


@dataclass
class MarketOrder:
    """An order of one shop; who bought is invented when it is shown, and kept nowhere."""

    order_id: str
    shop: str
    created: float
    updated: float
    rows: list[OrderRow] = field(default_factory=list)

    @property
    def is_unpaid(self) -> bool:
        """Whether a unit of it waits for the buyer's money."""
        return any(row.status == "unpaid" for row in self.rows)
