"""The steps of a publish: containers, waiting, quota, the one visible call. Each may be repeated from its progress."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.base import AdapterContext
from adapters.errors import ChannelError, OutcomeUnknown, Throttled
from adapters.instagram.client import Container, ContainerState, InstagramClient, Media
from adapters.instagram.errors import (
    CHANNEL,
    container_refusal,
    is_missing,
    is_not_ready,
    is_worth_another_try,
    unprepared,
)
from adapters.instagram.limits import CONTAINER_LIFETIME, MAX_LOOKS, QUOTA_LOOK
from adapters.instagram.progress import Progress
from adapters.meta_graph.errors import problem_from
from adapters.meta_graph.paging import carries, entries_since
from adapters.meta_graph.sentences import DAILY_QUOTA
from schemas.ids import ExternalId
from schemas.listing import Marker, Pending, Receipt, Rendition


class Publishing:
    """Carries one rendition from pictures to a live post."""

    def __init__(self, context: AdapterContext, client: InstagramClient, rendition: Rendition) -> None:
        self._context = context
        self._client = client
        self._rendition = rendition

    def build(self, progress: Progress) -> Pending:
        """Make the containers that are still missing, none of which anybody sees.

        One picture that could not be fetched does not undo the others: what exists stays in the progress.

        Raises:
            ChannelError: A refusal that repeating does not mend, or too many that it should have.
        """
        alts: Sequence[str] = self._rendition.body["alts"]
        urls = [self._context.pictures.url(key) for key in self._rendition.pictures]
        try:
            for url, alt in list(zip(urls, alts, strict=True))[len(progress.children) :]:
                if len(urls) == 1:
                    return self._built(progress, self._client.create_single(url, self._caption, alt))
                child = self._client.create_child(url, alt)
                progress = replace(progress, children=(*progress.children, child))
            return self._built(progress, self._client.create_carousel(progress.children, self._caption))
        except ChannelError as error:
            if not is_worth_another_try(error) or not progress.may_fail_again:
                raise
            return progress.failed().pending()

    def advance(self, progress: Progress) -> Receipt | Pending:
        """Take the next step from where the progress stands.

        Raises:
            ChannelError: The class says what happens next.
        """
        if progress.container is None:
            return self.build(progress.renewed(self._rendition) if self._is_outdated(progress) else progress)
        try:
            state = self._client.container(progress.container)
        except ChannelError as error:
            if not is_missing(error):
                raise
            return self._unseen(progress, error)
        return self._from_state(progress, progress.container, state)

    def _from_state(self, progress: Progress, container: str, state: Container) -> Receipt | Pending:
        """Take the step that a container's state asks for."""
        if state.status_code is ContainerState.PUBLISHED:
            return self.adopt(progress)
        if self._is_outdated(progress):
            # The product was changed meanwhile; what waits there would be published with the old words.
            return self._restart(progress, progress.renewed(self._rendition))
        if state.status_code is ContainerState.FINISHED:
            return self._publish(progress, container)
        if state.status_code is ContainerState.IN_PROGRESS and progress.looks < MAX_LOOKS.value:
            return progress.looked().pending()
        return self._rebuild(progress, state.status)

    def _is_outdated(self, progress: Progress) -> bool:
        return progress.made_for != self._rendition.fingerprint

    def _unseen(self, progress: Progress, error: ChannelError) -> Receipt | Pending:
        """Go on from a container that cannot be read.

        It may be a passing fault of reads, so the containers are kept and looked at again; after a day they have
        expired in any case and new ones are made, unless the post is out.

        Raises:
            ChannelError: It stays unreadable.
        """
        if self._context.clock.now() - progress.since > CONTAINER_LIFETIME:
            return self._restart(progress, progress.renewed(self._rendition))
        if progress.may_fail_again:
            return progress.failed().pending()
        raise error

    def adopt(self, progress: Progress) -> Receipt | Pending:
        """Find the post of a container that says it is published; the container never tells its id.

        Raises:
            OutcomeUnknown: It stays unfindable by its marker.
            ChannelError: The list could not be read.
        """
        found = find_media(self._client, self._rendition.marker, progress.since)
        if found:
            return self._adopted(progress, found[0])
        if progress.looks < MAX_LOOKS.value:
            return progress.looked().pending()
        raise OutcomeUnknown("Instagram says the post is published, but its list does not show it")

    def _publish(self, progress: Progress, container: str) -> Receipt | Pending:
        """Make the visible call, if the quota allows it."""
        self._respect_quota()
        try:
            media = self._client.publish(container)
        except ChannelError as error:
            return self._after_refusal(progress, container, error)
        return receipt(media, self._permalink(media))

    def _after_refusal(self, progress: Progress, container: str, error: ChannelError) -> Receipt | Pending:
        """Look at the container after a failed publish: refusals have been seen although the post went out.

        Raises:
            ChannelError: The failure itself, where the container does not say that the post is out.
        """
        if is_not_ready(error):
            return progress.looked().pending()
        if isinstance(error, Throttled):
            raise error
        try:
            is_out = self._client.container(container).status_code is ContainerState.PUBLISHED
        except ChannelError:
            raise error from None
        if is_out:
            return self.adopt(progress)
        if is_worth_another_try(error) and error.vendor_code is not None:
            # The channel said that nothing was done: try again, then once more with new containers.
            if progress.may_fail_again:
                return progress.failed().pending()
            if progress.is_at_last_try:
                return progress.rebuilt().pending()
        raise error

    def _rebuild(self, progress: Progress, status: str | None) -> Receipt | Pending:
        """Start over with new containers, unless the pictures are to blame.

        Raises:
            Rejected: The channel names a fault of the content, or has failed too often.
            ChannelError: The list could not be read.
        """
        if refusal := container_refusal(status):
            raise refusal
        if not progress.may_fail_again:
            raise unprepared(status)
        return self._restart(progress, progress.rebuilt())

    def _restart(self, progress: Progress, fresh: Progress) -> Receipt | Pending:
        """Make new containers, unless the post is out after all."""
        found = find_media(self._client, self._rendition.marker, progress.since)
        return self._adopted(progress, found[0]) if found else self.build(fresh)

    def _adopted(self, progress: Progress, media: Media) -> Receipt:
        """Say that the post is out, and whether it may carry older words than the rendition."""
        found = receipt(media.id, media.permalink)
        return replace(found, may_be_outdated=self._is_outdated(progress))

    def _respect_quota(self) -> None:
        """Read the account's own quota; documents give 50 and 100, so neither is assumed.

        Raises:
            Throttled: The quota is used up.
        """
        quota = self._client.quota()
        if quota is not None and quota.quota_usage >= quota.config.quota_total:
            raise Throttled(
                f"the publishing quota is used up: {quota.quota_usage} of {quota.config.quota_total}",
                retry_after=timedelta(seconds=min(QUOTA_LOOK.value, quota.config.quota_duration)),
                problem=problem_from(DAILY_QUOTA, CHANNEL),
            )

    def _permalink(self, media: str) -> str | None:
        """Read the public address; the post is out, so a failure here must not fail the publish."""
        try:
            return self._client.media(media).permalink
        except ChannelError:
            return None

    @property
    def _caption(self) -> str:
        return str(self._rendition.body["caption"])

    def _built(self, progress: Progress, container: str) -> Pending:
        return replace(progress, container=container, looks=0).pending()


def find_media(client: InstagramClient, marker: Marker, since: datetime) -> Sequence[Media]:
    """Find the posts made since then that carry the marker, oldest first."""
    entries = entries_since(client.media_since(since), lambda media: media.timestamp, since)
    ours = {media.id: media for media in entries if carries(media.caption, marker)}
    return sorted(ours.values(), key=lambda media: media.timestamp)


def receipt(media: str, permalink: str | None) -> Receipt:
    """Say that a post is live."""
    return Receipt(external_id=ExternalId(media), permalink=permalink, remote={"permalink": permalink})
