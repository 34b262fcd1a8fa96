"""Price and stock rows of several listings in few calls, with every row's own outcome."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.base import Change
from adapters.emarket.client import MarketClient
from adapters.emarket.errors import AlreadyDone
from adapters.emarket.fields import ApiFields, at
from adapters.emarket.market import Market, OpName
from adapters.emarket.payloads import price_rows, stock_rows
from adapters.errors import ChannelError, Gone
from schemas.channel import Part

Rows = Mapping[str, dict[str, Any]]
"""Rows by SKU."""
Refused = dict[str, ChannelError]
"""What was refused, by SKU."""


class RowWriter:
    """Writes absolute price and stock rows."""

    def __init__(self, client: MarketClient, market: Market, fields: ApiFields) -> None:
        self._client = client
        self._market = market
        self._fields = fields

    def write(self, changes: Sequence[Change]) -> list[ChannelError | None]:
        """Write the price and stock parts of the changes; the answers stand in the same order, None is success.

        A call that fails as a whole is the answer of every listing that had a row in it, and of no other.
        """
        refused: Refused = {}
        refused |= self._send(OpName.PRICE, self._fields.price_rows, self._rows_of(changes, Part.PRICE))
        refused |= self._send(OpName.STOCK, self._fields.stock_rows, self._rows_of(changes, Part.STOCK))
        return [_worst(refused, change) for change in changes]

    def _rows_of(self, changes: Sequence[Change], part: Part) -> Rows:
        build = price_rows if part is Part.PRICE else stock_rows
        rows: dict[str, dict[str, Any]] = {}
        for change in changes:
            if part in change.parts:
                rows |= build(change.rendition.body, self._fields)
        return rows

    def _send(self, name: OpName, list_name: str, rows: Rows) -> Refused:
        if not rows:
            return {}
        skus, size = list(rows), self._market.ops[name].batch_max
        refused: Refused = {}
        for start in range(0, len(skus), size):
            batch = skus[start : start + size]
            try:
                answer = self._client.call(name, {list_name: [rows[sku] for sku in batch]})
            except ChannelError as exc:
                refused |= dict.fromkeys(batch, exc)
            else:
                refused |= self._refused_rows(answer.failed, batch)
        return refused

    def _refused_rows(self, failed: Sequence[Any], batch: Sequence[str]) -> Refused:
        """Return what was refused of the batch; a row that names none of its SKUs may be about any of them."""
        reads = self._fields.reads
        errors: Refused = {}
        for row in failed:
            error = self._client.refused_row(at(row, reads.failed_code), at(row, reads.failed_message))
            sku = str(at(row, reads.failed_sku))
            named = [sku] if sku in batch else [other for other in batch if other not in errors]
            errors |= dict.fromkeys(named, error)
        return {sku: error for sku, error in errors.items() if not isinstance(error, AlreadyDone)}


def _worst(refused: Refused, change: Change) -> ChannelError | None:
    """Return what stands for the listing: a vanished listing first, else the first refused row."""
    errors = [refused[sku] for sku in change.rendition.body["available"] if sku in refused]
    gone = [error for error in errors if isinstance(error, Gone)]
    return next(iter([*gone, *errors]), None)
