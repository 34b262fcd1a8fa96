"""Never twice, never lost: faults at every single call of a publish, and at every call of what may be repeated."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pytest

from adapters.testing.kit.changes import acts_of
from adapters.testing.kit.channel import SimulatedChannel
from adapters.testing.kit.desk import Desk
from adapters.testing.kit.driver import LEASE, PersonNeeded
from adapters.testing.kit.needing import Needing, needs
from adapters.testing.sandbox.faults import (
    DropAnswer,
    Effect,
    EmptyBody,
    Html502,
    ServerErrorWithEffect,
    Throttle,
    TruncatedJson,
)
from schemas.channel import Verb

TROUBLES: Final[Mapping[str, Effect]] = {
    "answer lost after the effect": DropAnswer(after_effect=True),
    "answer lost before the effect": DropAnswer(after_effect=False),
    "500 with the effect done": ServerErrorWithEffect(),
    "gateway page with the effect done": Html502(after_effect=True),
    "gateway page without effect": Html502(after_effect=False),
    "answer cut off": TruncatedJson(),
    "answer empty": EmptyBody(after_effect=True),
    "refused for pace": Throttle(seconds=20),
}


def calls_of_a_publish(channel: SimulatedChannel) -> int:
    """Count the calls of a publish that nothing disturbs."""
    desk = Desk(channel)
    return desk.calls_of(lambda: desk.driver.publish(desk.rendition()))


def settle(channel: SimulatedChannel, *, lose_step: int | None = None, lease: timedelta = LEASE) -> None:
    """Publish until it is settled and see that there is one listing, the one the receipt names.

    Where the channel cannot be asked, a person is; there may then be one listing or none, but never two.
    """
    desk = Desk(channel)
    rendition = desk.rendition()
    try:
        receipt = desk.driver.publish(rendition, lose_step=lose_step, lease=lease)
    except PersonNeeded:
        assert len(channel.shown()) <= 1
        assert Verb.FIND not in desk.capabilities.verbs or desk.capabilities.lookup_settles_after is None
        return
    assert [listing.external_id for listing in channel.visible()] == [receipt.external_id]
    assert len(channel.shown()) == 1, "a hidden listing was left behind"


class RecoveryPromises(Needing):
    """Whatever happens to a call, one listing comes of a publish."""

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_trouble_at_any_call_of_a_publish_ends_with_one_listing(
        self, channel: SimulatedChannel, trouble: str
    ) -> None:
        for nth in range(1, calls_of_a_publish(channel) + 1):
            channel.reset()
            channel.order(TROUBLES[trouble], nth=nth)
            settle(channel)

    def test_a_lost_answer_while_lists_lag_ends_with_one_listing(self, channel: SimulatedChannel) -> None:
        settles = Desk(channel).capabilities.lookup_settles_after or timedelta(0)
        for nth in range(1, calls_of_a_publish(channel) + 1):
            channel.reset()
            channel.lag(settles * 0.8)
            channel.order(DropAnswer(after_effect=True), nth=nth)
            settle(channel)

    @needs(Verb.FIND)
    def test_a_look_shows_nothing_before_and_everything_after_the_settle_time(
        self, channel: SimulatedChannel
    ) -> None:
        desk = Desk(channel)
        settles = desk.capabilities.lookup_settles_after
        assert settles is not None, "a channel that can be looked at, but nobody says when a look tells"
        began = channel.clock.now()
        channel.lag(settles * 0.8)
        ref = desk.listed()

        early = list(desk.adapter.find_by_marker(ref.marker, since=began))
        channel.advance(settles)
        late = list(desk.adapter.find_by_marker(ref.marker, since=began))

        assert early == [], "the stand-in does not lag as it was told"
        assert [listing.external_id for listing in late] == [ref.external_id]

    @pytest.mark.parametrize("lose_step", range(4))
    def test_a_process_that_dies_right_after_a_step_leaves_one_listing(
        self, channel: SimulatedChannel, lose_step: int
    ) -> None:
        settle(channel, lose_step=lose_step)

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_trouble_at_any_call_of_a_change_is_mended_by_repeating(
        self, channel: SimulatedChannel, trouble: str
    ) -> None:
        desk = Desk(channel)
        for verb in acts_of(desk, desk.listed()):
            calls, wished = self._undisturbed(channel, verb)
            for nth in range(1, calls + 1):
                channel.reset()
                fresh = Desk(channel)
                act = acts_of(fresh, fresh.listed())[verb]
                channel.order(TROUBLES[trouble], nth=nth)
                fresh.until_done(act)
                assert _state(channel) == wished, f"{verb} after trouble at call {nth}"

    def _undisturbed(self, channel: SimulatedChannel, verb: Verb) -> tuple[int, object]:
        channel.reset()
        desk = Desk(channel)
        act = acts_of(desk, desk.listed())[verb]
        return desk.calls_of(act), _state(channel)


def _state(channel: SimulatedChannel) -> object:
    """Return what the channel holds, free of ids that differ from run to run."""
    return [
        (one.visible, one.text, one.prices, one.stock, list(one.pictures), list(one.comments), one.details)
        for one in channel.shown()
    ]
