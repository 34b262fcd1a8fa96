"""A channel that can be read back: every listing once, no difference without an edit, and each edit by hand named."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import pytest

from adapters.observing import Difference, ObservedAdapter
from adapters.testing.kit.channel import ObservedChannel
from adapters.testing.kit.desk import Desk, reference
from adapters.testing.kit.goods import OTHER_TOKEN
from adapters.testing.sandbox.deeds import Changes
from schemas.channel import Part
from schemas.ids import ExternalId
from schemas.listing import ListingRef, RemoteListing, Rendition

_MOST_PAGES: Final = 50
_TOKENS: Final = ("SY0000001", "SY0000002", "SY0000003")


class ObservingPromises:
    """``browse`` and ``differences``, as ``adapters.observing`` says."""

    def test_every_published_listing_is_read_exactly_once(self, channel: ObservedChannel) -> None:
        desk = Desk(channel)
        ids = [
            desk.listed(desk.rendition(channel.product(sku=f"KIT-{token}"), token=token)).external_id
            for token in _TOKENS
        ]

        found = browsed(channel)

        assert sorted(listing.external_id for listing in found) == sorted(ids)
        assert all(listing.visible for listing in found)

    def test_an_account_without_listings_has_an_end(self, channel: ObservedChannel) -> None:
        assert browsed(channel) == []

    def test_reading_back_changes_nothing(self, channel: ObservedChannel) -> None:
        desk = Desk(channel)
        desk.listed()
        before = list(channel.shown())

        browsed(channel)

        assert list(channel.shown()) == before

    def test_a_listing_that_is_as_it_was_sent_differs_in_nothing(self, channel: ObservedChannel) -> None:
        desk = Desk(channel)
        rendition = desk.rendition()
        ref = desk.listed(rendition)

        assert differences(channel, rendition, ref) == {}

    def test_goods_that_are_sold_out_differ_in_nothing(self, channel: ObservedChannel) -> None:
        desk = Desk(channel)
        rendition = desk.rendition(available=0)
        ref = desk.listed(rendition)

        assert differences(channel, rendition, ref) == {}

    @pytest.mark.parametrize("part", list(Part))
    def test_a_listing_that_was_changed_differs_in_nothing_any_more(
        self, channel: ObservedChannel, part: Part
    ) -> None:
        desk = Desk(channel)
        if part not in desk.capabilities.editable:
            return
        old, new = desk.rendition(), desk.edited(part)
        ref = desk.listed(old)
        receipt = desk.adapter.update(desk.change(ref, new, part))

        assert differences(channel, new, reference(receipt, new)) == {}

    @pytest.mark.parametrize("part", list(Part))
    def test_an_edit_by_hand_is_named_with_both_sides(self, channel: ObservedChannel, part: Part) -> None:
        changes = channel.edits.get(part)
        if changes is None:
            return
        desk = Desk(channel)
        rendition = desk.rendition()
        ref = desk.listed(rendition)
        channel.edit(ref.external_id, changes)

        found = differences(channel, rendition, ref)

        assert set(found) == {part}
        assert found[part].wanted != found[part].seen

    def test_what_was_edited_by_hand_is_brought_back_by_an_update(self, channel: ObservedChannel) -> None:
        desk = Desk(channel)
        rendition = desk.rendition()
        ref = desk.listed(rendition)
        for part, changes in channel.edits.items():
            if part in desk.capabilities.editable:
                channel.edit(ref.external_id, changes)
                desk.adapter.update(desk.change(ref, rendition, part))

        assert set(differences(channel, rendition, ref)) <= set(channel.edits) - desk.capabilities.editable

    def test_what_is_hidden_or_deleted_by_hand_is_no_difference(self, channel: ObservedChannel) -> None:
        desk = Desk(channel)
        rendition = desk.rendition()
        ref = desk.listed(rendition)
        other = desk.listed(desk.rendition(channel.product(sku="KIT-OTHER"), token=OTHER_TOKEN))
        if channel.can_hide:
            channel.edit(ref.external_id, Changes(hidden=True))
            hidden = [one for one in browsed(channel) if one.external_id == ref.external_id]
            assert not any(one.visible for one in hidden)
            assert all(_observed(channel).differences(rendition, one) == {} for one in hidden)

        channel.remove(ref.external_id)

        assert [listing.external_id for listing in browsed(channel)] == [other.external_id]

    def test_comparing_calls_nobody(self, channel: ObservedChannel) -> None:
        desk = Desk(channel)
        rendition = desk.rendition()
        desk.listed(rendition)
        (remote,) = browsed(channel)
        calls = len(channel.records)

        _observed(channel).differences(rendition, remote)

        assert len(channel.records) == calls


def browsed(channel: ObservedChannel) -> list[RemoteListing]:
    """Read the whole account, each page with a new adapter and a cursor that was stored as JSON."""
    found: list[RemoteListing] = []
    cursor: Mapping[str, Any] | None = None
    for _ in range(_MOST_PAGES):
        page = _observed(channel).browse(cursor)
        found += page.listings
        if page.cursor is None:
            return found
        cursor = json.loads(json.dumps(page.cursor))
    raise AssertionError(f"an account of few listings has more than {_MOST_PAGES} pages")


def differences(channel: ObservedChannel, rendition: Rendition, ref: ListingRef) -> Mapping[Part, Difference]:
    """Return what of the listing, read back, is not as the rendition says."""
    return dict(_observed(channel).differences(rendition, _read_back(channel, ref.external_id)))


def _read_back(channel: ObservedChannel, external_id: ExternalId) -> RemoteListing:
    (found,) = (listing for listing in browsed(channel) if listing.external_id == external_id)
    return found


def _observed(channel: ObservedChannel) -> ObservedAdapter:
    return cast("ObservedAdapter", channel.connect())
