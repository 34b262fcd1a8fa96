"""How the market shows its listings and categories. Source: emarkets.md §14, §15 items 5, 13, 18."""

import base64
from typing import Any, Final

from adapters.testing.sandbox.accounts import MARKET_CATEGORIES
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.market.envelope import refused, success
from adapters.testing.sandbox.market.state import MarketItem, MarketVariant

PAGE_SIZE: Final = 50


async def by_sku(call: Call) -> Answer:
    """Find a listing by its seller code, whole and exact; none is an empty list."""
    item = call.sandbox.market.by_code.get((call.account, call.request.first("sku") or ""))
    found = [item] if item and item.searchable_at <= call.now else []
    return success({"items": [item_body(call, entry) for entry in found]})


async def list_changed(call: Call) -> Answer:
    """List the shop's items by id, 50 a page; ``cursor`` goes on, ``updated_after`` (unix seconds) narrows."""
    after = _cursor(call.request.first("cursor"))
    since = float(call.request.first("updated_after") or 0)
    now = call.now
    found = [
        item
        for item in call.sandbox.market.by_shop.get(call.account, {}).values()
        if int(item.item_id) > after and item.updated >= since and item.searchable_at <= now
    ]
    shown = found[:PAGE_SIZE]
    data: dict[str, Any] = {"items": [item_body(call, item) for item in shown]}
    if len(found) > PAGE_SIZE:
        data["next_cursor"] = base64.urlsafe_b64encode(shown[-1].item_id.encode()).decode()
    return success(data)


def _cursor(text: str | None) -> int:
    if not text:
        return 0
    try:
        return int(base64.urlsafe_b64decode(text))
    except ValueError:
        raise refused("4100", "cursor is not one of ours") from None


async def category_tree(_call: Call) -> Answer:
    """Answer with the categories: groups, and the leaves that listings stand in."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for code, number in MARKET_CATEGORIES.items():
        leaf = {"id": number, "code": code, "name_th": code, "name_en": code, "leaf": True}
        groups.setdefault(code.split(".")[0], []).append(leaf)
    tree = [
        {"id": 71 + n, "name_th": name, "name_en": name, "leaf": False, "children": leaves}
        for n, (name, leaves) in enumerate(groups.items())
    ]
    return success({"categories": tree})


def item_body(call: Call, item: MarketItem) -> dict[str, Any]:
    """Return an item as every call shows it."""
    return {
        "item_id": item.item_id,
        "sku": item.sku,
        "title": item.title,
        "description": item.description,
        "status": item.status,
        "reason": item.reason,
        "url": f"{call.request.origin}/market/shop/{item.shop}#{item.item_id}",
        "created_at": item.created,
        "updated_at": item.updated,
        "images": [f"{call.request.origin}/_pictures/{picture.sha}.jpg" for picture in item.images],
        "variants": [
            {
                "sku": variant.sku,
                "sku_id": variant.sku_id,
                "price": variant.price,
                "compare_at": variant.compare_at,
                **units_body(variant),
                "option_values": variant.option_values,
            }
            for variant in item.variants
        ],
    }


def units_body(variant: MarketVariant) -> dict[str, int]:
    """Return a variant's units as every call shows them."""
    return {"sellable": variant.sellable, "withheld": variant.withheld, "occupied": variant.occupied}
