"""The port of channels that report orders: pulled page by page behind a cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from schemas.orders import ChannelOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """Some orders and where to go on.

    Attributes:
        orders: In the order in which the channel changed them; one may come again on a later page.
        cursor: JSON to give to the next read. The core stores it in the transaction that stores the orders.
        has_more: Whether another page waits now; if not, the next read belongs to the next poll.
    """

    orders: Sequence[ChannelOrder]
    cursor: Mapping[str, Any]
    has_more: bool


@runtime_checkable
class OrderingAdapter(Protocol):
    """A channel whose orders can be asked for.

    Attributes:
        order_interval: The least time between two polls of one account.
    """

    @property
    def order_interval(self) -> timedelta: ...  # noqa: D102 - described above

    def orders(self, cursor: Mapping[str, Any] | None, *, since: datetime) -> OrderPage:
        """Read the next page of orders that were placed or changed. Reading again gives the same orders again.

        Args:
            cursor: What the last page gave; None before the first.
            since: Where to begin without a cursor.

        Raises:
            ChannelError: As any read; nothing is lost, the same cursor is asked again.
        """
        ...
