from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.line_shop.order_mapping import order_of, state_of
from adapters.line_shop.order_wire import ORDER, OrderRow, moment, query_time
from schemas.orders import ChannelOrder, OrderState
from tests.support.factories import NOON


def item(**changes: Any) -> dict[str, Any]:
    return {"productId": 7, "variantId": 8, "sku": "A-S", "quantity": 2} | changes


def order(*items: dict[str, Any], **changes: Any) -> ChannelOrder:
    body = {
        "orderNumber": "2026112200001",
        "orderStatus": "FINALIZED",
        "paymentStatus": "PAID",
        "shipmentStatus": "SHIPMENT_READY",
        "orderItems": list(items),
    }
    return order_of(ORDER.validate_python(body | changes), placed=NOON, updated=NOON)


@pytest.mark.parametrize(
    ("status", "payment", "shipment", "state"),
    [
        ("FINALIZED", "NO_PAYMENT", "NO_SHIPMENT", OrderState.UNPAID),
        ("FINALIZED", "PENDING", "PENDING", OrderState.UNPAID),
        ("FINALIZED", "PAID", "PENDING", OrderState.PAID),
        ("FINALIZED", "PENDING", "SHIPMENT_READY", OrderState.PAID),
        ("FINALIZED", "PAID", "ON_DELIVERY", OrderState.SHIPPED),
        ("FINALIZED", "PAID", "SHIPPED_ALL", OrderState.SHIPPED),
        ("FINALIZED", "PENDING_REFUND", "NO_SHIPMENT", OrderState.UNKNOWN),
        ("COMPLETED", "PAID", "SHIPPED_ALL", OrderState.COMPLETED),
        ("EXPIRED", "NO_PAYMENT", "NO_SHIPMENT", OrderState.EXPIRED),
        ("CANCELED", "REFUND", "SHIPMENT_READY", OrderState.CANCELLED),
        ("CONFIRMED", "PAID", "SHIPMENT_READY", OrderState.UNKNOWN),
        ("", "", "", OrderState.UNKNOWN),
    ],
)
def test_every_word_of_line_has_a_state(status: str, payment: str, shipment: str, state: OrderState) -> None:
    row = OrderRow(number="1", status=status, payment=payment, shipment=shipment)

    assert state_of(row) is state


def test_units_that_left_the_shelf_do_not_come_back_by_a_cancellation() -> None:
    (line,) = order(item(), orderStatus="CANCELED", shipmentStatus="SHIPPED_ALL").lines

    assert (line.ordered, line.shipped, line.cancelled) == (2, 2, 0)


def test_a_word_nobody_knows_moves_no_stock() -> None:
    (line,) = order(item(), orderStatus="ON_HOLIDAY").lines

    assert (line.ordered, line.shipped, line.cancelled) == (2, 0, 0)


def test_two_lines_of_one_variant_are_one() -> None:
    told = order(
        item(), item(variantId=9, sku="A-M", quantity=1), item(quantity=3), shipmentStatus="ON_DELIVERY"
    )

    assert [(line.reference, line.ordered, line.shipped) for line in told.lines] == [
        ("7/8", 5, 5),
        ("7/9", 1, 1),
    ]


@pytest.mark.parametrize(
    ("changes", "reference", "sku", "external_id"),
    [
        ({}, "7/8", "A-S", "7"),
        ({"variantId": None}, "7/", "A-S", "7"),
        ({"sku": None}, "7/8", "", "7"),
        ({"productId": None, "variantId": None}, "sku:A-S", "A-S", None),
    ],
)
def test_a_line_is_named_by_what_never_changes_in_it(
    changes: dict[str, Any], reference: str, sku: str, external_id: str | None
) -> None:
    (line,) = order(item(**changes)).lines

    assert (line.reference, line.sku, line.external_id) == (reference, sku, external_id)


def test_an_order_number_that_comes_as_a_number_stays_text() -> None:
    assert order(item(), orderNumber=2026112200001).reference == "2026112200001"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-22T05:00:00Z", NOON),
        ("2026-11-22T12:00:00.250+07:00", NOON.replace(microsecond=250_000)),
        ("2026-11-22T05:00:00", NOON),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_are_read_as_far_as_they_can_be(text: str | None, read: datetime | None) -> None:
    assert moment(text) == read


def test_a_window_is_asked_for_in_utc_to_the_second() -> None:
    assert query_time(datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)) == "2026-01-02T03:04:05Z"
