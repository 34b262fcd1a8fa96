from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from adapters.base import AdapterContext, Capabilities, Change, StockMode
from adapters.errors import ChannelError, Gone, Rejected, Throttled, Unsupported
from adapters.line_shop import limits, mapping, observing, rules, wire
from adapters.line_shop.account import LineShopSettings
from adapters.line_shop.client import MyShopClient
from adapters.line_shop.editing import bring_to, completed, edit_parts, read_product, sell_out, write_stock
from adapters.line_shop.orders import read_orders
from adapters.line_shop.reading import listing_of, receipt_of, remote_of
from adapters.line_shop.wire import RemoteProduct
from adapters.observing import Difference, ListingPage
from adapters.orders import OrderPage
from schemas.channel import Part, Verb
from schemas.ids import ChannelKind, Sku
from schemas.listing import ListingRef, Marker, Offer, Pending, Receipt, RemoteListing, Rendition
from schemas.problem import Problem
from schemas.product import Product

_CHECK_AFTER: Final = timedelta(seconds=3)
"""Pause before a publish that stopped half-way is carried on, when LINE did not say how long."""

CAPABILITIES: Final = Capabilities(
    verbs=frozenset(set(Verb) - {Verb.COMMENT}),
    editable=frozenset(Part),
    stock=StockMode.QUANTITY,
    picture=limits.PICTURE,
    max_pictures=limits.MAX_PICTURES,
    max_text=limits.MAX_DESCRIPTION,
    option_levels=limits.OPTION_LEVELS.value,
    withdrawn_stays=True,
)


