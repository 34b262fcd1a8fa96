"""The planner: wanted + sent + capabilities -> the one next step. Pure; planning twice from one state plans the same.

It decides *what*; ``usecases.reconcile_listing`` does it and ``policy`` decides what follows from the outcome.
"""

from dataclasses import dataclass
from enum import StrEnum

from adapters.base import Capabilities, Fallback, StockMode
from schemas.channel import Part, Verb
from schemas.listing import Rendition
from syndicator.domain.listing import Listing, Wanted


class StepKind(StrEnum):
    """What the planner can choose."""

    NOTHING = "nothing"
    """The channel already has what is wanted."""
    VERIFY = "verify"
    """A visible step was begun and its outcome is unknown: look before anything is sent."""
    PUBLISH = "publish"
    RESUME = "resume"
    UPDATE = "update"
    SET_STOCK = "set_stock"
    COMMENT = "comment"
    WITHDRAW = "withdraw"
    REPUBLISH = "republish"
    """Withdraw first; the next step publishes anew."""
    ASK = "ask"
    """Only a person can do it, or only a person can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next step of a listing and the parts it brings to what is wanted."""

    kind: StepKind
    parts: frozenset[Part] = frozenset()

    @property
    def verb(self) -> Verb | None:
        """The adapter verb whose intent is committed first; None where nothing on the channel changes."""
        return _VERBS.get(self.kind)


_VERBS = {
    StepKind.PUBLISH: Verb.PUBLISH,
    StepKind.RESUME: Verb.PUBLISH,
    StepKind.UPDATE: Verb.UPDATE,
    StepKind.SET_STOCK: Verb.SET_STOCK,
    StepKind.COMMENT: Verb.COMMENT,
    StepKind.WITHDRAW: Verb.WITHDRAW,
    StepKind.REPUBLISH: Verb.WITHDRAW,
}

NOTHING = Step(kind=StepKind.NOTHING)


def plan(listing: Listing, rendition: Rendition, capabilities: Capabilities) -> Step:
    """Choose the next step.

    An unresolved publish comes before everything, a wish to withdraw included: what may be visible must be known first.
    """
    if _is_unsure(listing, capabilities):
        can_tell = Verb.FIND in capabilities.verbs and capabilities.lookup_settles_after is not None
        return Step(kind=StepKind.VERIFY if can_tell else StepKind.ASK)
    if listing.wanted is Wanted.WITHDRAWN:
        return Step(kind=StepKind.WITHDRAW) if listing.external_id is not None else NOTHING
    if listing.external_id is None:
        return _publish_step(listing, rendition)
    return _change_step(listing, rendition, capabilities)


def _is_unsure(listing: Listing, capabilities: Capabilities) -> bool:
    # Every other verb is absolute or looks before it repeats, so running it again answers the question by itself.
    return listing.intent is not None and listing.intent.verb is Verb.PUBLISH and capabilities.visible_steps


def _publish_step(listing: Listing, rendition: Rendition) -> Step:
    kind = StepKind.RESUME if listing.pending is not None else StepKind.PUBLISH
    return Step(kind=kind, parts=frozenset(rendition.parts))


def changed_parts(listing: Listing, rendition: Rendition) -> frozenset[Part]:
    """Return the parts whose wanted fingerprint differs from what was last sent."""
    return frozenset(part for part, value in rendition.parts.items() if listing.sent.get(part) != value)


def _change_step(listing: Listing, rendition: Rendition, capabilities: Capabilities) -> Step:
    changed = changed_parts(listing, rendition)
    if Part.STOCK in changed and capabilities.stock is StockMode.QUANTITY:
        return Step(kind=StepKind.SET_STOCK, parts=frozenset({Part.STOCK}))
    by_fallback = {
        fallback: frozenset(p for p in changed if capabilities.fallbacks.get(p) is fallback)
        for fallback in Fallback
    }
    if by_fallback[Fallback.REPUBLISH]:
        return Step(kind=StepKind.REPUBLISH, parts=frozenset(rendition.parts))
    if editable := changed & capabilities.editable:
        return Step(kind=StepKind.UPDATE, parts=editable)
    if by_fallback[Fallback.COMMENT]:
        return Step(kind=StepKind.COMMENT, parts=by_fallback[Fallback.COMMENT])
    if by_fallback[Fallback.ASK]:
        return Step(kind=StepKind.ASK, parts=by_fallback[Fallback.ASK])
    return NOTHING
