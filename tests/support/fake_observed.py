"""The fake channel whose listings can be read back: what buyers see stands in ``shown``, and hands may change it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.base import Change
from adapters.observing import Difference, ListingPage
from schemas.channel import Part, Verb
from schemas.ids import ExternalId, Sku
from schemas.listing import ListingRef, Marker, Offer, RemoteListing, Rendition
from schemas.product import Product
from tests.support.app import CoreApp
from tests.support.fake_channel import FakeAdapter, FakeChannel, FakeListing, remote

_SHOWS = {Part.TEXT: "name", Part.PRICE: "prices", Part.STOCK: "available"}
WRITES = frozenset({Verb.PUBLISH, Verb.UPDATE, Verb.SET_STOCK, Verb.COMMENT, Verb.WITHDRAW})


@dataclass(slots=True)
class ObservedChannel(FakeChannel):
    """A channel with pages of listings.

    Attributes:
        page_size: Listings on a page.
        shown: What buyers see of each listing.
        left_out: Listings that the pages leave out although they are there.
        browsed: Happens once, in the middle of the next page, after it was read.
        strangers: Listings on the pages that nobody here made.
        loops: Whether every page says that the second one comes next.
    """

    page_size: int = 3
    shown: dict[ExternalId, dict[str, Any]] = field(default_factory=dict)
    left_out: set[ExternalId] = field(default_factory=set)
    browsed: Callable[[], object] | None = None
    strangers: list[RemoteListing] = field(default_factory=list)
    loops: bool = False

    def add(self, rendition: Rendition, *, visible: bool) -> FakeListing:
        made = FakeChannel.add(self, rendition, visible=visible)
        self.show(made.external_id, rendition)
        return made

    def show(
        self, external_id: ExternalId, rendition: Rendition, parts: frozenset[Part] | None = None
    ) -> None:
        """Show buyers those parts of a rendition."""
        shown = self.shown.setdefault(external_id, {})
        for part in parts if parts is not None else _SHOWS:
            if part in _SHOWS:
                shown[_SHOWS[part]] = rendition.body[_SHOWS[part]]

    def id_of(self, sku: str) -> ExternalId:
        (found,) = [one.external_id for one in self.listings.values() if one.marker.sku == sku]
        return found

    def edit(self, sku: str, **shown: Any) -> None:
        """Change by hand what buyers see: ``name``, ``prices``, ``available``."""
        self.shown[self.id_of(sku)] |= shown

    def hide(self, sku: str, *, visible: bool = False) -> None:
        self.listings[self.id_of(sku)].visible = visible

    def delete(self, sku: str) -> None:
        del self.listings[self.id_of(sku)]

    def remote(self, listing: FakeListing) -> RemoteListing:
        shown = self.shown[listing.external_id]
        seen = {
            "text": f"{shown['name']} {listing.marker.token}",
            "name": shown["name"],
            "prices": shown["prices"],
        }
        if "available" in shown:
            seen["available"] = shown["available"]
        found = remote(listing)
        return RemoteListing(
            external_id=found.external_id,
            permalink=found.permalink,
            visible=found.visible,
            created_at=found.created_at,
            seen=seen,
            remote=found.remote,
        )

    @property
    def writes(self) -> int:
        """How many calls changed something."""
        return sum(verb in WRITES for verb, _ in self.calls)


class FakeObservedAdapter(FakeAdapter):
    """The port with ``browse`` and ``differences``."""

    def __init__(self, channel: ObservedChannel) -> None:
        super().__init__(channel)
        self._observed = channel

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        made = super().render(product, offers, marker=marker)
        body = {
            **made.body,
            "prices": {sku: offer.price.satang for sku, offer in offers.items()},
            "available": made.body["units"],
        }
        return Rendition(
            channel=made.channel, marker=marker, body=body, parts=made.parts, pictures=made.pictures
        )

    def browse(self, cursor: Mapping[str, Any] | None) -> ListingPage:
        channel = self._observed
        channel.read(Verb.FIND, "page")
        after = 0 if cursor is None else cursor["after"]
        every = sorted(channel.listings.values(), key=lambda one: int(one.external_id))
        rest = [one for one in every if int(one.external_id) > after]
        page = rest[: channel.page_size]
        listings = [channel.remote(one) for one in page if one.external_id not in channel.left_out]
        if cursor is None:
            listings += channel.strangers
        browsed, channel.browsed = channel.browsed, None
        if browsed is not None:
            browsed()
        if channel.loops:
            return ListingPage(listings=listings, cursor={"after": int(every[0].external_id)})
        is_last = len(rest) <= channel.page_size
        return ListingPage(
            listings=listings, cursor=None if is_last else {"after": int(page[-1].external_id)}
        )

    def differences(self, rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
        found = {}
        for part, name in _SHOWS.items():
            if name in remote.seen and remote.seen[name] != rendition.body[name]:
                found[part] = Difference(wanted=str(rendition.body[name]), seen=str(remote.seen[name]))
        return found

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        found = super().fetch(ref)
        return None if found is None else self._observed.remote(self._observed.listings[found.external_id])

    def _show(self, listing: FakeListing, rendition: Rendition) -> FakeListing:
        self._observed.show(listing.external_id, rendition)
        return super()._show(listing, rendition)

    def _apply(self, listing: FakeListing, change: Change) -> None:
        super()._apply(listing, change)
        self._observed.show(listing.external_id, change.rendition, change.parts)


def connect_observed(app: CoreApp, name: str = "page", **options: Any) -> ObservedChannel:
    """Connect an account to a channel that can be read back; ``options`` shape it."""
    app.connect(name)
    channel = ObservedChannel(clock=app.clock, heard=app._hear, adapter=FakeObservedAdapter, **options)
    app.adapters.channels[name] = channel
    with app.database.begin() as uow:
        uow.sweep_work.set_due(app.account_id(name), app.clock.now())
    return channel