class LineShopAdapter:
    """One MyShop shop: created hidden, completed, then put on sale as the single visible step."""

    kind: ClassVar[ChannelKind] = mapping.KIND

    def __init__(self, context: AdapterContext) -> None:
        self._settings = LineShopSettings.model_validate(dict(context.account.settings))
        self._capabilities = replace(CAPABILITIES, lookup_settles_after=context.settings.lookup_settles)
        self._templates = context.templates
        self._url = context.pictures.url
        self._client = MyShopClient(
            context.http, context.settings.myshop_url, context.credentials.get("api_key")
        )

    @property
    def capabilities(self) -> Capabilities:
        """What MyShop can do."""
        return self._capabilities

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        """Make the MyShop payload."""
        return mapping.render(product, offers, marker, self._settings, self._templates)

    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:
        """Return every MyShop rule the rendition breaks."""
        return rules.problems_of(rendition, product, self._settings)

    def check(self) -> None:
        """Read one product with the key."""
        self._client.ping()

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        """Create the product hidden, complete it and put it on sale.

        Once it is created nothing is lost any more: a failure after that is a ``Pending`` that ``resume`` carries on.
        """
        product = self._create_or_adopt(rendition)
        return self._or_pending(product, lambda: self._finish(rendition, completed(self._client, product)))

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        """Carry on from the hidden product: our own, an adopted one, or one withdrawn before.

        ``pending.progress`` is a ``Receipt.remote`` or ``RemoteListing.remote``. A product of this publication that is
        on sale is answered with its receipt; any other is brought to the rendition first, because it may be older.
        One that was deleted in the shop meanwhile is made anew.
        """
        try:
            product = read_product(self._client, int(pending.progress["product_id"]), rendition.body["code"])
        except Gone:
            return self.publish(rendition)
        if product.is_display and _carries(product, rendition.marker):
            return replace(receipt_of(product), may_be_outdated=True)
        product = bring_to(self._client, product, rendition.body, self._url)
        # Before it is shown: once it is, a failure would leave the twins of an earlier try behind for ever.
        self._delete_twins(rendition.marker, kept=product.id)
        return self._finish(rendition, product)

    def update(self, change: Change) -> Receipt:
        """Bring the changed parts to the rendition."""
        return receipt_of(edit_parts(self._client, change, self._url))

    def set_stock(self, change: Change) -> Receipt:
        """Write on-hand figures that leave the wanted units for sale."""
        body = change.rendition.body
        product = read_product(self._client, int(change.ref.external_id), body["code"])
        return receipt_of(write_stock(self._client, product, body))

    def comment(self, change: Change) -> Receipt:
        """Not a MyShop verb.

        Raises:
            Unsupported: Always.
        """
        raise Unsupported(f"{self.kind} has no comments (asked for {change.ref.external_id})")

    def withdraw(self, ref: ListingRef) -> None:
        """Hide the product; it keeps its id, its reviews and its order history. Already deleted is success."""
        try:
            self._client.hide(int(ref.external_id))
        except Gone:
            return

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        """Read the product by id."""
        product = self._client.by_id(int(ref.external_id))
        return None if product is None else listing_of(product)

    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        """Search by SKU for products of our code that carry the token, lowest id first.

        ``since`` is not used: MyShop shows no creation time, and the token already names the publication.
        """
        del since
        found = self._ours(marker)
        if pending is not None and (begun := self._client.by_id(int(pending.progress["product_id"]))):
            # A list may lag behind; the product of the begun publish is known by its id and comes first.
            found = [begun, *(product for product in found if product.id != begun.id)]
        return [listing_of(product) for product in found]

    def discard(self, ref: ListingRef) -> bool:
        """Delete a hidden product of this publication; one on sale or of another publication is left alone."""
        product = self._client.by_id(int(ref.external_id))
        if product is None:
            return True
        if product.is_display or product.code != ref.marker.sku or not _carries(product, ref.marker):
            return False
        return self._delete(product.id)

    @property
    def order_interval(self) -> timedelta:
        """How often a shop's orders may be asked for."""
        return limits.ORDER_INTERVAL

    def orders(self, cursor: Mapping[str, Any] | None, *, since: datetime) -> OrderPage:
        """Read the orders that were placed or changed, the longest unchanged first."""
        return read_orders(self._client, cursor, since=since)

    def browse(self, cursor: Mapping[str, Any] | None) -> ListingPage:
        """Read the next page of the shop's products, hidden ones too."""
        return observing.browse(self._client, cursor)

    def differences(self, rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
        """Return what of name, description, prices and stock the shop shows otherwise."""
        return observing.differences(rendition, remote)

    def _ours(self, marker: Marker) -> list[RemoteProduct]:
        found = self._same_code(marker)
        return [product for product in found if _carries(product, marker)]

    def _same_code(self, marker: Marker) -> list[RemoteProduct]:
        found = {product.id: product for product in self._client.by_skus(marker.skus)}
        return [found[key] for key in sorted(found) if found[key].code == marker.sku]

    def _create_or_adopt(self, rendition: Rendition) -> RemoteProduct:
        if not rendition.body["pictures"]:
            raise Rejected([rules.picture_missing()])
        try:
            return self._client.create(wire.create_request(rendition.body, self._url))
        except Rejected:
            # A shop that refuses a second product of one code may be telling us of our own earlier attempt.
            adopted = self._adoptable(rendition.marker)
            if adopted is None:
                raise
            return bring_to(self._client, adopted, rendition.body, self._url)

    def _adoptable(self, marker: Marker) -> RemoteProduct | None:
        """Return an earlier product of ours with this code: of this publication, or withdrawn in an older one."""
        candidates = self._same_code(marker)
        ours = [product for product in candidates if _carries(product, marker) or not product.is_display]
        return ours[0] if ours else None

    def _or_pending(self, product: RemoteProduct, finish: Callable[[], Receipt]) -> Receipt | Pending:
        try:
            return finish()
        except ChannelError as exc:
            told = exc.retry_after if isinstance(exc, Throttled) else None
            return Pending(progress=remote_of(product), check_after=_CHECK_AFTER if told is None else told)

    def _finish(self, rendition: Rendition, product: RemoteProduct) -> Receipt:
        zero = [sku for sku, units in rendition.body["available"].items() if units == 0]
        product = sell_out(self._client, product, zero)
        shown = self._client.show(product.id)
        return receipt_of(shown if shown.variants else product)

    def _delete_twins(self, marker: Marker, *, kept: int) -> None:
        for product in self._ours(marker):
            if product.id != kept and not product.is_display:
                self._delete(product.id)

    def _delete(self, product_id: int) -> bool:
        with suppress(Gone):
            self._client.delete(product_id)
        return True


def _carries(product: RemoteProduct, marker: Marker) -> bool:
    return marker.token in (product.description or "")
