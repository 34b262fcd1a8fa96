"""The market's batches: stock, price, hide; rows fail one by one. Source: emarkets.md §14, §15 items 3, 6, 8, 9."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.market import events, rules
from adapters.testing.sandbox.market.envelope import (
    ITEM_NOT_FOUND,
    LOCKED,
    RESERVED,
    SUMMARY,
    RowError,
    failure,
    refused,
    success,
)
from adapters.testing.sandbox.market.items import body_of
from adapters.testing.sandbox.market.reading import units_body
from adapters.testing.sandbox.market.state import MarketItem, MarketVariant

BATCH_MAX: Final = 20
HIDE_MAX: Final = 50
REVIEW_FROM_CHANGE: Final = Decimal("0.8")
"""A price that moves by 80 % goes back to review. Source: emarkets.md §4 (older API)."""


def _rows(call: Call, most: int) -> list[dict[str, Any]]:
    rows = body_of(call).get("items")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise refused("4100", "items takes a list of rows")
    if len(rows) > most:
        raise refused("BatchTooLarge", f"at most {most} rows in one call; nothing was done")
    return rows


async def set_stock(call: Call) -> Answer:
    """Set units per variant SKU, absolute: ``sellable``, or ``total`` with what orders hold; rows fail one by one.

    The answer shows each variant's units as they are then.
    """

    def apply(item: MarketItem, variant: MarketVariant, row: dict[str, Any]) -> RowError | None:
        wanted: Any = row.get("total" if "total" in row else "sellable")
        problem = next(rules.stock_problems(variant.sku, wanted), None)
        if problem:
            return problem
        sellable = wanted - variant.held if "total" in row else wanted
        if sellable < 0:
            return RowError(RESERVED, f"the total is below the {variant.held} units of orders", variant.sku)
        if item.locked and sellable < variant.sellable:
            return RowError(LOCKED, "stock cannot be lowered during a PROMOTION", variant.sku)
        variant.sellable = sellable
        return None

    return _each_variant(call, apply, units_body)


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
        return RowError(LOCKED, "price is locked by a PROMOTION", variant.sku)
    problem = next(rules.price_problems(variant.sku, row.get("price")), None)
    if problem is None and row.get("compare_at") is not None:
        problem = next(rules.price_problems(variant.sku, row["compare_at"]), None)
    if problem is None:
        # The spread is judged on the result of this row alone, as it stands among the item's other prices.
        prices = [row["price"] if other is variant else other.price for other in item.variants]
        problem = next(rules.spread_problems(prices), None)
    return problem


def _each_variant(
    call: Call,
    apply: Callable[[MarketItem, MarketVariant, dict[str, Any]], RowError | None],
    shown: Callable[[MarketVariant], dict[str, Any]] = lambda _variant: {},
) -> Answer:
    failed: list[RowError] = []
    done: list[dict[str, Any]] = []
    for row in _rows(call, BATCH_MAX):
        sku = str(row.get("sku"))
        found = call.sandbox.market.by_variant.get((call.account, sku))
        problem = apply(*found, row) if found else RowError(ITEM_NOT_FOUND, "no such sku in this shop", sku)
        if problem or not found:
            failed.append(problem or RowError(ITEM_NOT_FOUND, "no such sku in this shop", sku))
            continue
        found[0].updated = call.now
        call.visible = call.visible or found[0].status == "active"
        events.item_echoed(call.sandbox, found[0], events.EDITED)
        done.append({"sku": sku} | shown(found[1]))
    return _batch_answer(done, failed)


def _batch_answer(done: list[dict[str, Any]], failed: list[RowError]) -> Answer:
    if failed and not done:
        return failure(SUMMARY, "no row succeeded, see detail", failed)
    return success({"items": done}, failed)


async def hide(call: Call) -> Answer:
    """Take items off sale; one that is off sale already, or was refused, is answered with its own code."""
    failed: list[RowError] = []
    done: list[dict[str, Any]] = []
    for row in _rows(call, HIDE_MAX):
        item = call.sandbox.market.items.get(str(row.get("item_id")))
        if item is None or item.shop != call.account:
            failed.append(RowError(ITEM_NOT_FOUND, "no such item in this shop", str(row.get("item_id"))))
        elif item.status == "refused":
            failed.append(RowError("E0003", "a refused item cannot be hidden", item.sku))
        elif item.status == "hidden":
            failed.append(RowError("E0004", "the item is inactive already", item.sku))
        else:
            call.visible = call.visible or item.status == "active"
            item.status, item.updated = "hidden", call.now
            events.item_echoed(call.sandbox, item, events.EDITED)
            done.append({"item_id": item.item_id})
    return _batch_answer(done, failed)
