"""Changes of a live listing: what is declared to change in place does, what is not is refused, and repeating is harmless."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.base import Fallback, StockMode
from adapters.errors import Gone, Unsupported
from adapters.testing.kit.channel import Shown, SimulatedChannel
from adapters.testing.kit.desk import NEW_WORDS, Desk
from adapters.testing.kit.needing import Needing, needs
from adapters.testing.kit.verbs import ACTS, never_published
from schemas.channel import Part, Verb
from schemas.listing import ListingRef, Rendition


class ChangePromises(Needing):
    """``update``, ``set_stock`` and ``comment``."""

    @pytest.mark.parametrize("part", list(Part))
    def test_a_part_changes_in_place_if_and_only_if_it_is_declared_editable(
        self, channel: SimulatedChannel, part: Part
    ) -> None:
        desk = Desk(channel)
        edited = desk.edited(part)
        if part not in desk.capabilities.editable:
            with pytest.raises(Unsupported):
                desk.adapter.update(desk.change(never_published(desk), edited, part))
            assert channel.records == []
            return
        ref = desk.listed()
        (before,) = channel.shown()

        receipt = desk.adapter.update(desk.change(ref, edited, part))

        (after,) = channel.shown()
        assert (after.external_id, receipt.external_id) == (ref.external_id, ref.external_id)
        assert after.visible
        assert_changed(before, after, part, desk.edited(part), channel)

    @needs(Verb.UPDATE)
    def test_an_update_may_be_repeated(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        ref = desk.listed()
        change = desk.change(ref, desk.edited(Part.TEXT), *desk.capabilities.editable)

        desk.adapter.update(change)
        (once,) = channel.shown()
        desk.adapter.update(change)

        assert list(channel.shown()) == [once]

    @needs(Verb.SET_STOCK)
    def test_stock_is_written_as_an_absolute_figure(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        product = channel.product()
        ref = desk.listed(desk.rendition(product, 10))
        assert desk.capabilities.stock is StockMode.QUANTITY, "a verb for figures nobody shows"

        for units in (3, 3, 0, 12):
            desk.adapter.set_stock(desk.change(ref, desk.rendition(product, units), Part.STOCK))
            assert channel.shown()[0].stock == dict.fromkeys(product.skus, units)

    @needs(Verb.COMMENT)
    def test_a_comment_says_a_change_once_however_often_it_is_asked_for(
        self, channel: SimulatedChannel
    ) -> None:
        desk = Desk(channel)
        assert desk.saying(Fallback.COMMENT), "a verb that no part falls back on"
        ref = desk.listed()
        for number, part in enumerate(sorted(desk.saying(Fallback.COMMENT)), start=1):
            change = desk.change(ref, desk.edited(part), part)

            desk.adapter.comment(change)
            Desk(channel).adapter.comment(change)

            assert len(channel.shown()[0].comments) == number

    @pytest.mark.parametrize("part", list(Part))
    def test_only_parts_declared_so_are_said_in_a_comment(
        self, channel: SimulatedChannel, part: Part
    ) -> None:
        desk = Desk(channel)
        if part in desk.saying(Fallback.COMMENT):
            desk.adapter.comment(desk.change(desk.listed(), desk.edited(part), part))
            return

        with pytest.raises(Unsupported):
            desk.adapter.comment(desk.change(never_published(desk), desk.edited(part), part))
        assert channel.records == []

    @needs(Verb.UPDATE)
    def test_updating_what_was_removed_says_that_it_is_gone(self, channel: SimulatedChannel) -> None:
        assert_gone(channel, Verb.UPDATE)

    @needs(Verb.SET_STOCK)
    def test_setting_stock_of_what_was_removed_says_that_it_is_gone(self, channel: SimulatedChannel) -> None:
        assert_gone(channel, Verb.SET_STOCK)

    @needs(Verb.COMMENT)
    def test_commenting_on_what_was_removed_says_that_it_is_gone(self, channel: SimulatedChannel) -> None:
        assert_gone(channel, Verb.COMMENT)


def assert_gone(channel: SimulatedChannel, verb: Verb) -> None:
    """Say whether a change of a listing that somebody deleted ends in ``Gone``."""
    desk = Desk(channel)
    ref = desk.listed()
    channel.remove(ref.external_id)

    with pytest.raises(Gone):
        ACTS[verb](desk, ref)
    assert channel.shown() == []


def assert_changed(
    before: Shown, after: Shown, part: Part, edited: Rendition, channel: SimulatedChannel
) -> None:
    """Say whether that part of a listing now is what the edited rendition says."""
    product = channel.product()
    match part:
        case Part.TEXT:
            assert NEW_WORDS in after.text
        case Part.PRICE if after.prices:
            assert after.prices[product.skus[0]] == product.variants[0].price.satang + 525
        case Part.STOCK if after.stock:
            assert set(after.stock.values()) == {0}
        case Part.PRICE | Part.STOCK:
            assert after.text != before.text, f"the text does not tell the new {part.value}"
        case Part.PICTURES:
            assert len(after.pictures) == len(edited.body[channel.pictures_in])
            assert not set(after.pictures) & set(before.pictures), "old pictures stand there still"
        case Part.DETAILS:
            assert after.details != before.details


def acts_of(desk: Desk, ref: ListingRef) -> dict[Verb, Callable[[], Any]]:
    """Return the declared verbs that may be repeated, each bringing the listing to something new."""
    saying = desk.saying(Fallback.COMMENT)
    acts: dict[Verb, Callable[[], Any]] = {
        Verb.UPDATE: lambda: desk.adapter.update(
            desk.change(ref, desk.edited(Part.TEXT), *desk.capabilities.editable)
        ),
        Verb.SET_STOCK: lambda: desk.adapter.set_stock(
            desk.change(ref, desk.rendition(available=4), Part.STOCK)
        ),
        Verb.COMMENT: lambda: desk.adapter.comment(desk.change(ref, desk.edited(Part.STOCK), *saying)),
        Verb.WITHDRAW: lambda: desk.adapter.withdraw(ref),
    }
    return {verb: act for verb, act in acts.items() if verb in desk.capabilities.verbs}
