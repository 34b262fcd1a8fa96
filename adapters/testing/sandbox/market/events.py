"""What the market tells by webhook. Source: emarkets.md §4.4, §15.14."""

import json
from typing import Any, Final

from adapters.testing.sandbox.accounts import EMARKET
from adapters.testing.sandbox.market.order_state import MarketOrder, OrderRow
from adapters.testing.sandbox.market.state import MarketItem
from adapters.testing.sandbox.sandbox import Sandbox

ORDER: Final = 0
CREATED: Final = 3
EDITED: Final = 4
DELETED: Final = 5
_SITE: Final = "sandbox_th"


def order_changed(sandbox: Sandbox, order: MarketOrder, row: OrderRow) -> None:
    """Tell that one unit of an order changed; the event names it and says nothing of stock."""
    data = {
        "order_status": row.status,
        "trade_order_id": order.order_id,
        "trade_order_line_id": row.row_id,
        "status_update_time": int(row.changed),
    }
    _send(sandbox, order.shop, ORDER, data)


def item_changed(sandbox: Sandbox, item: MarketItem, message_type: int) -> None:
    """Tell that a listing was created, edited or deleted."""
    data = {"item_id": item.item_id, "update_time": int(sandbox.clock.now() * 1000)}
    _send(sandbox, item.shop, message_type, data)


def item_echoed(sandbox: Sandbox, item: MarketItem, message_type: int) -> None:
    """Tell of a change that was made through the interface, where the market is switched to do that."""
    if sandbox.options.market_echo:
        item_changed(sandbox, item, message_type)


def _send(sandbox: Sandbox, shop: str, message_type: int, data: dict[str, Any]) -> None:
    if not sandbox.hooks.has(EMARKET, shop):
        return
    now = sandbox.clock.now()
    body = {
        "seller_id": shop,
        "message_type": message_type,
        "data": data,
        "timestamp": int(now * 1000),
        "site": _SITE,
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    sandbox.hooks.send(EMARKET, shop, text.encode(), now=now)
