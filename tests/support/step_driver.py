"""Carry one listing through the real planner, outcomes and adapter, without a database: what the core does around a call.

The row is a dictionary, written as ``ListingRepository`` writes it. The wire may be cut at any mutating call.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import httpx

from adapters.base import ChannelAdapter
from adapters.testing.sandbox.control import SandboxControl
from schemas.channel import Verb
from schemas.listing import Rendition
from syndicator.domain.listing import Intent, Listing
from syndicator.domain.plan import StepKind, plan
from syndicator.store.listing_rows import listing_of
from syndicator.usecases.outcomes import Ending, Work
from syndicator.usecases.reconcile_listing import _perform_one
from tests.support.app import POLICY
from tests.support.factories import FixedClock

MOST_STEPS = 60


class Cut(StrEnum):
    """What happens to a mutating call that is cut off."""

    LOST_BEFORE = "lost before the effect"
    LOST_AFTER = "lost after the effect"
    KILLED_BEFORE = "killed before the effect"
    KILLED_AFTER = "killed after the effect"

    @property
    def has_effect(self) -> bool:
        return self in {Cut.LOST_AFTER, Cut.KILLED_AFTER}


class Killed(BaseException):
    """Stands for kill -9: nothing behind it runs."""


@dataclass
class CutWire(httpx.BaseTransport):
    """Sends requests on, but for those mutating ones whose number (from 1) is to be cut."""

    inner: httpx.BaseTransport = field(default_factory=httpx.HTTPTransport)
    cuts: dict[int, Cut] = field(default_factory=dict)
    mutating: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self.inner.handle_request(request)
        self.mutating += 1
        cut = self.cuts.get(self.mutating)
        if cut is None:
            return self.inner.handle_request(request)
        if cut.has_effect:
            self.inner.handle_request(request).read()
        if cut in {Cut.KILLED_BEFORE, Cut.KILLED_AFTER}:
            raise Killed
        raise httpx.ReadTimeout("the answer was lost", request=request)

    def close(self) -> None:
        self.inner.close()


@dataclass
class StepDriver:
    """One listing on one account of the sandbox."""

    adapter: ChannelAdapter
    control: SandboxControl
    clock: FixedClock
    render: Callable[[str], Rendition]
    """Makes the rendition under a marker's token."""
    row: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.row = {
            **dict.fromkeys(
                (
                    "external_id",
                    "pending",
                    "intent_verb",
                    "intent_at",
                    "intent_parts",
                    "unsure_at",
                    "stock_changed_at",
                    "request_id",
                )
            ),
            **dict.fromkeys(("id", "seller_id", "product_id", "account_id", "wish", "publication"), 1),
            "wanted": "live",
            "wished_at": self.clock.now(),
            "remote": {},
            "sent": {},
            "accepted": {},
            "attempts": 0,
        }

    @property
    def listing(self) -> Listing:
        return listing_of(SimpleNamespace(**self.row))  # type: ignore[arg-type]

    def want(self, wanted: str) -> None:
        self.row |= {"wanted": wanted, "wish": self.row["wish"] + 1, "attempts": 0}

    def run(self) -> None:
        """Take steps until the planner has none; buyers never see two listings in between."""
        for _ in range(MOST_STEPS):
            if not self.step():
                return
            assert len(self.control.visible()) <= 1, self.steps
        raise AssertionError(f"the listing does not come to rest: {self.steps}")

    def step(self) -> bool:
        """Take the next step; return whether there was one."""
        listing = self.listing
        rendition = self.render(f"SY000000{listing.publication}")
        step = plan(listing, rendition, self.adapter.capabilities)
        if step.kind is StepKind.NOTHING:
            return False
        assert step.kind is not StepKind.ASK, self.steps
        if step.verb is not None:
            self._begin(listing, step.verb, rendition)
        elif listing.intent is None:
            # A publish that stands half-way is looked up before it is given up; see ``claiming``.
            self._doubt(listing)
            listing = self.listing
        work = Work(
            listing=listing,
            rendition=rendition,
            capabilities=self.adapter.capabilities,
            label="channel",
            step=step,
            planned_at=self.clock.now(),
        )
        try:
            self._record(work, _perform_one(work, self.adapter, POLICY, self.clock))
        except Killed:
            self._lose(work)
        return True

    def _begin(self, listing: Listing, verb: Verb, rendition: Rendition) -> None:
        parts = {part.value: value for part, value in rendition.parts.items()}
        intent = Intent(verb=verb, since=listing.begun_at or self.clock.now())
        self.row |= {
            "intent_verb": verb.value,
            "intent_at": intent.since,
            "intent_parts": parts,
            "unsure_at": None,
        }

    def _doubt(self, listing: Listing) -> None:
        since = listing.begun_at or self.clock.now()
        self.row |= {"intent_verb": Verb.PUBLISH.value, "intent_at": since, "unsure_at": self.clock.now()}

    def _record(self, work: Work, ending: Ending) -> None:
        self.steps.append((work.step.kind.value, ending.attempt.outcome))
        assert ending.dead_cause is None, (self.steps, ending)
        assert ending.notice is None, (self.steps, ending)
        self.row |= {**ending.outcome.values, "attempts": ending.outcome.attempts}
        self._pass(ending.outcome.due_in or timedelta(0))

    def _lose(self, work: Work) -> None:
        """The worker is gone; its lease runs out and the next one dates the doubt."""
        self.steps.append((work.step.kind.value, "killed"))
        self._pass(timedelta(seconds=45))
        self.row |= {"attempts": self.row["attempts"] + 1}
        if self.row["intent_verb"] is not None and self.row["unsure_at"] is None:
            self.row["unsure_at"] = self.clock.now()

    def _pass(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.control.advance(by.total_seconds())
