"""A verb works if and only if it is declared; what it does is really done on the channel."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from adapters.base import Fallback
from adapters.errors import Unsupported
from adapters.testing.kit.channel import SimulatedChannel
from adapters.testing.kit.desk import Desk, reference
from adapters.testing.kit.goods import OTHER_TOKEN, TOKEN, marker_for
from adapters.testing.kit.needing import Needing, needs
from schemas.channel import Part, Verb
from schemas.ids import ExternalId
from schemas.listing import ListingRef, Pending

_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)

ACTS: Final[Mapping[Verb, Callable[[Desk, ListingRef], Any]]] = {
    Verb.PUBLISH: lambda desk, _ref: desk.adapter.publish(desk.rendition()),
    Verb.UPDATE: lambda desk, ref: desk.adapter.update(
        desk.change(ref, desk.rendition(), *desk.capabilities.editable)
    ),
    Verb.SET_STOCK: lambda desk, ref: desk.adapter.set_stock(desk.change(ref, desk.rendition(), Part.STOCK)),
    Verb.COMMENT: lambda desk, ref: desk.adapter.comment(
        desk.change(ref, desk.rendition(), *desk.saying(Fallback.COMMENT))
    ),
    Verb.WITHDRAW: lambda desk, ref: desk.adapter.withdraw(ref),
    Verb.FETCH: lambda desk, ref: desk.adapter.fetch(ref),
    Verb.FIND: lambda desk, ref: desk.adapter.find_by_marker(ref.marker, since=_LONG_AGO),
}
"""Each verb, asked for as the core asks."""


def never_published(desk: Desk) -> ListingRef:
    """Return a reference to a listing that no channel has."""
    return ListingRef(external_id=ExternalId("1"), marker=marker_for(desk.channel.product()))


class VerbPromises(Needing):
    """Capabilities are kept to the letter, both ways."""

    def test_the_adapter_declares_every_verb_the_channel_does_not_lack(
        self, channel: SimulatedChannel
    ) -> None:
        assert Desk(channel).capabilities.verbs == set(Verb) - self.lacks

    @pytest.mark.parametrize("verb", list(Verb))
    def test_a_verb_works_if_and_only_if_it_is_declared(self, channel: SimulatedChannel, verb: Verb) -> None:
        desk = Desk(channel)
        if verb in desk.capabilities.verbs:
            ACTS[verb](desk, desk.listed())
            return

        with pytest.raises(Unsupported):
            ACTS[verb](desk, never_published(desk))
        assert channel.records == [], "an undeclared verb called the channel"

    def test_check_succeeds_with_a_good_account_and_changes_nothing(self, channel: SimulatedChannel) -> None:
        Desk(channel).adapter.check()

        assert channel.records, "check did not ask the channel"
        assert channel.shown() == []

    def test_a_publish_makes_one_listing_with_the_text_the_marker_and_the_pictures(
        self, channel: SimulatedChannel
    ) -> None:
        desk = Desk(channel)
        rendition = desk.rendition()

        receipt = desk.driver.publish(rendition)

        (listing,) = channel.shown()
        assert listing.visible
        assert listing.external_id == receipt.external_id
        assert TOKEN in listing.text
        assert len(listing.pictures) == len(rendition.body[channel.pictures_in])
        assert len(set(listing.pictures)) == len(listing.pictures), "a picture came twice"

    def test_prices_and_stock_arrive_in_satang_and_free_units(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        product = channel.product()
        units = {sku: number for number, sku in enumerate(product.skus, start=3)}

        desk.listed(desk.rendition(product, units))

        (listing,) = channel.shown()
        if listing.prices:
            assert listing.prices == {v.sku: v.price.satang for v in product.variants}
        if listing.stock:
            assert listing.stock == units

    def test_goods_that_are_sold_out_can_be_published(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        product = channel.product()

        desk.listed(desk.rendition(product, 0))

        (listing,) = channel.visible()
        assert set(listing.stock.values()) <= {0}

    @needs(Verb.FIND)
    def test_a_published_listing_is_found_by_its_marker_and_no_other(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        began = channel.clock.now()
        ref = desk.listed()
        other = marker_for(channel.product(sku="KIT-OTHER"), OTHER_TOKEN)

        found = Desk(channel).adapter.find_by_marker(ref.marker, since=began)

        assert [listing.external_id for listing in found] == [ref.external_id]
        assert found[0].visible
        assert list(desk.adapter.find_by_marker(other, since=began)) == []

    @needs(Verb.FIND)
    def test_what_is_found_can_be_adopted(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        began = channel.clock.now()
        rendition = desk.rendition()
        ref = desk.listed(rendition)
        (found,) = desk.adapter.find_by_marker(ref.marker, since=began)
        adopted = ListingRef(external_id=found.external_id, marker=ref.marker, remote=found.remote)

        for verb in (Verb.UPDATE, Verb.SET_STOCK, Verb.COMMENT, Verb.FETCH, Verb.WITHDRAW):
            if verb in desk.capabilities.verbs:
                ACTS[verb](desk, adopted)

        assert len(channel.visible()) == (Verb.WITHDRAW not in desk.capabilities.verbs)

    def test_resume_after_the_end_answers_the_receipt_and_makes_nothing(
        self, channel: SimulatedChannel
    ) -> None:
        desk = Desk(channel)
        rendition = desk.rendition()
        receipt = desk.driver.publish(rendition)
        standing = desk.driver.last_pending
        if standing is None:
            return

        again = desk.adapter.resume(rendition, standing)

        assert len(channel.shown()) == 1
        assert isinstance(again, Pending) or again.external_id == receipt.external_id

    @needs(Verb.FETCH)
    def test_a_listing_is_read_back_as_it_was_written(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        product = channel.product()
        ref = desk.listed(desk.rendition(product, 7))

        seen = desk.adapter.fetch(ref)

        assert seen is not None
        assert seen.visible
        assert seen.external_id == ref.external_id
        said = {
            "prices": {v.sku: v.price.satang for v in product.variants},
            "available": dict.fromkeys(product.skus, 7),
        }
        assert {name: value for name, value in seen.seen.items() if name in said}.items() <= said.items()
        assert TOKEN in seen.seen.get("text", TOKEN)
        assert seen.seen, "nothing of the listing is read back"

    @needs(Verb.FETCH)
    def test_a_removed_listing_reads_as_none(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        ref = desk.listed()
        channel.remove(ref.external_id)

        assert desk.adapter.fetch(ref) is None

    @needs(Verb.WITHDRAW)
    def test_withdrawing_takes_it_off_sale_and_twice_is_fine(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        ref = desk.listed()

        desk.adapter.withdraw(ref)
        assert channel.visible() == []
        desk.adapter.withdraw(ref)
        Desk(channel).adapter.withdraw(ref)

        assert channel.visible() == []

    @needs(Verb.WITHDRAW)
    def test_withdrawing_what_was_removed_by_hand_succeeds(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        ref = desk.listed()
        channel.remove(ref.external_id)

        desk.adapter.withdraw(ref)

        assert channel.shown() == []

    @needs(Verb.WITHDRAW)
    def test_a_withdrawn_listing_stays_if_and_only_if_that_is_declared(
        self, channel: SimulatedChannel
    ) -> None:
        desk = Desk(channel)
        rendition = desk.rendition()
        receipt = desk.driver.publish(rendition)
        desk.adapter.withdraw(reference(receipt, rendition))

        assert len(channel.shown()) == desk.capabilities.withdrawn_stays
        again = desk.rendition(token=OTHER_TOKEN)
        left = Pending(progress=receipt.remote, check_after=timedelta(0)) if channel.shown() else None
        renewed = desk.driver.publish(again, begun=left)

        assert [listing.external_id for listing in channel.visible()] == [renewed.external_id]
        assert len(channel.shown()) == 1
        assert OTHER_TOKEN in channel.shown()[0].text
        assert (renewed.external_id == receipt.external_id) == desk.capabilities.withdrawn_stays
