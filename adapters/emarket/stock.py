"""Rows of stock that never release units which were sold at the market already."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from adapters.base import Change
from adapters.emarket.errors import StockReserved
from adapters.emarket.fields import ApiFields
from adapters.emarket.payloads import stock_row
from adapters.emarket.units import Units
from adapters.errors import ChannelError
from schemas.listing import RemoteListing

Rows = dict[str, dict[str, Any]]
"""Rows by SKU."""


class StockRows:
    """The stock of several listings: as it is wanted, and as it must be once the market has shown what its orders hold."""

    def __init__(self, changes: Sequence[Change], fields: ApiFields) -> None:
        self._fields = fields
        self._change_of = {sku: change for change in changes for sku in change.rendition.body["available"]}
        self._conflicts: set[str] = set()

    def wanted(self) -> Rows:
        """Return the rows as the ledger wants them."""
        return {sku: self._row(sku, self._wanted(sku), self._known(sku)) for sku in self._change_of}

    def corrected(
        self,
        shown: Mapping[str, Units],
        refused: Mapping[str, ChannelError],
        find: Callable[[str], Sequence[RemoteListing]],
    ) -> Rows:
        """Return the rows that must be written again, lower.

        Args:
            shown: What the market shows after the rows were written.
            refused: Rows refused; one refused for what orders hold is read anew and tried once more.
            find: Reads the listings of a product code.
        """
        conflicts = {
            sku
            for sku, error in refused.items()
            if isinstance(error, StockReserved) and sku not in self._conflicts
        }
        self._conflicts |= conflicts
        rows = {
            sku: self._row_for(sku, units)
            for sku, units in shown.items()
            if sku not in refused and units.available > units.may_sell(self._wanted(sku), self._known(sku))
        }
        return rows | {
            sku: self._row_for(sku, units) for sku, units in self._read_anew(conflicts, find).items()
        }

    def _read_anew(self, skus: set[str], find: Callable[[str], Sequence[RemoteListing]]) -> dict[str, Units]:
        found: dict[str, Units] = {}
        for code in sorted({self._change_of[sku].ref.marker.sku for sku in skus}):
            # Where it cannot be read now, the refusal stands, and the step is tried again later.
            with suppress(ChannelError):
                for listing in find(code):
                    held, available = listing.seen["held"], listing.seen["available"]
                    found |= {sku: Units(units, held.get(sku)) for sku, units in available.items()}
        return {sku: units for sku, units in found.items() if sku in skus}

    def _row_for(self, sku: str, units: Units) -> dict[str, Any]:
        may_sell = units.may_sell(self._wanted(sku), self._known(sku))
        return self._row(sku, may_sell, units.held or 0)

    def _row(self, sku: str, available: int, held: int) -> dict[str, Any]:
        return stock_row(
            self._change_of[sku].rendition.body, sku, self._fields, available=available, held=held
        )

    def _wanted(self, sku: str) -> int:
        units: int = self._change_of[sku].rendition.body["available"][sku]
        return units

    def _known(self, sku: str) -> int:
        units: int = self._change_of[sku].rendition.body.get("held", {}).get(sku, 0)
        return units
