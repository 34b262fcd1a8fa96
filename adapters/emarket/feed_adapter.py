from collections.abc import Mapping, Sequence
from datetime import timedelta

from adapters.base import AdapterContext, Capabilities, FeedFile, StockMode
from adapters.emarket.feed import build_feed, row_of
from adapters.emarket.loading import LoadedMarket
from adapters.emarket.market import Feed
from adapters.emarket.no_calls import MarketWithoutCalls
from schemas.channel import Part, Verb
from schemas.ids import Sku
from schemas.listing import Marker, Offer, Pending, Receipt, Rendition
from schemas.product import Product


class FeedMarketAdapter(MarketWithoutCalls):
    """A market that reads our file. The file holds every current listing, so the core writes it, not one publish.

    Args:
        context: What every adapter gets.
        loaded: The market's files.
        link: Address of a product on the seller's own pages; None means the one of the market file.

    Raises:
        ValueError: The file has a column for the link and nobody says where it leads.
    """

    def __init__(self, context: AdapterContext, loaded: LoadedMarket, *, link: str | None = None) -> None:
        super().__init__(context, loaded)
        self._link = link or self._feed.link
        if self._link is None and any(column.product == "link" for column in loaded.fields.columns):
            raise ValueError(
                f"market {self.market.id} wants the address of every product; set it for the account, with {{sku}} in "
                "the place of the product's code: link=https://shop.example.com/p/{sku}"
            )

    @property
    def capabilities(self) -> Capabilities:
        """Everything goes into the next file, so every part can change."""
        return Capabilities(
            verbs=frozenset({Verb.PUBLISH, Verb.UPDATE, Verb.SET_STOCK, Verb.WITHDRAW}),
            editable=frozenset(Part),
            stock=self._stock_mode,
            picture=self._picture,
            max_pictures=self._max_pictures,
            max_text=self._max_text,
            option_levels=self.market.variants.tiers_max,
            visible_steps=False,
        )

    @property
    def feed_interval(self) -> timedelta:
        """The least time between two files, from the market file."""
        return timedelta(seconds=self._feed.min_interval_s)

    @property
    def absent_leaves_sale(self) -> bool:
        """Whether the market hides or deletes goods whose row is gone, from the market file."""
        return self._feed.absent_row != "keeps"

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        """Make the payload; what the file does not show of stock makes no difference to its fingerprint."""
        return self._comparing_stock(super().render(product, offers, marker=marker), self._stock_mode)

    def feed(self, renditions: Sequence[Rendition], *, previous_rows: int | None = None) -> FeedFile:
        """Build the file of all current listings of the account.

        Raises:
            FeedShrank: The rows fell by more than the market file allows.
        """
        url = self._context.pictures.url
        rows = [row_of(r, [url(key) for key in r.pictures], self._link) for r in renditions]
        return build_feed(self._loaded, rows, previous_rows=previous_rows)

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        """Not called: the file carries it.

        Raises:
            Unsupported: Always.
        """
        raise self._unsupported(Verb.PUBLISH, rendition.body["sku"])

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        """Not called: nothing is begun without being in the file.

        Raises:
            Unsupported: Always.
        """
        del pending
        raise self._unsupported(Verb.PUBLISH, rendition.body["sku"])

    @property
    def _feed(self) -> Feed:
        feed = self.market.feed
        # The market file was refused when it was loaded unless a feed market has one.
        assert feed is not None  # noqa: S101 - narrows the type only
        return feed

    @property
    def _stock_mode(self) -> StockMode:
        shown = {column.variant for column in self._loaded.fields.columns}
        if "available" in shown:
            return StockMode.QUANTITY
        return StockMode.IN_OUT if "availability" in shown else StockMode.NONE
