"""The market's back office: what a seller changes there by hand. Source: emarkets.md §15.16."""

from collections.abc import Mapping
from typing import Any

from adapters.testing.sandbox.deeds import NotPossible
from adapters.testing.sandbox.market import events
from adapters.testing.sandbox.market.state import MarketItem, MarketVariant
from adapters.testing.sandbox.sandbox import Sandbox


def edit(sandbox: Sandbox, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Change a listing, found by its id or its product code (``listing``), and tell of it.

    ``price`` (baht), ``stock`` (units for sale) and ``sku`` for one variant, else for all; ``title``, ``text`` (the
    description), ``hidden`` (false shows it again), ``deleted``.

    Raises:
        NotPossible: There is no such listing, or no such variant.
    """
    item = _wanted(sandbox, str(asked["account"]), str(asked["listing"]))
    if asked.get("deleted"):
        sandbox.market.remove(item)
        events.item_changed(sandbox, item, events.DELETED)
    else:
        _apply(item, asked)
        item.updated = sandbox.clock.now()
        events.item_changed(sandbox, item, events.EDITED)
    sandbox.changed()
    return {"listing": item.item_id}


def _wanted(sandbox: Sandbox, shop: str, name: str) -> MarketItem:
    state = sandbox.market
    item = state.items.get(name) or state.by_code.get((shop, name))
    if item is None or item.shop != shop:
        raise NotPossible(f"there is no listing {name} in {shop}")
    return item


def _apply(item: MarketItem, asked: Mapping[str, Any]) -> None:
    for variant in _variants(item, asked.get("sku")):
        if asked.get("price") is not None:
            variant.price = str(asked["price"])
        if asked.get("stock") is not None:
            variant.sellable = int(asked["stock"])
    item.title = str(asked.get("title") or item.title)
    item.description = str(asked.get("text") or item.description)
    if asked.get("hidden") is not None:
        item.status = "hidden" if asked["hidden"] else "active"


def _variants(item: MarketItem, sku: Any) -> list[MarketVariant]:
    chosen = [variant for variant in item.variants if sku in {None, variant.sku}]
    if not chosen:
        raise NotPossible(f"listing {item.item_id} has no variant {sku}")
    return chosen
