"""What people do at the market, in the words that are the same for all channels."""

from adapters.testing.sandbox.deeds import Bought, Edit, NotPossible, OrderDeed, Purchase
from adapters.testing.sandbox.market import editing, orders
from adapters.testing.sandbox.sandbox import Sandbox

_OF_UNITS = "_units"


def buy(sandbox: Sandbox, purchase: Purchase) -> Bought:
    """Let a buyer order something. The market knows no lines, only a row for each unit; its line is the code.

    Raises:
        NotPossible: It is not on sale, or too little is left.
    """
    order = orders.place(sandbox, purchase.account, {purchase.sku: purchase.quantity}, is_paid=purchase.pay)
    return Bought(order=order.order_id, line=purchase.sku, rows=tuple(row.row_id for row in order.rows))


def act(sandbox: Sandbox, deed: OrderDeed) -> None:
    """Let something happen to an order, or to some of its units.

    Raises:
        NotPossible: There is no such order, or it is past that.
        ValueError: How many units is not said where it must be.
    """
    order = sandbox.market.orders.get(deed.order)
    if order is None or order.shop != deed.account:
        raise NotPossible(f"there is no order {deed.order} in {deed.account}")
    if deed.act.value.endswith(_OF_UNITS) and deed.units is None:
        raise ValueError(f"{deed.act.value} needs units")
    orders.act(sandbox, order, deed.act.value.removesuffix(_OF_UNITS), line=deed.line, units=deed.units)


def edit(sandbox: Sandbox, deed: Edit) -> None:
    """Let a person edit a listing, found by its id, its product code or the code of a variant.

    Raises:
        NotPossible: There is no such listing.
    """
    found = sandbox.market.by_variant.get((deed.account, deed.sku or ""))
    name = deed.external_id or (deed.sku if found is None else found[0].item_id)
    changes = deed.changes
    editing.edit(
        sandbox,
        {
            "account": deed.account,
            "listing": name,
            "sku": None if found is None or len(found[0].variants) == 1 else deed.sku,
            "price": None if changes.price is None else f"{changes.price:.2f}",
            "stock": changes.stock,
            "text": changes.text,
            "hidden": changes.hidden,
            "deleted": changes.deleted,
        },
    )
