"""What MyShop answers about orders, read leniently and only as far as stock needs it.

No field about the buyer is declared, so none of them is ever read. Source: docs/channels/line.md section 1.11.
"""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class RemoteOrderItem(_Lenient):
    """One line of an order. MyShop gives lines no id of their own."""

    product_id: int | None = Field(default=None, alias="productId")
    variant_id: int | None = Field(default=None, alias="variantId")
    sku: str | None = None
    quantity: float = Field(ge=0, allow_inf_nan=False)
    """Declared as a number; it counts whole pieces."""


class OrderRow(_Lenient):
    """An order as lists show it, without its lines."""

    number: str = Field(alias="orderNumber", min_length=1, coerce_numbers_to_str=True)
    status: str = Field(default="", alias="orderStatus")
    payment: str = Field(default="", alias="paymentStatus")
    shipment: str = Field(default="", alias="shipmentStatus")
    checkout_at: str | None = Field(default=None, alias="checkoutAt")
    last_updated_at: str | None = Field(default=None, alias="lastUpdatedAt")

    @property
    def placed(self) -> datetime | None:
        """When the buyer ordered, aware UTC; None where that cannot be read."""
        return moment(self.checkout_at)

    @property
    def updated(self) -> datetime | None:
        """When it last changed, aware UTC; None where that cannot be read."""
        return moment(self.last_updated_at)


class RemoteOrder(OrderRow):
    """An order with its lines; None where the answer leaves them out."""

    items: tuple[RemoteOrderItem, ...] | None = Field(default=None, alias="orderItems")


class OrderListPage(_Lenient):
    """One page of orders. An answer without its list is none: it must not be read as "there are no orders"."""

    data: tuple[OrderRow, ...]
    total_page: int = Field(default=1, alias="totalPage")


ORDER = TypeAdapter(RemoteOrder)
ORDERS = TypeAdapter(OrderListPage)


def moment(text: str | None) -> datetime | None:
    """Read one of LINE's times; one without a zone is taken as UTC (assumed)."""
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def query_time(at: datetime) -> str:
    """Write a moment as the window of the list takes it, to the second: ``2022-01-01T09:30:00Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
