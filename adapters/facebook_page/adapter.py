"""A Facebook Page behind the port: glue between the pure mapping and the client."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final, NoReturn

from adapters.base import AdapterContext, Capabilities, Change, Fallback, StockMode
from adapters.errors import ChannelError, Gone, Transient, Unsupported
from adapters.facebook_page import mapping
from adapters.facebook_page.client import PageClient, Post
from adapters.facebook_page.errors import is_missing, is_unreadable_picture
from adapters.facebook_page.limits import MAX_PICTURES, MAX_TEXT, PICTURE
from adapters.facebook_page.mapping import KIND
from adapters.meta_graph.paging import carries, entries_since
from adapters.observing import Difference, ListingPage
from schemas.channel import Part, Verb
from schemas.ids import ChannelKind, ExternalId, PictureKey, Sku
from schemas.listing import ListingRef, Marker, Offer, Pending, Receipt, RemoteListing, Rendition
from schemas.problem import Problem
from schemas.product import Product

CAPABILITIES: Final = Capabilities(
    verbs=frozenset({Verb.PUBLISH, Verb.UPDATE, Verb.WITHDRAW, Verb.FETCH, Verb.FIND}),
    editable=frozenset({Part.TEXT, Part.PRICE, Part.STOCK}),
    fallbacks={Part.PICTURES: Fallback.REPUBLISH},
    stock=StockMode.IN_OUT,
    picture=PICTURE,
    max_pictures=MAX_PICTURES,
    max_text=MAX_TEXT,
)


class FacebookPageAdapter:
    """One Page. Uploads are invisible and repeated freely; only the last call of a publish is seen."""

    kind: ClassVar[ChannelKind] = KIND

    def __init__(self, context: AdapterContext) -> None:
        self._context = context
        self._client = PageClient(context)
        self._capabilities = replace(CAPABILITIES, lookup_settles_after=context.settings.lookup_settles)

    @property
    def capabilities(self) -> Capabilities:
        """What a Page can do; the same for every account."""
        return self._capabilities

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        """Make the post; see ``mapping.render``."""
        return mapping.render(product, offers, marker, self._context.templates)

    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:  # noqa: ARG002 the port's shape
        """Return every rule of the channel the post breaks."""
        return mapping.validate(rendition)

    def check(self) -> None:
        """Read the Page with the account's token.

        Raises:
            ChannelError: The token is dead, lacks the Page, or the channel did not answer.
        """
        self._client.read_page()

    def publish(self, rendition: Rendition) -> Receipt:
        """Upload the pictures unseen, then make the one visible call.

        Raises:
            ChannelError: ``OutcomeUnknown`` only from the visible call.
        """
        alts = rendition.body["alts"]
        photos = [self._upload(key, alt) for key, alt in zip(rendition.pictures, alts, strict=True)]
        post = self._client.create_post(rendition.body["message"], photos)
        return _receipt(post.id, post.permalink_url, photos)

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt:  # noqa: ARG002 the port's shape
        """Take over a post that was found by its marker while hidden from buyers; nothing else is ever pending.

        It is left as it is: only somebody who manages the Page can have hidden it.

        Raises:
            Unsupported: The progress names no post.
        """
        post = pending.progress.get("post")
        if post is None:
            raise Unsupported("a publish on a Facebook Page has no further step to resume")
        return Receipt(
            external_id=ExternalId(post),
            permalink=pending.progress.get("permalink"),
            remote=pending.progress,
            may_be_outdated=True,
        )

    def update(self, change: Change) -> Receipt:
        """Write the whole text anew; it carries price and availability too.

        Raises:
            Gone: The post no longer exists.
            Unsupported: A part that a Page cannot edit in place was asked for.
            ChannelError: As the error table says.
        """
        if not change.parts <= CAPABILITIES.editable:
            raise Unsupported("a Facebook post's pictures cannot be edited in place")
        try:
            self._client.edit_post(change.ref.external_id, change.rendition.body["message"])
        except ChannelError as error:
            if is_missing(error) and self.fetch(change.ref) is None:
                raise Gone("the post no longer exists", vendor_code=error.vendor_code) from error
            raise
        return Receipt(
            external_id=change.ref.external_id,
            permalink=change.ref.remote.get("permalink"),
            remote=change.ref.remote,
        )

    def set_stock(self, change: Change) -> NoReturn:  # noqa: ARG002 the port's shape
        """Refuse: a Page has no stock field; "sold out" is part of the text.

        Raises:
            Unsupported: Always.
        """
        raise Unsupported("a Facebook Page has no stock field")

    def comment(self, change: Change) -> NoReturn:  # noqa: ARG002 the port's shape
        """Refuse: a post's text is edited in place.

        Raises:
            Unsupported: Always.
        """
        raise Unsupported("changes of a Facebook post are written into its text")

    def withdraw(self, ref: ListingRef) -> None:
        """Delete the post, then its photos. A post that is gone already is success.

        Raises:
            ChannelError: The post stands and could not be deleted.
        """
        try:
            self._client.delete(ref.external_id)
        except ChannelError as error:
            if not is_missing(error) or self.fetch(ref) is not None:
                raise
        for photo in ref.remote.get("photos", ()):
            # Nobody finds a photo of a deleted post by itself; leaving one behind must not fail the withdrawal.
            with suppress(ChannelError):
                self._client.delete(photo)

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        """Read the post back; None when it is gone.

        The channel says the same of a missing post and of one the token may not see, so the Page is read too:
        absence is believed only while the Page itself answers.

        Raises:
            ChannelError: As the error table says.
        """
        try:
            post = self._client.read_post(ref.external_id)
        except ChannelError as error:
            if not is_missing(error):
                raise
            self._client.read_page()
            return None
        return _remote(post, ref.remote.get("photos", ()))

    def find_by_marker(
        self,
        marker: Marker,
        *,
        since: datetime,
        pending: Pending | None = None,  # noqa: ARG002 nothing is ever pending here
    ) -> Sequence[RemoteListing]:
        """Find our posts among the Page's published ones, oldest first.

        Raises:
            ChannelError: As the error table says.
        """
        posts = entries_since(self._client.published_posts, lambda post: post.created_time, since)
        ours = {post.id: post for post in posts if carries(post.message, marker)}
        return [_remote(post, ()) for post in sorted(ours.values(), key=lambda post: post.created_time)]

    def browse(self, cursor: Mapping[str, Any] | None) -> ListingPage:
        """Read the next hundred of the Page's published posts; hidden ones are not among them.

        Raises:
            ChannelError: As the error table says.
        """
        posts, following = self._client.published_posts(None if cursor is None else str(cursor["after"]))
        return ListingPage(
            listings=[_remote(post, ()) for post in posts],
            cursor=None if following is None else {"after": following},
        )

    def differences(self, rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
        """Compare the message; see ``mapping.differences``."""
        return mapping.differences(rendition, str(remote.seen.get("text", "")))

    def _upload(self, key: PictureKey, alt: str) -> str:
        """Upload one picture by the way the settings name; bytes mend an address the channel cannot read."""
        if self._context.settings.photo_upload == "url":
            try:
                return self._client.upload_url(self._context.pictures.url(key), alt)
            except ChannelError as error:
                if not is_unreadable_picture(error):
                    raise
        return self._client.upload_bytes(self._read(key), alt)

    def _read(self, key: PictureKey) -> bytes:
        try:
            return self._context.pictures.read(key)
        except FileNotFoundError as exc:
            raise Transient(f"the picture {key} is not stored yet; nothing was sent") from exc


def _receipt(post: str, permalink: str | None, photos: Sequence[str]) -> Receipt:
    return Receipt(
        external_id=ExternalId(post),
        permalink=permalink,
        remote=_kept(post, permalink, photos),
    )


def _kept(post: str, permalink: str | None, photos: Sequence[str]) -> dict[str, Any]:
    """Return what is kept beside a listing."""
    return {"post": post, "photos": list(photos), "permalink": permalink}


def _remote(post: Post, photos: Sequence[str]) -> RemoteListing:
    return RemoteListing(
        external_id=ExternalId(post.id),
        permalink=post.permalink_url,
        visible=post.is_published and not post.is_hidden,
        created_at=post.created_time,
        seen={"text": post.message or ""},
        remote=_kept(post.id, post.permalink_url, photos),
    )
