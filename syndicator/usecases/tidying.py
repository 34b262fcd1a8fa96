"""More than one listing of ours under one marker: the hidden extras of a crash are deleted, visible ones never.

A lost answer can leave a hidden listing behind (a shop product that was created but not shown). Deleting it is safe only
where it is surely ours and surely unseen, which the adapter looks at once more before it deletes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from adapters.base import ChannelAdapter, TidyingAdapter
from adapters.errors import ChannelError
from schemas.ids import ExternalId
from schemas.listing import ListingRef, RemoteListing
from syndicator.domain.plan import StepKind
from syndicator.usecases.outcomes import Ending, Work

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Other listings under the same marker: those deleted, and those that buyers see."""

    deleted: tuple[ExternalId, ...] = ()
    seen: tuple[str, ...] = ()
    kept: str = ""

    def told(self, ending: Ending) -> Ending:
        """Return the ending with what was found beside the listing."""
        if self.deleted:
            message = f"hidden twins deleted: {', '.join(self.deleted)}"
            ending = replace(ending, attempt=replace(ending.attempt, message=message))
        if not self.seen:
            return ending
        notice = (
            f"buyers see {len(self.seen) + 1} listings; kept {self.kept}. Remove the others by hand in the channel's own "
            f"app, then discard this letter: {', '.join(self.seen)}"
        )
        return replace(ending, notice=notice)


def kept_of(remotes: Sequence[RemoteListing]) -> RemoteListing:
    """Choose the listing to keep of those found, oldest first: the oldest that buyers see, else the first."""
    return next((remote for remote in remotes if remote.visible), remotes[0])


def tidy(work: Work, adapter: ChannelAdapter, kept: ExternalId, found: Sequence[RemoteListing]) -> Twins:
    """Delete the hidden listings beside the one kept, where the channel can leave such; name the visible ones.

    Raises:
        ChannelError: One could not be deleted; whatever the step was, it is done again.
    """
    others = [remote for remote in found if remote.external_id != kept]
    seen = tuple(remote.permalink or remote.external_id for remote in others if remote.visible)
    if seen:
        log.error("listing.duplicate_found", listing=work.listing.id, count=len(seen) + 1)
    deleted: tuple[ExternalId, ...] = ()
    if isinstance(adapter, TidyingAdapter):
        deleted = tuple(_discard(work, adapter, remote) for remote in others if not remote.visible)
    return Twins(deleted=tuple(one for one in deleted if one), seen=seen, kept=kept)


def look_for_twins(work: Work, adapter: ChannelAdapter, kept: ExternalId) -> Twins:
    """Look for what an earlier try of this publish left behind; a first try leaves nothing and costs no look.

    The publish has succeeded, so a failure here is only logged.
    """
    is_publish = work.step.kind in {StepKind.PUBLISH, StepKind.RESUME}
    if not (is_publish and work.listing.attempts and isinstance(adapter, TidyingAdapter)):
        return Twins()
    try:
        found = adapter.find_by_marker(work.rendition.marker, since=work.listing.wished_at)
        return tidy(work, adapter, kept, found)
    except ChannelError as exc:
        log.warning("listing.twins_not_looked_for", listing=work.listing.id, error=exc.message)
        return Twins()


def _discard(work: Work, adapter: TidyingAdapter, remote: RemoteListing) -> ExternalId:
    """Return the id of what was deleted, "" where the adapter left it alone."""
    ref = ListingRef(external_id=remote.external_id, marker=work.rendition.marker, remote=remote.remote)
    if not adapter.discard(ref):
        return ExternalId("")
    log.warning("listing.hidden_twin_deleted", listing=work.listing.id, external_id=remote.external_id)
    return remote.external_id
