"""A publish carried on until it is settled: the core's rules in miniature, so that an adapter can be tried without it.

The kit is for adapters that know nothing of the core, and ``adapters`` may not import it. That these rules are the core's own
is held by ``tests/contract/kit/test_driver_and_planner.py``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from adapters.base import Capabilities, ChannelAdapter
from adapters.errors import OutcomeUnknown, Throttled, Transient
from adapters.http import call_deadline
from adapters.testing.kit.channel import SimulatedChannel
from schemas.channel import Verb
from schemas.listing import Pending, Receipt, Rendition

MAX_MOVES: Final = 120
"""A publish that has not settled after so many moves never will."""
LEASE: Final = timedelta(seconds=60)
PAUSE: Final = timedelta(seconds=30)
"""Time that passes before something is tried again, where nobody says how long."""


class Move(StrEnum):
    """What is done next."""

    PUBLISH = "publish"
    RESUME = "resume"
    LOOK = "look"
    """A call was made and nobody knows what came of it: look before anything is sent."""
    ASK = "ask"
    """The channel cannot be asked; only a person can tell."""
    NOTHING = "nothing"


class PersonNeeded(Exception):
    """The publish cannot go on by itself."""


class NeverSettled(AssertionError):
    """The publish went on and on."""


@dataclass(slots=True)
class Standing:
    """How far a publish has come, as the core keeps it in a row."""

    began: datetime | None = None
    pending: Pending | None = None
    unsure_at: datetime | None = None
    receipt: Receipt | None = None


def next_move(standing: Standing, capabilities: Capabilities) -> Move:
    """Choose the next move. Pure."""
    if standing.unsure_at is not None and capabilities.visible_steps:
        can_look = Verb.FIND in capabilities.verbs and capabilities.lookup_settles_after is not None
        return Move.LOOK if can_look else Move.ASK
    if standing.receipt is not None:
        return Move.NOTHING
    return Move.PUBLISH if standing.pending is None else Move.RESUME


class Driver:
    """Carries publishes on. Time passes on the channel's clock, so nothing is waited for in earnest."""

    def __init__(self, adapter: ChannelAdapter, channel: SimulatedChannel) -> None:
        self._adapter = adapter
        self._channel = channel
        self.standing = Standing()
        """How far the last publish has come, also where it ended in an error."""
        self.last_pending: Pending | None = None
        """Where it stood before its last step; what a crash would leave in the row."""

    def publish(
        self,
        rendition: Rendition,
        *,
        begun: Pending | None = None,
        lose_step: int | None = None,
        lease: timedelta = LEASE,
    ) -> Receipt:
        """Publish until it is settled.

        Args:
            rendition: What is published.
            begun: Where it stands already; None begins it.
            lose_step: Forget how the call of that number (from 0) ended, as if the process had died right after it.
            lease: How long one step may take, in real time.

        Raises:
            PersonNeeded: The channel cannot be asked whether a lost call took effect, or only a person moves it on.
            NeverSettled: It does not come to an end.
            ChannelError: A refusal that no waiting mends.
        """
        self.standing = standing = Standing(pending=begun)
        sent = 0
        for _ in range(MAX_MOVES):
            match next_move(standing, self._adapter.capabilities):
                case Move.NOTHING:
                    return _settled(standing)
                case Move.ASK:
                    raise PersonNeeded("nobody can tell whether the listing is out")
                case Move.LOOK:
                    self._look(standing, rendition)
                case Move.PUBLISH | Move.RESUME:
                    with call_deadline(lease):
                        self._send(standing, rendition, is_lost=sent == lose_step)
                    sent += 1
        raise NeverSettled(f"still not settled after {MAX_MOVES} moves: {standing}")

    def _send(self, standing: Standing, rendition: Rendition, *, is_lost: bool) -> None:
        now = self._channel.clock.now()
        standing.began = standing.began or now
        try:
            answer = self._call(standing, rendition)
        except Throttled as error:
            self._channel.advance(PAUSE if error.retry_after is None else error.retry_after)
        except Transient:
            self._channel.advance(PAUSE)
        except OutcomeUnknown:
            standing.unsure_at = self._channel.clock.now()
        else:
            if is_lost:
                standing.unsure_at = self._channel.clock.now()
            else:
                self._take(standing, answer)

    def _call(self, standing: Standing, rendition: Rendition) -> Receipt | Pending:
        if standing.pending is None:
            return self._adapter.publish(rendition)
        self.last_pending = standing.pending
        return self._adapter.resume(rendition, standing.pending)

    def _take(self, standing: Standing, answer: Receipt | Pending) -> None:
        standing.unsure_at = None
        if isinstance(answer, Receipt):
            standing.receipt = answer
            return
        if answer.needs_person:
            raise PersonNeeded("the channel is served by a person")
        standing.pending = answer
        self._channel.advance(answer.check_after)

    def _look(self, standing: Standing, rendition: Rendition) -> None:
        """Look for what a lost call may have left: adopt it, carry it on, wait, or know that it is not there."""
        began, unsure_at = standing.began or self._channel.clock.now(), standing.unsure_at
        try:
            found = self._adapter.find_by_marker(rendition.marker, since=began, pending=standing.pending)
        except Throttled as error:
            self._channel.advance(PAUSE if error.retry_after is None else error.retry_after)
            return
        except Transient:
            self._channel.advance(PAUSE)
            return
        if found:
            ours = next((remote for remote in found if remote.visible), found[0])
            receipt = Receipt(external_id=ours.external_id, permalink=ours.permalink, remote=ours.remote)
            self._take(standing, receipt if ours.visible else _to_carry_on(receipt))
            return
        self._absent(standing, unsure_at or began)

    def _absent(self, standing: Standing, unsure_at: datetime) -> None:
        """Believe an empty look only once the channel has settled."""
        settles = self._adapter.capabilities.lookup_settles_after or timedelta(0)
        rest = settles - (self._channel.clock.now() - unsure_at)
        if rest > timedelta(0):
            self._channel.advance(rest)
        else:
            standing.unsure_at = None


def _to_carry_on(receipt: Receipt) -> Pending:
    return Pending(progress=receipt.remote, check_after=timedelta(0))


def _settled(standing: Standing) -> Receipt:
    if standing.receipt is None:
        raise NeverSettled("settled without a receipt")
    return standing.receipt
