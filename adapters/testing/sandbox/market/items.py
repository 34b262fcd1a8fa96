"""The market's listing calls. Source: emarkets.md §14, §15 items 3, 5, 6, 8-10, 13, 18."""

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from adapters.testing.sandbox.accounts import MARKET_CATEGORIES
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.market import rules
from adapters.testing.sandbox.market.envelope import (
    SUMMARY,
    RowError,
    failure,
    refused,
    refused_rows,
    success,
)
from adapters.testing.sandbox.market.images import hosted_pictures
from adapters.testing.sandbox.market.state import MarketItem, MarketOption, MarketVariant, Status

BATCH_MAX: Final = 20
HIDE_MAX: Final = 50
PAGE_SIZE: Final = 50
REVIEW_FROM_CHANGE: Final = Decimal("0.8")
"""A price that moves by 80 % goes back to review. Source: emarkets.md §4 (older API)."""
_NOT_FOUND: Final = "ITEM_NOT_FOUND"
_LOCKED: Final = "4170"


def _body(call: Call) -> dict[str, Any]:
    if not isinstance(call.request.body, dict):
        raise refused("4100", "the request body must be a JSON object")
    return call.request.body


def _rows(call: Call, most: int) -> list[dict[str, Any]]:
    rows = _body(call).get("items")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise refused("4100", "items takes a list of rows")
    if len(rows) > most:
        raise refused("BatchTooLarge", f"at most {most} rows in one call; nothing was done")
    return rows


async def create(call: Call) -> Answer:
    """Create a listing; a seller code that exists is refused."""
    body = _body(call)
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
    return success(_shown(call, item))


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
    body = _body(call)
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
    return success(_shown(call, item))


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
        raise refused_rows([RowError(_LOCKED, "locked by a PROMOTION", item.sku)])


def _wanted(call: Call, body: dict[str, Any]) -> MarketItem:
    state = call.sandbox.market
    if body.get("item_id"):
        item = state.items.get(str(body["item_id"]))
    else:
        item = state.by_code.get((call.account, str(body.get("sku"))))
    if item is None or item.shop != call.account:
        raise refused(_NOT_FOUND, "no such item in this shop")
    return item


async def set_stock(call: Call) -> Answer:
    """Set absolute sellable units per variant SKU; rows fail one by one."""

    def apply(item: MarketItem, variant: MarketVariant, row: dict[str, Any]) -> RowError | None:
        problem = next(rules.stock_problems(variant.sku, row.get("sellable")), None)
        if problem:
            return problem
        if item.locked and row["sellable"] < variant.sellable:
            return RowError(_LOCKED, "stock cannot be lowered during a PROMOTION", variant.sku)
        variant.sellable = row["sellable"]
        return None

    return _each_variant(call, apply)


async def set_price(call: Call) -> Answer:
    """Set prices per variant SKU; rows fail one by one."""

    def apply(item: MarketItem, variant: MarketVariant, row: dict[str, Any]) -> RowError | None:
        problem = _price_problem(item, variant, row)
        if problem:
            return problem
        change = abs(Decimal(row["price"]) / Decimal(variant.price) - 1)
        variant.price, variant.compare_at = row["price"], row.get("compare_at")
        if (
            call.sandbox.options.market_moderation
            and change >= REVIEW_FROM_CHANGE
            and item.status == "active"
        ):
            item.status = "pending"
        return None

    return _each_variant(call, apply)


def _price_problem(item: MarketItem, variant: MarketVariant, row: dict[str, Any]) -> RowError | None:
    if item.locked:
        return RowError(_LOCKED, "price is locked by a PROMOTION", variant.sku)
    problem = next(rules.price_problems(variant.sku, row.get("price")), None)
    if problem is None and row.get("compare_at") is not None:
        problem = next(rules.price_problems(variant.sku, row["compare_at"]), None)
    if problem is None:
        # The spread is judged on the result of this row alone, as it stands among the item's other prices.
        prices = [row["price"] if other is variant else other.price for other in item.variants]
        problem = next(rules.spread_problems(prices), None)
    return problem


def _each_variant(
    call: Call, apply: Callable[[MarketItem, MarketVariant, dict[str, Any]], RowError | None]
) -> Answer:
    failed, done = [], []
    for row in _rows(call, BATCH_MAX):
        sku = str(row.get("sku"))
        found = call.sandbox.market.by_variant.get((call.account, sku))
        problem = apply(*found, row) if found else RowError(_NOT_FOUND, "no such sku in this shop", sku)
        if problem or not found:
            failed.append(problem or RowError(_NOT_FOUND, "no such sku in this shop", sku))
            continue
        found[0].updated = call.now
        call.visible = call.visible or found[0].status == "active"
        done.append({"sku": sku})
    return _batch_answer(done, failed)


def _batch_answer(done: list[dict[str, str]], failed: list[RowError]) -> Answer:
    if failed and not done:
        return failure(SUMMARY, "no row succeeded, see detail", failed)
    return success({"items": done}, failed)


async def hide(call: Call) -> Answer:
    """Take items off sale; hiding a hidden one changes nothing, a refused one cannot be hidden."""
    failed, done = [], []
    for row in _rows(call, HIDE_MAX):
        item = call.sandbox.market.items.get(str(row.get("item_id")))
        if item is None or item.shop != call.account:
            failed.append(RowError(_NOT_FOUND, "no such item in this shop", str(row.get("item_id"))))
        elif item.status == "refused":
            failed.append(RowError("E0003", "a refused item cannot be hidden", item.sku))
        else:
            call.visible = call.visible or item.status == "active"
            item.status, item.updated = "hidden", call.now
            done.append({"item_id": item.item_id})
    return _batch_answer(done, failed)


async def delete(call: Call) -> Answer:
    """Delete an item."""
    item = _wanted(call, {"item_id": str(_body(call).get("item_id") or "none")})
    call.visible = item.status == "active"
    call.sandbox.market.remove(item)
    return success({"item_id": item.item_id})


async def by_sku(call: Call) -> Answer:
    """Find a listing by its seller code, whole and exact; none is an empty list."""
    item = call.sandbox.market.by_code.get((call.account, call.request.first("sku") or ""))
    found = [item] if item and item.searchable_at <= call.now else []
    return success({"items": [_shown(call, entry) for entry in found]})


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
    data: dict[str, Any] = {"items": [_shown(call, item) for item in shown]}
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


def _shown(call: Call, item: MarketItem) -> dict[str, Any]:
    return {
        "item_id": item.item_id,
        "sku": item.sku,
        "title": item.title,
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
                "sellable": variant.sellable,
                "withheld": variant.withheld,
                "occupied": variant.occupied,
                "option_values": variant.option_values,
            }
            for variant in item.variants
        ],
    }
