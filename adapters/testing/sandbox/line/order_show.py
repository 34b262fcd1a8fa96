"""An order as MyShop answers it. Its buyer is invented and marked as such, so that a test can look for what leaks."""

from typing import Any, Final

from adapters.testing.sandbox.clock import iso_time
from adapters.testing.sandbox.line.state import Order, OrderLine

_SHIPPING_BAHT: Final = 40.0


def row_body(order: Order) -> dict[str, Any]:
    """Return an order as lists show it: without its lines. Source: line.md §1.11."""
    quantity, line = order.line.quantity, order.line
    subtotal = round(quantity * (line.price - line.discount), 2)
    body = {
        "orderNumber": order.number,
        "orderStatus": order.status,
        "paymentStatus": order.payment,
        "paymentMethod": "PAYMENT_LS_QR_PROMPTPAY",
        "shipmentStatus": order.shipment,
        "checkoutAt": iso_time(order.placed),
        "lastUpdatedAt": iso_time(order.updated),
        "subtotalPrice": subtotal,
        "shipmentPrice": _SHIPPING_BAHT,
        "discountAmount": 0,
        "totalPrice": subtotal + _SHIPPING_BAHT,
        "weight": round(quantity * line.weight, 2),
        "isGift": False,
        "shipmentDetail": {"type": "STANDARD", "isCod": False, "name": "Standard", "description": ""},
        **_buyer(order.buyer),
    }
    return body if order.paid is None else body | {"paidAt": iso_time(order.paid)}


def order_body(order: Order) -> dict[str, Any]:
    """Return an order with its lines."""
    return row_body(order) | {"orderItems": [_item(order.line)]}


def buyer_words(order: Order) -> list[str]:
    """Return every word of an order's buyer that an answer carries."""
    told = _buyer(order.buyer)
    address = told.pop("shippingAddress")
    return [*(str(word) for word in address.values()), *(str(word) for word in told.values())]


def _buyer(number: int) -> dict[str, Any]:
    return {
        "shippingAddress": {
            "recipientName": f"ผู้ซื้อสมมติ หมายเลข{number}",
            "phoneNumber": f"000-555-{number:04d}",
            "email": f"invented-buyer-{number}@example.invalid",
            "address": f"{number}/99 ซอยสมมติ ถนนไม่มีจริง",
            "subDistrict": "ตำบลสมมติ",
            "district": "อำเภอสมมติ",
            "province": "จังหวัดสมมติ",
            "postalCode": "99999 (สมมติ)",
            "country": "ประเทศสมมติ",
        },
        "remarkBuyer": f"ข้อความสมมติจากผู้ซื้อ {number}",
        "remarkRecipient": f"ข้อความสมมติถึงผู้รับ {number}",
    }


def _item(line: OrderLine) -> dict[str, Any]:
    return {
        "productId": line.product,
        "variantId": line.variant,
        "sku": line.sku,
        "barcode": line.barcode,
        "name": line.name,
        "quantity": line.quantity,
        "price": line.price,
        "discountedPrice": round(line.price - line.discount, 2),
        "weight": line.weight,
        "imageURL": "",
        "variants": [{"name": name, "value": value} for name, value in line.options],
    }
