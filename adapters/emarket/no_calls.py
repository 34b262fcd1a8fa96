from collections.abc import Sequence
from datetime import datetime

from adapters.base import Change
from adapters.emarket.base_adapter import MarketAdapter
from schemas.channel import Verb
from schemas.listing import ListingRef, Marker, Pending, Receipt, RemoteListing


class MarketWithoutCalls(MarketAdapter):
    """The verbs that a market we cannot call does not have; each raises ``Unsupported``."""

    def check(self) -> None:
        """Nothing to ask: there is no credential that could stop working."""

    def update(self, change: Change) -> Receipt:
        """Not a verb of this market.

        Raises:
            Unsupported: Always.
        """
        raise self._unsupported(Verb.UPDATE, change.ref.external_id)

    def set_stock(self, change: Change) -> Receipt:
        """Not a verb of this market.

        Raises:
            Unsupported: Always.
        """
        raise self._unsupported(Verb.SET_STOCK, change.ref.external_id)

    def withdraw(self, ref: ListingRef) -> None:
        """Not a verb of this market.

        Raises:
            Unsupported: Always.
        """
        raise self._unsupported(Verb.WITHDRAW, ref.external_id)

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        """Not a verb of this market.

        Raises:
            Unsupported: Always.
        """
        raise self._unsupported(Verb.FETCH, ref.external_id)

    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        """Not a verb of this market.

        Raises:
            Unsupported: Always.
        """
        del since, pending
        raise self._unsupported(Verb.FIND, marker.sku)
