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


class Ask(StrEnum):
    """What a person is asked for."""

    UNCONFIRMED = "unconfirmed"
    """Whether a publish took effect: the channel cannot be asked."""
    PUBLISH = "publish"
    EDIT = "edit"
    """The step's parts of a live listing."""
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next step of a listing and the parts it brings to what is wanted; ``ask`` is set where a person is asked."""

    kind: StepKind
    parts: frozenset[Part] = frozenset()
    ask: Ask | None = None

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
    A verb that the channel does not declare is never planned: a person is asked to do it instead.
    """
    if _is_unsure(listing, capabilities):
        return _verify_step(capabilities)
    if _is_perhaps_withdrawn(listing):
        # Wanted or not by now: only a listing that is gone for certain can be published anew without a doubt.
        return Step(kind=StepKind.WITHDRAW)
    if listing.wanted is Wanted.WITHDRAWN:
        return _withdraw_step(listing, capabilities)
    if listing.external_id is None:
        return _publish_step(listing, rendition, capabilities)
    return _change_step(listing, rendition, capabilities)


def _is_unsure(listing: Listing, capabilities: Capabilities) -> bool:
    # Every other verb is absolute or looks before it repeats: running it again answers the question by itself.
    return listing.intent is not None and listing.intent.verb is Verb.PUBLISH and capabilities.visible_steps


def _is_perhaps_withdrawn(listing: Listing) -> bool:
    is_begun = listing.intent is not None and listing.intent.verb is Verb.WITHDRAW
    return is_begun and listing.external_id is not None


def _verify_step(capabilities: Capabilities) -> Step:
    if Verb.FIND in capabilities.verbs and capabilities.lookup_settles_after is not None:
        return Step(kind=StepKind.VERIFY)
    return Step(kind=StepKind.ASK, ask=Ask.UNCONFIRMED)


def _withdraw_step(listing: Listing, capabilities: Capabilities) -> Step:
    if listing.external_id is not None:
        if Verb.WITHDRAW in capabilities.verbs:
            return Step(kind=StepKind.WITHDRAW)
        return Step(kind=StepKind.ASK, ask=Ask.WITHDRAW)
    if listing.begun_at is not None and capabilities.visible_steps:
        # A publish stands half-way; its last look may have been answered "pending" although buyers see it already.
        return _verify_step(capabilities)
    return NOTHING


def _publish_step(listing: Listing, rendition: Rendition, capabilities: Capabilities) -> Step:
    if Verb.PUBLISH not in capabilities.verbs:
        return Step(kind=StepKind.ASK, ask=Ask.PUBLISH)
    kind = StepKind.RESUME if listing.pending is not None else StepKind.PUBLISH
    return Step(kind=kind, parts=frozenset(rendition.parts))


def changed_parts(listing: Listing, rendition: Rendition) -> frozenset[Part]:
    """Return the parts whose wanted fingerprint differs from what was last sent.

    A part is left alone while the seller wants of it what she wanted when the channel's own version was accepted.
    """
    return frozenset(
        part
        for part, value in rendition.parts.items()
        if value not in {listing.sent.get(part), listing.accepted.get(part)}
    )


def _change_step(listing: Listing, rendition: Rendition, capabilities: Capabilities) -> Step:
    changed = changed_parts(listing, rendition)
    verbs = capabilities.verbs
    counts_units = capabilities.stock is StockMode.QUANTITY
    if Part.STOCK in changed and counts_units and Verb.SET_STOCK in verbs:
        return Step(kind=StepKind.SET_STOCK, parts=frozenset({Part.STOCK}))
    if _falling_back(changed, Fallback.REPUBLISH, capabilities) and {Verb.WITHDRAW, Verb.PUBLISH} <= verbs:
        return Step(kind=StepKind.REPUBLISH, parts=frozenset(rendition.parts))
    if (editable := changed & capabilities.editable) and Verb.UPDATE in verbs:
        return Step(kind=StepKind.UPDATE, parts=editable)
    said = _falling_back(changed, Fallback.COMMENT, capabilities)
    if said and Verb.COMMENT in verbs:
        return Step(kind=StepKind.COMMENT, parts=said)
    compared = capabilities.editable | set(capabilities.fallbacks) | ({Part.STOCK} if counts_units else set())
    if by_hand := changed & compared:
        return Step(kind=StepKind.ASK, parts=by_hand, ask=Ask.EDIT)
    return NOTHING


def _falling_back(
    changed: frozenset[Part], fallback: Fallback, capabilities: Capabilities
) -> frozenset[Part]:
    return frozenset(part for part in changed if capabilities.fallbacks.get(part) is fallback)
