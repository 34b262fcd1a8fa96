"""Orders as the channels reported them, without anything about the buyers."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel

from schemas.ids import OrderId
from schemas.orders import OrderState
from schemas.problem import Problem
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, SellerPart
from syndicator.api.v1.paging import MOST_ID, Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.store.order_reports import OrderReport

router = api_router("orders")


class OrderLine(BaseModel):
    """A line, in units. ``open``: the buyer still waits for them. ``oversold``: they were not there.

    ``known``: a stored product has this code, so the stock followed.
    """

    sku: str
    ordered: int
    cancelled: int
    shipped: int
    returned: int
    open: int
    oversold: int
    known: bool


class Order(BaseModel):
    """An order; ``reference`` is the channel's own number of it."""

    id: int
    account: str
    reference: str
    state: OrderState
    placed_at: datetime
    updated_at: datetime
    first_seen_at: datetime
    lines: tuple[OrderLine, ...]


@router.get("/sellers/{seller}/orders")
def list_orders(
    app: AppPart,
    seller: SellerPart,
    paging: PagingPart,
    account: Annotated[str | None, Query(max_length=200, description="Only of this account.")] = None,
    state: Annotated[OrderState | None, Query(description="Only in this state.")] = None,
    is_open: Annotated[  # noqa: FBT002 - a part of the address, given by name
        bool, Query(alias="open", description="Only those that a buyer still waits for.")
    ] = False,
) -> Page[Order]:
    """List the seller's orders, the last one heard of first."""
    with app.database.begin() as uow:
        found = uow.order_reports.orders_before(
            seller.id, before=paging.before, limit=paging.asked, account=account, state=state, is_open=is_open
        )
    return paging.page([shown(one) for one in found], [one.id for one in found])


@router.get("/sellers/{seller}/orders/{order_id}")
def show_order(
    app: AppPart,
    seller: SellerPart,
    order_id: Annotated[int, Path(description="The order's id.", ge=1, le=MOST_ID)],
) -> Order:
    """Show an order."""
    with app.database.begin() as uow:
        found = uow.order_reports.order(seller.id, OrderId(order_id))
    if found is None:
        raise ApiError(HTTPStatus.NOT_FOUND, _unknown(order_id))
    return shown(found)


def shown(one: OrderReport) -> Order:
    """Return an order as other systems read it."""
    return Order(
        id=one.id,
        account=one.account,
        reference=one.reference,
        state=one.state,
        placed_at=one.placed_at,
        updated_at=one.updated_at,
        first_seen_at=one.first_seen_at,
        lines=tuple(
            OrderLine(
                sku=line.sku,
                ordered=line.counters.ordered,
                cancelled=line.counters.cancelled,
                shipped=line.counters.shipped,
                returned=line.counters.returned,
                open=line.counters.open,
                oversold=line.oversold,
                known=line.is_known,
            )
            for line in one.lines
        ),
    )


def _unknown(order_id: int) -> Problem:
    return Problem(
        path="order_id",
        code="order_not_found",
        th=f"ไม่พบออร์เดอร์หมายเลข {order_id} ของผู้ขายนี้",
        en=f"this seller has no order {order_id}",
    )
