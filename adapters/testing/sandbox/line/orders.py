"""Orders at MyShop: how they are placed and go on, and how they move the four stock numbers. Source: line.md §1.9, §1.11, §5 item 8."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from adapters.testing.sandbox.deeds import Bought, NotPossible, OrderAct, OrderDeed, Purchase
from adapters.testing.sandbox.line.order_events import Event, tell
from adapters.testing.sandbox.line.state import Order, OrderLine, Product, Variant

if TYPE_CHECKING:
    from adapters.testing.sandbox.sandbox import Sandbox

_UNPAID: Final = "NO_PAYMENT"
_SHIPPED: Final = "SHIPPED_ALL"


def buy(sandbox: "Sandbox", purchase: Purchase) -> Bought:
    """Place an order; its units are reserved, and ready to ship once paid.

    Raises:
        NotPossible: Nothing of that SKU is on sale, or too little is left.
    """
    product, variant = _on_sale(sandbox, purchase)
    if variant.available < purchase.quantity:
        raise NotPossible(f"only {variant.available} of {purchase.sku} are left")
    now = sandbox.clock.now()
    number = len(sandbox.line.orders) + 1
    order = Order(
        number=f"{datetime.fromtimestamp(now, UTC):%Y%m%d}{number:05d}",
        shop=purchase.account,
        buyer=number,
        line=_line(product, variant, purchase.quantity),
        placed=now,
        updated=now,
        listed_at=now + sandbox.options.read_lag_s,
    )
    variant.reserved += purchase.quantity
    sandbox.line.keep(order)
    tell(sandbox, order, Event.PENDING_PAYMENT)
    if purchase.pay:
        _pay(sandbox, order)
    return Bought(order=order.number, line=f"{product.id}/{variant.id}")


def _on_sale(sandbox: "Sandbox", purchase: Purchase) -> tuple[Product, Variant]:
    found = sandbox.line.by_sku.get((purchase.account, purchase.sku), {})
    product = next((one for one in found.values() if one.displayed), None)
    if product is None:
        raise NotPossible(f"{purchase.sku} is not on sale")
    return product, next(one for one in product.variants if one.sku == purchase.sku)


def _line(product: Product, variant: Variant, quantity: int) -> OrderLine:
    return OrderLine(
        product=product.id,
        variant=variant.id,
        inventory=variant.inventory,
        sku=variant.sku,
        barcode=variant.barcode,
        name=product.name,
        quantity=quantity,
        price=variant.price,
        discount=product.discount,
        weight=variant.weight,
        options=list(variant.options),
    )


def act(sandbox: "Sandbox", deed: OrderDeed) -> Order:
    """Let something happen to an order.

    Raises:
        NotPossible: The shop has no such order, or it is past that.
    """
    order = sandbox.line.orders.get(deed.order)
    if order is None or order.shop != deed.account:
        raise NotPossible(f"there is no order {deed.order}")
    _ACTS[deed.act](sandbox, order)
    return order


def _pay(sandbox: "Sandbox", order: Order) -> None:
    _require(order, order.status == "FINALIZED" and order.payment == _UNPAID)
    variant = _variant(sandbox, order)
    if variant is not None:
        variant.reserved -= order.line.quantity
        variant.ready += order.line.quantity
    order.payment, order.shipment, order.paid = "PAID", "SHIPMENT_READY", sandbox.clock.now()
    _changed(sandbox, order, Event.READY_TO_SHIP)


def _ship(sandbox: "Sandbox", order: Order) -> None:
    """Let the units leave; no event is known that says so before the order is completed."""
    _require(order, order.status == "FINALIZED" and order.shipment == "SHIPMENT_READY")
    variant = _variant(sandbox, order)
    if variant is not None:
        variant.on_hand -= order.line.quantity
        variant.ready -= order.line.quantity
    order.shipment = _SHIPPED
    _changed(sandbox, order, None)


def _complete(sandbox: "Sandbox", order: Order) -> None:
    _require(order, order.status == "FINALIZED" and order.shipment == _SHIPPED)
    order.status = "COMPLETED"
    _changed(sandbox, order, Event.COMPLETED)


def _cancel(sandbox: "Sandbox", order: Order) -> None:
    _require(order, order.status == "FINALIZED" and order.shipment != _SHIPPED)
    _give_back(sandbox, order)
    order.status = "CANCELED"
    if order.payment == "PAID":
        order.payment = "PENDING_REFUND"
    _changed(sandbox, order, Event.CANCELED)


def _expire(sandbox: "Sandbox", order: Order) -> None:
    """Let an unpaid order run out: MyShop says nothing of it."""
    _require(order, order.status == "FINALIZED" and order.payment == _UNPAID)
    _give_back(sandbox, order)
    order.status = "EXPIRED"
    _changed(sandbox, order, None)


def _give_back(sandbox: "Sandbox", order: Order) -> None:
    variant = _variant(sandbox, order)
    if variant is None:
        return
    if order.payment == _UNPAID:
        variant.reserved -= order.line.quantity
    else:
        variant.ready -= order.line.quantity


def _variant(sandbox: "Sandbox", order: Order) -> Variant | None:
    found = sandbox.line.by_inventory.get(order.line.inventory)
    return None if found is None else found[1]


def _require(order: Order, is_possible: bool) -> None:  # noqa: FBT001 - the claim itself
    if not is_possible:
        raise NotPossible(f"the order is {order.status}, {order.payment}, {order.shipment}")


def _changed(sandbox: "Sandbox", order: Order, event: Event | None) -> None:
    order.updated = sandbox.clock.now()
    sandbox.line.keep(order)
    if event is not None:
        tell(sandbox, order, event)


_ACTS: Final = {
    OrderAct.PAY: _pay,
    OrderAct.SHIP: _ship,
    OrderAct.CANCEL: _cancel,
    OrderAct.EXPIRE: _expire,
    OrderAct.COMPLETE: _complete,
}
