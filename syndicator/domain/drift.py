"""What a channel shows against what was sent and what is wanted: what counts as drift, and what is done about it. Pure.

Three things are compared. A part whose wanted fingerprint is not the sent one is still on its way, so what the channel shows
of it proves nothing. Only where wanted and sent agree and the channel shows something else did somebody change it there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from adapters.base import Capabilities, Fallback, StockMode
from adapters.observing import Difference
from schemas.channel import Lane, Part, Verb
from schemas.listing import RemoteListing, Rendition, fingerprint
from syndicator.domain.listing import Listing


class DriftKind(StrEnum):
    """What is not as it was sent."""

    TEXT_EDITED = "text_edited"
    PRICE_EDITED = "price_edited"
    STOCK_EDITED = "stock_edited"
    PICTURES_EDITED = "pictures_edited"
    DETAILS_EDITED = "details_edited"
    HIDDEN = "hidden"
    """The listing is there, and buyers do not see it."""
    DELETED = "deleted"
    """The channel says that there is no such listing any more."""

    @property
    def part(self) -> Part | None:
        """The part that was edited; None where the whole listing is concerned."""
        return _PARTS.get(self)


_PARTS: Final = {
    DriftKind.TEXT_EDITED: Part.TEXT,
    DriftKind.PRICE_EDITED: Part.PRICE,
    DriftKind.STOCK_EDITED: Part.STOCK,
    DriftKind.PICTURES_EDITED: Part.PICTURES,
    DriftKind.DETAILS_EDITED: Part.DETAILS,
}
_KINDS: Final = {part: kind for kind, part in _PARTS.items()}


class Policy(StrEnum):
    """Whose word holds."""

    OURS = "ours"
    """What is wanted here is sent again."""
    THEIRS = "theirs"
    """What the channel shows stays, until the seller changes that part here."""
    ASK = "ask"
    """The seller says."""


class Action(StrEnum):
    """What was done about drift."""

    SENT_AGAIN = "sent_again"
    ACCEPTED = "accepted"
    ASKED = "asked"


class DriftPolicies(BaseModel):
    """Whose word holds on one account, by what was changed; None takes the default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Policy | None = None
    price: Policy | None = None
    stock: Policy | None = None
    pictures: Policy | None = None
    details: Policy | None = None
    hidden: Policy | None = None
    deleted: Policy | None = None

    def chosen(self, kind: DriftKind) -> Policy | None:
        """Return what a person chose; None where nobody did."""
        held: Policy | None = getattr(self, name_of(kind))
        return held


POLICY_NAMES: Final = tuple(DriftPolicies.model_fields)
_LANES: Final = {Part.STOCK: Lane.STOCK, Part.PRICE: Lane.PRICE}


def name_of(kind: DriftKind) -> str:
    """Return the name under which the policy of a kind is chosen."""
    return kind.value if kind.part is None else kind.part.value


def lane_of(kind: DriftKind) -> Lane:
    """Return in which lane the listing is mended."""
    return Lane.CONTENT if kind.part is None else _LANES.get(kind.part, Lane.CONTENT)


def can_send_again(kind: DriftKind, capabilities: Capabilities) -> bool:
    """Say whether the system itself can bring the channel back to what is wanted."""
    if kind is DriftKind.HIDDEN:
        # A withdrawn listing that stays is shown again by a publish; elsewhere nothing shows a hidden one.
        return capabilities.withdrawn_stays and Verb.PUBLISH in capabilities.verbs
    if kind is DriftKind.DELETED:
        return Verb.PUBLISH in capabilities.verbs
    return _can_edit(kind, capabilities) or _fallback(kind, capabilities) in {
        Fallback.COMMENT,
        Fallback.REPUBLISH,
    }


def policy_for(kind: DriftKind, policies: DriftPolicies, capabilities: Capabilities) -> Policy:
    """Return whose word holds.

    Without a choice a part that the channel edits in place is sent again. What would take a new listing or a public comment is
    asked first, as is what somebody hid or deleted: perhaps it was meant.
    """
    chosen = policies.chosen(kind)
    if chosen is None:
        return Policy.OURS if kind.part is not None and _can_edit(kind, capabilities) else Policy.ASK
    if chosen is Policy.OURS and not can_send_again(kind, capabilities):
        return Policy.ASK
    return chosen


def _can_edit(kind: DriftKind, capabilities: Capabilities) -> bool:
    part = kind.part
    if part is None:
        return False
    if (
        part is Part.STOCK
        and capabilities.stock is StockMode.QUANTITY
        and Verb.SET_STOCK in capabilities.verbs
    ):
        return True
    return part in capabilities.editable and Verb.UPDATE in capabilities.verbs


def _fallback(kind: DriftKind, capabilities: Capabilities) -> Fallback | None:
    return None if kind.part is None else capabilities.fallbacks.get(kind.part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One drift of one listing; ``wanted`` and ``seen`` in words a person can compare."""

    kind: DriftKind
    wanted: str
    seen: str


MOST_WORDS: Final = 500
"""Code points kept of what was wanted and seen."""
VISIBLE: Final = "visible"
HIDDEN: Final = "hidden"
GONE: Final = "gone"
"""Words for what concerns the whole listing; ``drift_sentences`` says them in the reader's language."""

SEEN_HIDDEN: Final = Found(kind=DriftKind.HIDDEN, wanted=VISIBLE, seen=HIDDEN)
SEEN_GONE: Final = Found(kind=DriftKind.DELETED, wanted=VISIBLE, seen=GONE)


def find_drift(
    listing: Listing,
    rendition: Rendition,
    remote: RemoteListing,
    differences: Mapping[Part, Difference],
) -> Sequence[Found]:
    """Return what somebody changed on the channel.

    A hidden listing is told of alone: what becomes of it decides over its parts. A part that is not in sync yet is passed
    over, and so is one whose version on the channel was accepted and that the seller has not changed since.
    """
    if not remote.visible:
        return [SEEN_HIDDEN]
    return [
        Found(kind=_KINDS[part], wanted=difference.wanted[:MOST_WORDS], seen=difference.seen[:MOST_WORDS])
        for part, difference in sorted(differences.items())
        if _is_settled(listing, rendition, part)
    ]


def _is_settled(listing: Listing, rendition: Rendition, part: Part) -> bool:
    wanted = rendition.parts.get(part)
    return wanted is not None and listing.sent.get(part) == wanted and listing.accepted.get(part) != wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The same drift as an earlier read found it, still open. ``is_resent``: something was sent to the listing since."""

    policy: Policy
    action: Action
    seen: str
    is_resent: bool = False


def action_for(found: Found, policy: Policy, before: Before | None) -> Action:
    """Return what is done about a drift.

    What was sent again and shows the very same afterwards is not sent for ever: somebody, or the channel itself, insists,
    so a person is asked. And what a person was asked, or decided, stays as it is while the channel shows the same and nobody
    chooses another policy.
    """
    if before is not None and before.seen == found.seen and before.policy is policy:
        if before.action is not Action.SENT_AGAIN:
            return before.action
        if before.is_resent:
            return Action.ASKED
    return {Policy.OURS: Action.SENT_AGAIN, Policy.THEIRS: Action.ACCEPTED, Policy.ASK: Action.ASKED}[policy]


def mark_of(remote: RemoteListing, beside: Mapping[str, Any]) -> str:
    """Return a short hash of what was seen beside what it was compared with.

    A listing whose mark is that of its last comparison, which found nothing, need not be rendered to find nothing again.
    """
    return fingerprint({"visible": remote.visible, "seen": dict(remote.seen), "beside": dict(beside)})
