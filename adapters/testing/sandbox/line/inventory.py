"""MyShop's stock calls, by inventory id. Source: line.md §1.9, §5 item 7."""

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.line import rules
from adapters.testing.sandbox.line.errors import bad_request, not_found
from adapters.testing.sandbox.line.show import stock_body
from adapters.testing.sandbox.line.state import MAX_STOCK, Product, Variant


def _find(call: Call) -> tuple[Product, Variant]:
    text = call.params["id"]
    found = call.sandbox.line.by_inventory.get(int(text)) if text.isdecimal() else None
    if found is None or found[0].shop != call.account:
        raise not_found("inventory")
    return found


def _amount(call: Call, lowest: int) -> int:
    body = call.request.body
    return rules.whole(body.get("amount") if isinstance(body, dict) else None, "amount", lowest, MAX_STOCK)


def _answer(call: Call, product: Product, variant: Variant) -> Answer:
    call.visible = product.displayed
    return Answer(200, stock_body(variant))


async def adjust(call: Call) -> Answer:
    """Set an absolute number: available by default, on hand when so switched (LINE does not say which)."""
    product, variant = _find(call)
    amount = _amount(call, 0)
    held = variant.reserved + variant.ready
    on_hand = amount if call.sandbox.options.line_adjust_sets_on_hand else amount + held
    if on_hand < held or on_hand > MAX_STOCK:
        raise bad_request("amount does not fit the held units", field="amount")
    variant.on_hand = on_hand
    return _answer(call, product, variant)


async def increase(call: Call) -> Answer:
    """Add units."""
    product, variant = _find(call)
    amount = _amount(call, 1)
    if variant.available + amount > MAX_STOCK:
        raise bad_request("available would be 100,000 or more", field="amount")
    variant.on_hand += amount
    return _answer(call, product, variant)


async def decrease(call: Call) -> Answer:
    """Take units away; no more than are available."""
    product, variant = _find(call)
    amount = _amount(call, 1)
    if amount > variant.available:
        raise bad_request("amount is more than available", field="amount")
    variant.on_hand -= amount
    return _answer(call, product, variant)
