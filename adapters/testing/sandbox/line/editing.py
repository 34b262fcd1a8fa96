"""Edits by hand in MyShop's back office; no event tells of them. Source: line.md §5 item 16."""

from typing import TYPE_CHECKING, Final

from adapters.testing.sandbox.deeds import Edit, NotPossible
from adapters.testing.sandbox.line.state import MAX_STOCK, Product, Variant

if TYPE_CHECKING:
    from adapters.testing.sandbox.sandbox import Sandbox

_DECIMALS: Final = 2


def edit(sandbox: "Sandbox", deed: Edit) -> None:
    """Change a product as its seller would.

    Raises:
        NotPossible: The shop has no such product, or a figure does not fit.
    """
    product = _product(sandbox, deed)
    variants = [one for one in product.variants if deed.sku in {None, one.sku}]
    changes = deed.changes
    if changes.price is not None:
        for variant in variants:
            variant.price = round(changes.price + product.discount, _DECIMALS)
    if changes.stock is not None:
        _set_stock(variants, changes.stock)
    if changes.text is not None:
        product.description = changes.text
    if changes.hidden is not None:
        product.displayed = not changes.hidden
    if changes.deleted:
        sandbox.line.remove(product)


def _product(sandbox: "Sandbox", deed: Edit) -> Product:
    if deed.external_id is not None:
        named = sandbox.line.products.get(int(deed.external_id)) if deed.external_id.isdecimal() else None
        found = [named] if named is not None and named.shop == deed.account else []
    else:
        found = list(sandbox.line.by_sku.get((deed.account, deed.sku or ""), {}).values())
    if not found:
        raise NotPossible("the shop has no such product")
    return found[0]


def _set_stock(variants: list[Variant], units: int) -> None:
    if any(units + one.reserved + one.ready > MAX_STOCK for one in variants):
        raise NotPossible(f"the shop holds at most {MAX_STOCK}")
    for variant in variants:
        variant.on_hand = units + variant.reserved + variant.ready
