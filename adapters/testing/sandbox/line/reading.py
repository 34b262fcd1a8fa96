"""MyShop's list and look-up. Source: line.md §1.5, §5 item 6."""

import math
from typing import Final

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.line.errors import bad_request
from adapters.testing.sandbox.line.show import product_body
from adapters.testing.sandbox.line.state import Product

MAX_PER_PAGE: Final = 100
DEFAULT_PER_PAGE: Final = 25


async def list_products(call: Call) -> Answer:
    """List or look up products, hidden ones too; unknown ids and SKUs are simply absent."""
    per_page = query_number(call, "perPage", DEFAULT_PER_PAGE, MAX_PER_PAGE)
    page = query_number(call, "page", 1, 1_000_000)
    now = call.now
    found = [product for product in _asked(call) if product.searchable_at <= now]
    shown = found[(page - 1) * per_page : page * per_page]
    body = {
        "currentPage": page,
        "perPage": per_page,
        "totalPage": math.ceil(len(found) / per_page),
        "totalRow": len(found),
        "data": [product_body(call, product) for product in shown],
    }
    return Answer(200, body)


def _asked(call: Call) -> list[Product]:
    state, request = call.sandbox.line, call.request
    own = state.by_shop.get(call.account, {})
    ids, skus = request.every("ids"), request.every("skus")
    if ids and not all(number.isdecimal() for number in ids):
        raise bad_request("ids must be integers", field="ids")
    found = [own[int(number)] for number in dict.fromkeys(ids) if int(number) in own] if ids else None
    if not skus:
        return list(own.values()) if found is None else found
    by_sku: dict[int, Product] = {}
    for sku in skus:
        by_sku |= state.by_sku.get((call.account, sku), {})
    return [by_sku[number] for number in sorted(by_sku) if found is None or by_sku[number] in found]


def query_number(call: Call, name: str, default: int, highest: int) -> int:
    """Return a whole number of the query.

    Raises:
        Refused: It is none, or not from 1 to ``highest``.
    """
    text = call.request.first(name)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise bad_request(f"{name} must be from 1 to {highest}", field=name)
    return int(text)
