"""An Instagram account behind the port: glue between the pure mapping, the publishing steps and the client."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, NoReturn

from adapters.base import AdapterContext, Capabilities, Change, Fallback, StockMode
from adapters.errors import ChannelError, Gone, Transient, Unsupported
from adapters.instagram import mapping
from adapters.instagram.client import ContainerState, InstagramClient, Login, Media
from adapters.instagram.errors import is_missing
from adapters.instagram.limits import MAX_CAPTION, MAX_PICTURES, PICTURE, RENEWAL
from adapters.instagram.mapping import KIND
from adapters.instagram.progress import Progress
from adapters.instagram.publishing import Publishing, find_media
from adapters.meta_graph.paging import carries, entries_since
from adapters.observing import Difference, ListingPage
from adapters.refreshing import Refreshed, Renewal
from schemas.channel import Credentials, Part, Verb
from schemas.ids import ChannelKind, ExternalId, Sku
from schemas.listing import ListingRef, Marker, Offer, Pending, Receipt, RemoteListing, Rendition
from schemas.problem import Problem
from schemas.product import Product

_EVER: Final = datetime(2010, 1, 1, tzinfo=UTC)
"""Before anything was ever posted: comments are looked through from the beginning."""


def _capabilities(login: Login) -> Capabilities:
    """Say what an account can do; only the Facebook login can delete a post (meta.md section 2.1)."""
    can_delete = login is Login.FACEBOOK
    verbs = {Verb.PUBLISH, Verb.COMMENT, Verb.FETCH, Verb.FIND} | ({Verb.WITHDRAW} if can_delete else set())
    renewal = Fallback.REPUBLISH if can_delete else Fallback.ASK
    return Capabilities(
        verbs=frozenset(verbs),
        fallbacks={
            Part.TEXT: renewal,
            Part.PICTURES: renewal,
            Part.PRICE: Fallback.COMMENT,
            Part.STOCK: Fallback.COMMENT,
        },
        stock=StockMode.IN_OUT,
        picture=PICTURE,
        max_pictures=MAX_PICTURES,
        max_text=MAX_CAPTION,
    )


CAPABILITIES: Final = {login: _capabilities(login) for login in Login}


class InstagramAdapter:
    """One professional account. ``account.settings["login"]`` says how it was connected; "facebook" where absent.

    Raises:
        ValueError: The setting names no known login.
    """

    kind: ClassVar[ChannelKind] = KIND

    def __init__(self, context: AdapterContext) -> None:
        self._context = context
        self._login = Login(context.account.settings.get("login", Login.FACEBOOK))
        self._client = InstagramClient(context, self._login)
        can = CAPABILITIES[self._login]
        self._capabilities = replace(can, lookup_settles_after=context.settings.lookup_settles)

    @property
    def capabilities(self) -> Capabilities:
        """What the account can do; it depends on how it was connected."""
        return self._capabilities

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        """Make the post; see ``mapping.render``."""
        return mapping.render(product, offers, marker, self._context.templates)

    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:  # noqa: ARG002 the port's shape
        """Return every rule of the channel the post breaks."""
        return mapping.validate(rendition)

    @property
    def renewal(self) -> Renewal | None:
        """How the token is refreshed: only the one of Instagram's own login expires and can be."""
        return RENEWAL if self._login is Login.INSTAGRAM else None

    def refresh(self) -> Refreshed:
        """Ask for a token with a new life.

        Raises:
            Unsupported: The account was connected through Facebook.
            ChannelError: As the error table says; nothing is spent by asking.
        """
        if self._login is not Login.INSTAGRAM:
            raise Unsupported("a token of the Facebook login is not refreshed here")
        given = self._client.refresh()
        return Refreshed(
            credentials=Credentials({**self._context.credentials.values, "access_token": given.access_token}),
            expires_at=self._context.clock.now() + timedelta(seconds=given.expires_in),
        )

    def check(self) -> None:
        """Read the account with its token.

        Raises:
            ChannelError: The token is dead, lacks the account, or the channel did not answer.
        """
        self._client.read_account()

    def publish(self, rendition: Rendition) -> Pending:
        """Create the containers, which nobody sees; the visible call comes in ``resume``.

        Raises:
            ChannelError: The class says what happens next; never ``OutcomeUnknown``.
        """
        return self._publishing(rendition).build(Progress.start(rendition, self._context.clock.now()))

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        """Look at the container and take the next step.

        A container that is published already is looked up by its marker and never published again.

        Raises:
            ChannelError: The class says what happens next.
        """
        return self._publishing(rendition).advance(Progress.read(pending))

    def update(self, change: Change) -> NoReturn:  # noqa: ARG002 the port's shape
        """Refuse: neither caption nor pictures of a live post can be edited.

        Raises:
            Unsupported: Always.
        """
        raise Unsupported("an Instagram post cannot be edited")

    def set_stock(self, change: Change) -> NoReturn:  # noqa: ARG002 the port's shape
        """Refuse: Instagram has no stock field; "sold out" is said in a comment.

        Raises:
            Unsupported: Always.
        """
        raise Unsupported("Instagram has no stock field")

    def comment(self, change: Change) -> Receipt:
        """Say the new price or availability under the post, unless our last word there says it already.

        Raises:
            Gone: The post no longer exists.
            Unsupported: A part was asked for that comments do not carry.
            ChannelError: As the error table says.
        """
        if not change.parts or not change.parts <= {Part.PRICE, Part.STOCK}:
            raise Unsupported("an Instagram comment says price and availability only")
        text = mapping.change_text(change.rendition, change.parts, self._context.templates)
        media = change.ref.external_id
        try:
            if not self._is_said(media, change.ref.marker, text):
                self._client.comment(media, text)
        except ChannelError as error:
            if is_missing(error) and self.fetch(change.ref) is None:
                raise Gone("the post no longer exists", vendor_code=error.vendor_code) from error
            raise
        return Receipt(
            external_id=media, permalink=change.ref.remote.get("permalink"), remote=change.ref.remote
        )

    def withdraw(self, ref: ListingRef) -> None:
        """Delete the post. A post that is gone already is success.

        Raises:
            Unsupported: The account was connected through Instagram itself, which cannot delete.
            ChannelError: The post stands and could not be deleted.
        """
        if Verb.WITHDRAW not in self.capabilities.verbs:
            raise Unsupported("an account connected through Instagram's own login cannot delete posts")
        try:
            self._client.delete(ref.external_id)
        except ChannelError as error:
            if not is_missing(error) or self.fetch(ref) is not None:
                raise

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        """Read the post back; None when it is gone.

        The channel says the same of a missing post and of one the token may not see, so the account is read too:
        absence is believed only while the account itself answers.

        Raises:
            ChannelError: As the error table says.
        """
        try:
            return _remote(self._client.media(ref.external_id))
        except ChannelError as error:
            if not is_missing(error):
                raise
            self._client.read_account()
            return None

    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        """Find our posts by the marker in their captions, oldest first.

        Raises:
            Transient: The container of ``pending`` says it is published but no list shows the post yet.
            ChannelError: As the error table says.
        """
        found = [_remote(media) for media in find_media(self._client, marker, since)]
        if not found and pending is not None and self._is_published(Progress.read(pending)):
            raise Transient("Instagram says the post is published, but its list does not show it yet")
        return found

    def browse(self, cursor: Mapping[str, Any] | None) -> ListingPage:
        """Read the next hundred of the account's posts; the channel shows its newest ten thousand.

        Raises:
            ChannelError: As the error table says.
        """
        posts, following = self._client.all_media(None if cursor is None else str(cursor["after"]))
        return ListingPage(
            listings=[_remote(media) for media in posts],
            cursor=None if following is None else {"after": following},
        )

    def differences(self, rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
        """Compare the caption, but for price and availability: later ones are said in comments, so the old ones stay there."""
        return mapping.differences(rendition, str(remote.seen.get("text", "")))

    def _publishing(self, rendition: Rendition) -> Publishing:
        return Publishing(self._context, self._client, rendition)

    def _is_published(self, progress: Progress) -> bool:
        if progress.container is None:
            return False
        return self._client.container(progress.container).status_code is ContainerState.PUBLISHED

    def _is_said(self, media: str, marker: Marker, text: str) -> bool:
        """Say whether our newest comment under the post reads like ``text``.

        The at sign does not count: texts lose it on the way back (meta.md section 2.5).
        """
        comments = entries_since(
            lambda after: self._client.comments(media, after), lambda comment: comment.timestamp, _EVER
        )
        ours = [comment for comment in comments if carries(comment.text, marker)]
        if not ours:
            return False
        newest = max(ours, key=lambda comment: comment.timestamp)
        return newest.text.replace("@", "").strip() == text.replace("@", "").strip()


def _remote(media: Media) -> RemoteListing:
    return RemoteListing(
        external_id=ExternalId(media.id),
        permalink=media.permalink,
        visible=True,
        created_at=media.timestamp,
        seen={"text": media.caption or ""},
        remote={"permalink": media.permalink},
    )
