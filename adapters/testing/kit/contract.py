"""The contract, by kind of channel: subclass one of these in a test module and say how the channel is made."""

from abc import abstractmethod
from typing import Generic, TypeVar

import pytest

from adapters.observing import ObservedAdapter
from adapters.orders import OrderingAdapter
from adapters.testing.kit.batches import BatchingPromises
from adapters.testing.kit.changes import ChangePromises
from adapters.testing.kit.channel import AdapterUnderTest, SimulatedChannel
from adapters.testing.kit.observing import ObservingPromises
from adapters.testing.kit.ordering import OrderingPromises
from adapters.testing.kit.recovery import RecoveryPromises
from adapters.testing.kit.redaction import CallRedactionPromises, RedactionPromises
from adapters.testing.kit.refusals import RefusalPromises
from adapters.testing.kit.rendering import RenderingPromises
from adapters.testing.kit.verbs import VerbPromises
from adapters.testing.kit.without_calls import FeedPromises, PackPromises

Under = TypeVar("Under", bound=AdapterUnderTest)


class _Contract(RenderingPromises, RedactionPromises, Generic[Under]):
    """What every channel promises. ``make`` gives the fixtures what is tested; a subclass may replace the fixture itself."""

    @abstractmethod
    def make(self) -> Under:
        """Make the adapter's surroundings, fresh for each test."""

    @pytest.fixture
    def under_test(self) -> Under:
        """The adapter's surroundings."""
        return self.make()


class AdapterContract(
    VerbPromises,
    ChangePromises,
    RecoveryPromises,
    RefusalPromises,
    CallRedactionPromises,
    _Contract[SimulatedChannel],
):
    """A channel we call."""

    @pytest.fixture
    def channel(self, under_test: SimulatedChannel) -> SimulatedChannel:
        """The stand-in of the channel."""
        return under_test

    def test_a_channel_that_batches_is_held_to_the_promises_of_batches(
        self, channel: SimulatedChannel
    ) -> None:
        batches = channel.connect().capabilities.update_batch > 1

        assert batches == isinstance(self, BatchingPromises), (
            "subclass BatchingContract if and only if it batches"
        )

    def test_a_channel_that_tells_orders_is_held_to_the_promises_of_orders(
        self, channel: SimulatedChannel
    ) -> None:
        assert isinstance(channel.connect(), OrderingAdapter) == isinstance(self, OrderingPromises), (
            "add OrderingPromises before the contract if and only if it tells orders"
        )

    def test_a_channel_that_is_read_back_is_held_to_the_promises_of_reading_back(
        self, channel: SimulatedChannel
    ) -> None:
        assert isinstance(channel.connect(), ObservedAdapter) == isinstance(self, ObservingPromises), (
            "add ObservingPromises before the contract if and only if it is read back"
        )


class BatchingContract(BatchingPromises, AdapterContract):
    """A channel we call that changes several listings at once."""


class FeedContract(FeedPromises, _Contract[AdapterUnderTest]):
    """A channel that reads a file of ours."""


class PackContract(PackPromises, _Contract[AdapterUnderTest]):
    """A channel at which a person enters the goods."""
