from collections.abc import Sequence
from datetime import timedelta

from adapters.base import Capabilities, Fallback
from adapters.emarket.feed import FeedFile, build_feed
from adapters.emarket.no_calls import MarketWithoutCalls
from schemas.channel import Part, Verb
from schemas.ids import ExternalId
from schemas.listing import Pending, Receipt, Rendition


class FeedMarketAdapter(MarketWithoutCalls):
    """A market that reads our file. The file holds every current listing, so the core writes it, not one publish."""

    @property
    def capabilities(self) -> Capabilities:
        """Publish through a file; later changes go into the next file."""
        return Capabilities(
            verbs=frozenset({Verb.PUBLISH}),
            fallbacks=dict.fromkeys(Part, Fallback.ASK),
            picture=self._picture,
            max_pictures=self._max_pictures,
            max_text=self._max_text,
            option_levels=self.market.variants.tiers_max,
            visible_steps=False,
        )

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        """Wait for the next file: nothing is published before the row stands in a file that was written."""
        feed = self.market.feed
        wait = timedelta(seconds=feed.min_interval_s) if feed else timedelta(hours=1)
        return Pending(progress={"fingerprint": rendition.fingerprint}, check_after=wait)

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        """Answer with the receipt once the core says which written file holds the row (``progress["file"]``)."""
        if "file" not in pending.progress:
            return self.publish(rendition)
        sku = rendition.body["sku"]
        return Receipt(external_id=ExternalId(sku), remote={"file": pending.progress["file"]})

    def feed(self, renditions: Sequence[Rendition], *, previous_rows: int | None = None) -> FeedFile:
        """Build the file of all current listings of the account.

        Raises:
            FeedShrank: The rows fell by more than the market file allows.
        """
        url = self._context.pictures.url
        urls = [[url(key) for key in rendition.pictures] for rendition in renditions]
        return build_feed(self._loaded, renditions, urls, previous_rows=previous_rows)
