"""What an API market offers beside the verbs, each only where its file declares it: its orders, and its listings page by page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.base import AdapterContext
from adapters.emarket.api_adapter import ApiMarketAdapter
from adapters.emarket.fields import ApiFields, at
from adapters.emarket.loading import LoadedMarket
from adapters.emarket.market import Capability, OpName
from adapters.emarket.observing import differences_of
from adapters.emarket.orders import OrderReader
from adapters.emarket.reading import every_listing
from adapters.errors import Transient
from adapters.observing import Difference, ListingPage
from adapters.orders import OrderPage
from schemas.channel import Part
from schemas.listing import RemoteListing, Rendition

_GO_ON: Final = "next"


class OrderingMarketAdapter(ApiMarketAdapter):
    """A market whose orders can be asked for (capability ``orders``)."""

    @property
    def order_interval(self) -> timedelta:
        """The least time between two polls, from the market file."""
        return timedelta(seconds=self.market.orders.interval_s)

    def orders(self, cursor: Mapping[str, Any] | None, *, since: datetime) -> OrderPage:
        """Read the next page of orders that changed; units of one variant come as one line.

        Raises:
            ChannelError: As any read. ``Transient`` also where an order cannot be read: it is asked for again, never skipped.
        """
        fields = self._fields.orders
        # The market's files were refused when they were loaded unless they say how orders are read.
        assert fields is not None  # noqa: S101 - narrows the type only
        return OrderReader(self._client, self.market, fields, self._context.clock).page(cursor, since)


class ObservedMarketAdapter(ApiMarketAdapter):
    """A market whose listings can be read page by page (capability ``list_changed``)."""

    def browse(self, cursor: Mapping[str, Any] | None) -> ListingPage:
        """Read the next page of the shop's listings, in one call.

        Raises:
            ChannelError: As any read.
        """
        query = {} if cursor is None else {self._fields.cursor_query: cursor[_GO_ON]}
        body = self._client.call(OpName.LIST_CHANGED, query).body
        found = every_listing(body, self._fields, self.market.id)
        if found is None:
            raise Transient(f"market {self.market.id} answered a list of listings without the list")
        following = at(body, self._fields.reads.next_cursor)
        return ListingPage(
            listings=found, cursor={_GO_ON: following} if isinstance(following, str) and following else None
        )

    def differences(self, rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
        """Compare text, prices and stock, as far as the market shows them; that it is hidden is no difference here."""
        return differences_of(rendition, remote)


class WholeMarketAdapter(OrderingMarketAdapter, ObservedMarketAdapter):
    """A market with orders whose listings can be read page by page."""


def api_adapter(context: AdapterContext, loaded: LoadedMarket, fields: ApiFields) -> ApiMarketAdapter:
    """Make the adapter that offers what the market file declares, and no more."""
    can = loaded.market.capabilities
    made: Final[Mapping[tuple[bool, bool], type[ApiMarketAdapter]]] = {
        (False, False): ApiMarketAdapter,
        (True, False): OrderingMarketAdapter,
        (False, True): ObservedMarketAdapter,
        (True, True): WholeMarketAdapter,
    }
    return made[Capability.ORDERS in can, Capability.LIST_CHANGED in can](context, loaded, fields)
