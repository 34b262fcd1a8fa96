from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from adapters.base import AdapterContext, Capabilities, Change, StockMode
from adapters.emarket import mapping, rules
from adapters.emarket.limits import picture_limit, picture_spec, text_limit
from adapters.emarket.loading import LoadedMarket
from adapters.emarket.market import Market
from adapters.errors import Unsupported
from adapters.limits import Limit
from schemas.channel import Part, Verb
from schemas.ids import ChannelKind, Sku
from schemas.listing import Marker, Offer, Receipt, Rendition, fingerprint
from schemas.media import PictureSpec
from schemas.problem import Problem
from schemas.product import Product


class MarketAdapter:
    """What adapters of all three kinds of market share: rendering and the rules of the market file."""

    kind: ClassVar[ChannelKind] = mapping.KIND

    def __init__(self, context: AdapterContext, loaded: LoadedMarket) -> None:
        self._context = context
        self._loaded = loaded

    @property
    def market(self) -> Market:
        """The market file."""
        return self._loaded.market

    @property
    def capabilities(self) -> Capabilities:
        """What a market without calls can do: a publish that a person or a file carries."""
        return Capabilities(
            verbs=frozenset({Verb.PUBLISH}),
            picture=self._picture,
            max_pictures=self._max_pictures,
            max_text=self._max_text,
            option_levels=self.market.variants.tiers_max,
            visible_steps=False,
        )

    @property
    def _picture(self) -> PictureSpec:
        return picture_spec(self.market.images)

    @property
    def _max_pictures(self) -> Limit:
        return picture_limit(self.market)

    @property
    def _max_text(self) -> Limit:
        return text_limit(self.market, self.market.description)

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        """Make the payload for this market."""
        return mapping.render(product, offers, marker, self._loaded, self._context.templates)

    def _comparing_stock(self, rendition: Rendition, mode: StockMode) -> Rendition:
        """Let only what is shown of stock make a difference to its fingerprint."""
        if mode is StockMode.QUANTITY:
            return rendition
        is_shown = mode is StockMode.IN_OUT
        shown = {sku: units > 0 for sku, units in rendition.body["available"].items()} if is_shown else {}
        return replace(rendition, parts={**rendition.parts, Part.STOCK: fingerprint(shown)})

    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:
        """Return every rule of the market file the rendition breaks."""
        return rules.problems_of(rendition, product, self.market)

    def comment(self, change: Change) -> Receipt:
        """Not a verb of any market.

        Raises:
            Unsupported: Always.
        """
        raise self._unsupported(Verb.COMMENT, change.ref.external_id)

    def _unsupported(self, verb: Verb, what: str) -> Unsupported:
        return Unsupported(
            f"market {self.market.id} ({self.market.kind.value}) has no {verb.value} (for {what})"
        )
