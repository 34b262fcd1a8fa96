"""The market's listing calls. Source: emarkets.md §14, §15 items 3, 5, 6, 8-10, 13, 18."""

from typing import Any

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.market import events, rules
from adapters.testing.sandbox.market.envelope import (
    ITEM_NOT_FOUND,
    LOCKED,
    RowError,
    refused,
    refused_rows,
    success,
)
from adapters.testing.sandbox.market.images import hosted_pictures
from adapters.testing.sandbox.market.reading import item_body
from adapters.testing.sandbox.market.state import MarketItem, MarketOption, MarketVariant, Status


def body_of(call: Call) -> dict[str, Any]:
    """Return the request's JSON object.

    Raises:
        Refused: It is none.
    """
    if not isinstance(call.request.body, dict):
        raise refused("4100", "the request body must be a JSON object")
    return call.request.body


async def create(call: Call) -> Answer:
    """Create a listing; a seller code that exists is refused."""
    body = body_of(call)
    problems = rules.problems_of(body)
    if problems:
        raise refused_rows(problems)
    images = hosted_pictures(call, body.get("images"))
    _check_codes_free(call, body)
    state = call.sandbox.market
    item = MarketItem(
        item_id=str(state.next()),
        shop=call.account,
        sku=body["sku"],
        title=body["title"],
        description=body["description"],
        category_id=body["category_id"],
        images=images,
        options=_options(body),
        variants=[_variant(call, entry, None) for entry in body["variants"]],
        status=_status(call, body.get("status", "active")),
        created=call.now,
        updated=call.now,
        searchable_at=call.searchable_at,
        brand=str(body.get("brand") or ""),
    )
    state.add(item)
    call.visible = item.status == "active"
    events.item_echoed(call.sandbox, item, events.CREATED)
    return success(item_body(call, item))


def _check_codes_free(call: Call, body: dict[str, Any], own: MarketItem | None = None) -> None:
    state = call.sandbox.market
    holder = state.by_code.get((call.account, body["sku"]))
    if holder is not None and holder is not own:
        raise refused_rows([RowError("4141", "the seller code exists", body["sku"], "sku")])
    for entry in body["variants"]:
        taken = state.by_variant.get((call.account, entry["sku"]))
        if taken is not None and taken[0] is not own:
            raise refused_rows([RowError("4105", "the seller SKU exists", entry["sku"], "sku")])


def _options(body: dict[str, Any]) -> list[MarketOption]:
    return [MarketOption(option["name"], list(option["values"])) for option in body.get("options") or []]


def _variant(call: Call, entry: dict[str, Any], old: MarketVariant | None) -> MarketVariant:
    return MarketVariant(
        sku=entry["sku"],
        sku_id=old.sku_id if old else str(call.sandbox.market.next()),
        price=entry["price"],
        compare_at=entry.get("compare_at"),
        sellable=entry["stock"],
        weight_g=entry["weight_g"],
        option_values=list(entry.get("option_values") or []),
        parcel_cm=entry.get("parcel_cm"),
        gtin=entry.get("gtin"),
        fda_no=entry.get("fda_no"),
        withheld=old.withheld if old else 0,
        occupied=old.occupied if old else 0,
    )


def _status(call: Call, wanted: Status) -> Status:
    return "pending" if wanted == "active" and call.sandbox.options.market_moderation else wanted


async def update(call: Call) -> Answer:
    """Change what is given of a listing, found by ``item_id`` or by the seller code ``sku``."""
    body = body_of(call)
    item = _wanted(call, body)
    merged = _as_body(item) | {name: value for name, value in body.items() if name != "images"}
    problems = rules.problems_of(merged)
    if problems:
        raise refused_rows(problems)
    images = hosted_pictures(call, body["images"]) if "images" in body else item.images
    _check_codes_free(call, merged, own=item)
    _check_lock(item, merged)
    was_active = item.status == "active"
    _apply(call, item, body, merged)
    item.images, item.updated = images, call.now
    call.visible = was_active or item.status == "active"
    events.item_echoed(call.sandbox, item, events.EDITED)
    return success(item_body(call, item))


def _apply(call: Call, item: MarketItem, body: dict[str, Any], merged: dict[str, Any]) -> None:
    item.title, item.description = merged["title"], merged["description"]
    item.category_id, item.brand = merged["category_id"], str(merged.get("brand") or "")
    item.options = _options(merged)
    if "variants" in body:
        old = {variant.sku: variant for variant in item.variants}
        fresh = [_variant(call, entry, old.get(entry["sku"])) for entry in merged["variants"]]
        call.sandbox.market.replace_variants(item, fresh)
    if "status" in body and not (body["status"] == "active" and item.status in {"active", "pending"}):
        item.status = _status(call, body["status"])


def _as_body(item: MarketItem) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "title": item.title,
        "description": item.description,
        "category_id": item.category_id,
        "brand": item.brand,
        "options": [{"name": option.name, "values": option.values} for option in item.options],
        "variants": [
            {
                "sku": variant.sku,
                "price": variant.price,
                "stock": variant.sellable,
                "weight_g": variant.weight_g,
                "option_values": variant.option_values,
                "parcel_cm": variant.parcel_cm,
            }
            for variant in item.variants
        ],
    }


def _check_lock(item: MarketItem, merged: dict[str, Any]) -> None:
    if not item.locked:
        return
    prices = {variant.sku: variant.price for variant in item.variants}
    changed = [entry for entry in merged["variants"] if prices.get(entry["sku"]) != entry["price"]]
    if changed or merged["title"] != item.title:
        raise refused_rows([RowError(LOCKED, "locked by a PROMOTION", item.sku)])


def _wanted(call: Call, body: dict[str, Any]) -> MarketItem:
    state = call.sandbox.market
    if body.get("item_id"):
        item = state.items.get(str(body["item_id"]))
    else:
        item = state.by_code.get((call.account, str(body.get("sku"))))
    if item is None or item.shop != call.account:
        raise refused(ITEM_NOT_FOUND, "no such item in this shop")
    return item


async def delete(call: Call) -> Answer:
    """Delete an item."""
    item = _wanted(call, {"item_id": str(body_of(call).get("item_id") or "none")})
    call.visible = item.status == "active"
    call.sandbox.market.remove(item)
    events.item_echoed(call.sandbox, item, events.DELETED)
    return success({"item_id": item.item_id})
