"""The orders of an API market, page by page."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.base import Clock
from adapters.emarket.client import MarketClient
from adapters.emarket.market import Market, OpName
from adapters.emarket.order_rows import orders_of, rows_by_order, write_time
from adapters.emarket.order_window import Position, Windows, WindowTooFull
from adapters.emarket.ordering import OrderFields
from adapters.errors import Transient
from adapters.orders import OrderPage


class OrderReader:
    """Asks for orders by the time they changed, and knows where to go on."""

    def __init__(self, client: MarketClient, market: Market, fields: OrderFields, clock: Clock) -> None:
        page = market.ops[OpName.ORDERS].page
        # The market file was refused when it was loaded unless its orders have pages.
        assert page is not None  # noqa: S101 - narrows the type only
        self._client = client
        self._market = market
        self._fields = fields
        self._clock = clock
        self._windows = Windows(
            page=page,
            overlap=timedelta(seconds=market.orders.overlap_s),
            oldest_first=fields.query.oldest_first,
        )

    def page(self, cursor: Mapping[str, Any] | None, since: datetime) -> OrderPage:
        """Read one page. Raises as ``OrderingAdapter.orders``."""
        now = self._clock.now()
        asked = Position(after=since) if cursor is None else Position.from_json(cursor)
        position = self._windows.opened(asked, now)
        body = self._client.call(OpName.ORDERS, self._query(position)).body
        try:
            orders = orders_of(body, self._fields, self._rows)
            following, has_more = self._windows.following(position, orders, now)
        except ValueError as exc:
            # Nothing may be lost: the same page is asked for again until its shape is known.
            raise Transient(
                f"market {self._market.id}: {exc}",
                vendor_code="unreadable_order",
                unlisted_in=f"{self._market.id}.yaml",
            ) from exc
        except WindowTooFull as exc:
            raise Transient(
                f"market {self._market.id} has more orders of one moment than its pages reach"
            ) from exc
        return OrderPage(orders=orders, cursor=following.as_json(), has_more=has_more)

    def _rows(self, references: Sequence[str]) -> dict[str, Any]:
        """Ask for the rows of orders, in as few calls as the market allows."""
        detail = self._fields.detail
        # Only asked where the field file has one, and the files were refused when they were loaded unless it has its operation.
        assert detail is not None  # noqa: S101 - narrows the type only
        found: dict[str, Any] = {}
        size = self._market.ops[OpName.ORDER_DETAIL].batch_max
        for start in range(0, len(references), size):
            batch = references[start : start + size]
            written = ",".join(batch) if detail.written == "commas" else json.dumps(batch)
            found |= rows_by_order(self._client.call(OpName.ORDER_DETAIL, {detail.ids: written}).body, detail)
        return found

    def _query(self, position: Position) -> dict[str, Any]:
        names = self._fields.query
        query: dict[str, Any] = dict(names.fixed)
        query[names.after] = write_time(position.after, self._fields)
        if names.before is not None and position.before is not None:
            query[names.before] = write_time(position.before, self._fields)
        if names.limit is not None:
            query[names.limit] = self._windows.page.size
        if position.offset:
            query[names.offset] = position.offset
        return query
