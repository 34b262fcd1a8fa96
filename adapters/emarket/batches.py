"""Price and stock rows of several listings in few calls, with every row's own outcome."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.base import Change
from adapters.emarket.client import MarketClient
from adapters.emarket.errors import AlreadyDone
from adapters.emarket.fields import ApiFields, at
from adapters.emarket.market import Capability, Market, OpName
from adapters.emarket.payloads import price_rows
from adapters.emarket.stock import StockRows
from adapters.emarket.units import Units, units_by_sku
from adapters.errors import ChannelError, Gone
from schemas.channel import Part
from schemas.ids import Sku
from schemas.listing import RemoteListing

Rows = Mapping[str, dict[str, Any]]
"""Rows by SKU."""
Refused = dict[str, ChannelError]
"""What was refused, by SKU."""
_MOST_WRITES = 3
"""A figure is written anew when the answer shows that it was too high: once as a rule, once more if a buyer came in between."""


@dataclass(slots=True)
class Sent:
    """What came of rows: those refused, and the units that the answers show, by SKU."""

    refused: Refused = field(default_factory=dict)
    shown: dict[str, Units] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one listing: an error, or the units for sale that the market showed afterwards."""

    error: ChannelError | None = None
    shows: Mapping[Sku, int] | None = None


class RowWriter:
    """Writes absolute price and stock rows.

    Args:
        client: Makes the calls.
        market: The market file.
        fields: Its field names.
        find: Reads the listings of a product code, to learn anew what orders hold.
    """

    def __init__(
        self,
        client: MarketClient,
        market: Market,
        fields: ApiFields,
        find: Callable[[str], Sequence[RemoteListing]],
    ) -> None:
        self._client = client
        self._market = market
        self._fields = fields
        self._find = find

    def write(self, changes: Sequence[Change]) -> list[Written]:
        """Write the price and stock parts of the changes; the answers stand in the same order.

        A call that fails as a whole is the answer of every listing that had a row in it, and of no other. A price that is
        refused keeps no stock from being written.
        """
        prices: dict[str, dict[str, Any]] = {}
        for change in changes:
            if Part.PRICE in change.parts:
                prices |= price_rows(change.rendition.body, self._fields)
        refused = self._send(OpName.PRICE, self._fields.price_rows, prices).refused
        stock = self._write_stock([change for change in changes if Part.STOCK in change.parts])
        return [
            Written(_worst(refused | stock.refused, change), _shows(stock.shown, change))
            for change in changes
        ]

    def _write_stock(self, changes: Sequence[Change]) -> Sent:
        """Write what is wanted; where the answer shows units of orders unknown to us, write so many fewer."""
        rows = StockRows(changes, self._fields)
        sent, left = Sent(), rows.wanted()
        for _ in range(_MOST_WRITES):
            answer = self._send(OpName.STOCK, self._fields.stock_rows, left)
            sent.shown |= answer.shown
            sent.refused = {
                sku: error for sku, error in sent.refused.items() if sku not in left
            } | answer.refused
            if Capability.RESERVED_STOCK not in self._market.capabilities:
                break
            left = rows.corrected(answer.shown, answer.refused, self._find)
            if not left:
                break
        return sent

    def _send(self, name: OpName, list_name: str, rows: Rows) -> Sent:
        sent = Sent()
        if not rows:
            return sent
        skus, size = list(rows), self._market.ops[name].batch_max
        for start in range(0, len(skus), size):
            batch = skus[start : start + size]
            try:
                answer = self._client.call(name, {list_name: [rows[sku] for sku in batch]})
            except ChannelError as exc:
                sent.refused |= dict.fromkeys(batch, exc)
            else:
                sent.refused |= self._refused_rows(answer.failed, batch)
                shown = units_by_sku(
                    at(answer.body, self._fields.reads.stock_rows), self._fields.reads, self._market.id
                )
                sent.shown |= {sku: units for sku, units in shown.items() if sku in batch}
        return sent

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


def _shows(shown: Mapping[str, Units], change: Change) -> Mapping[Sku, int] | None:
    units = {Sku(sku): shown[sku].available for sku in change.rendition.body["available"] if sku in shown}
    return units or None
