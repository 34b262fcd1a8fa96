"""What a channel refuses, and what that becomes: throttles, dead credentials, slow answers, the rows of the error table."""

import time
from datetime import timedelta
from typing import Final

import pytest

from adapters.errors import AuthExpired, ChannelError, Throttled, Transient
from adapters.testing.kit.changes import acts_of
from adapters.testing.kit.channel import ErrorCase, SimulatedChannel
from adapters.testing.kit.desk import Desk
from adapters.testing.kit.needing import Needing, needs
from adapters.testing.kit.recovery import calls_of_a_publish, settle
from adapters.testing.kit.verbs import ACTS
from adapters.testing.sandbox.faults import (
    DropAnswer,
    Effect,
    EmptyBody,
    ExpireToken,
    Html502,
    ServerErrorWithEffect,
    Slow,
    Throttle,
    TruncatedJson,
)
from schemas.channel import Verb

PACE: Final = timedelta(seconds=40)
LEASE: Final = timedelta(milliseconds=400)
SLOWNESS_S: Final = 4.0
"""Well beyond the lease, because a busy machine is slow by itself."""

READ_FAILURES: Final[tuple[Effect, ...]] = (
    DropAnswer(after_effect=True),
    Html502(),
    ServerErrorWithEffect(),
    EmptyBody(),
    TruncatedJson(),
)


class RefusalPromises(Needing):
    """The class of an error says what happens next, so it must be the right one."""

    def test_a_refusal_for_pace_is_a_throttle_and_nothing_was_done(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        channel.order(Throttle(seconds=PACE.total_seconds()))

        with pytest.raises(Throttled) as caught:
            desk.adapter.publish(desk.rendition())

        assert channel.shown() == []
        told = caught.value.retry_after
        if channel.says_how_long:
            assert told is not None
            assert told >= PACE * 0.9
        assert not caught.value.spends_attempt

    def test_a_throttled_change_is_not_applied(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        acts = acts_of(desk, desk.listed())
        before = list(channel.shown())
        for act in acts.values():
            channel.order(Throttle(seconds=1))
            with pytest.raises(Throttled):
                act()
            assert list(channel.shown()) == before
            channel.calm()

    def test_a_dead_credential_is_told_by_every_verb(self, channel: SimulatedChannel) -> None:
        desk = Desk(channel)
        ref = desk.listed()
        before = list(channel.shown())
        channel.order(ExpireToken())

        with pytest.raises(AuthExpired):
            desk.adapter.check()
        for verb in sorted(desk.capabilities.verbs):
            with pytest.raises(AuthExpired):
                ACTS[verb](desk, ref)

        assert list(channel.shown()) == before

    def test_a_credential_that_dies_in_mid_publish_leaves_one_listing_once_it_works_again(
        self, channel: SimulatedChannel
    ) -> None:
        for nth in range(2, calls_of_a_publish(channel) + 1):
            channel.reset()
            desk = Desk(channel)
            rendition = desk.rendition()
            channel.order(ExpireToken(), nth=nth)
            try:
                desk.driver.publish(rendition)
            except AuthExpired:
                channel.calm()
                desk.driver.publish(rendition, begun=desk.driver.standing.pending)
            assert len(channel.visible()) == len(channel.shown()) == 1

    def test_a_slow_channel_is_not_waited_for_beyond_the_lease(self, channel: SimulatedChannel) -> None:
        for nth in {1, calls_of_a_publish(channel)}:
            channel.reset()
            channel.order(Slow(seconds=SLOWNESS_S), nth=nth)
            began = time.monotonic()

            settle(channel, lease=LEASE)

            assert time.monotonic() - began < SLOWNESS_S, "the slow answer was waited for"

    def test_each_error_row_becomes_its_class(self, channel: SimulatedChannel) -> None:
        for case in channel.error_cases:
            channel.reset()
            error = _met(channel, case)
            assert isinstance(error, case.expected), f"{case.answer} became {error!r}"

    @needs(Verb.FETCH)
    def test_a_failed_fetch_leaves_nothing_in_doubt(self, channel: SimulatedChannel) -> None:
        assert_read_fails_plainly(channel, Verb.FETCH)

    @needs(Verb.FIND)
    def test_a_failed_look_leaves_nothing_in_doubt(self, channel: SimulatedChannel) -> None:
        assert_read_fails_plainly(channel, Verb.FIND)


def assert_read_fails_plainly(channel: SimulatedChannel, verb: Verb) -> None:
    """Say whether a read that got no usable answer may simply be repeated."""
    desk = Desk(channel)
    ref = desk.listed()
    for effect in READ_FAILURES:
        channel.order(effect)
        with pytest.raises(Transient):
            ACTS[verb](desk, ref)


def _met(channel: SimulatedChannel, case: ErrorCase) -> ChannelError:
    desk = Desk(channel)
    channel.order(case.answer, writes_only=case.mutating)
    try:
        if case.mutating:
            desk.adapter.publish(desk.rendition())
        else:
            desk.adapter.check()
    except ChannelError as error:
        return error
    raise AssertionError(f"{case.answer} was taken for success")
