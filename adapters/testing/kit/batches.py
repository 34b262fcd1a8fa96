"""A channel that changes several listings in one call: answers in order, each listing for itself."""

from typing import Final, cast

from adapters.base import BatchingAdapter, Change
from adapters.errors import ChannelError
from adapters.testing.kit.channel import SimulatedChannel
from adapters.testing.kit.desk import Desk
from adapters.testing.sandbox.faults import DropAnswer
from schemas.channel import Part
from schemas.listing import Receipt
from schemas.product import Product

SKUS: Final = ("KIT-ONE", "KIT-TWO", "KIT-THREE")


class BatchingPromises:
    """``update_many``, where ``update_batch`` is above 1."""

    def test_the_adapter_batches_as_it_declares(self, channel: SimulatedChannel) -> None:
        assert Desk(channel).capabilities.update_batch > 1

    def test_a_batch_changes_every_listing_and_answers_in_order(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        changes = _published(desk)

        answers = _many(desk).update_many(changes)

        assert [answer.external_id for answer in answers if isinstance(answer, Receipt)] == [
            change.ref.external_id for change in changes
        ]
        assert [set(listing.stock.values()) for listing in channel.shown()] == [{4}, {4}, {4}]

    def test_a_batch_takes_fewer_calls_than_its_listings(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        changes = _published(desk)

        assert desk.calls_of(lambda: _many(desk).update_many(changes)) < len(changes)

    def test_one_bad_listing_does_not_fail_the_others(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        changes = _published(desk)
        channel.remove(changes[1].ref.external_id)

        answers = _many(desk).update_many(changes)

        assert [isinstance(answer, ChannelError) for answer in answers] == [False, True, False]
        assert [set(listing.stock.values()) for listing in channel.shown()] == [{4}, {4}]

    def test_a_batch_whose_answer_was_lost_may_be_repeated(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        changes = _published(desk)
        channel.order(DropAnswer(after_effect=True))

        desk.until_done(lambda: _raised(_many(desk), changes))

        assert [set(listing.stock.values()) for listing in channel.shown()] == [{4}, {4}, {4}]


def _goods(channel: SimulatedChannel) -> list[Product]:
    return [channel.product(sku=sku) for sku in SKUS]


def _published(desk: Desk) -> list[Change]:
    """Publish three listings and return a change of stock for each."""
    changes = []
    for number, product in enumerate(_goods(desk.channel)):
        token = f"SY{number}W8NR5B"
        ref = desk.listed(desk.rendition(product, 10, token))
        changes.append(desk.change(ref, desk.rendition(product, 4, token), Part.STOCK))
    return changes


def _many(desk: Desk) -> BatchingAdapter:
    return cast("BatchingAdapter", desk.adapter)


def _raised(adapter: BatchingAdapter, changes: list[Change]) -> None:
    for answer in adapter.update_many(changes):
        if isinstance(answer, ChannelError):
            raise answer
