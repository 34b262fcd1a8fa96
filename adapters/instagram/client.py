"""Instagram's verbs on the wire. Shapes: docs/channels/meta.md sections 2.2, 2.4 and 2.5."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import AliasChoices, AwareDatetime, Field

from adapters.base import AdapterContext
from adapters.errors import ChannelError
from adapters.instagram.errors import CHANNEL, is_missing
from adapters.meta_graph.meanings import Effect
from adapters.meta_graph.paging import CLOCK_SKEW, Paging
from adapters.meta_graph.session import GraphSession, Wire
from adapters.settings import MetaSettings

PAGE_SIZE: Final = "100"
MAX_TOKEN_LIFE_S: Final = 40_000_000
"""A longer life, more than a year, is not believed: sixty days are documented."""
MEDIA_FIELDS: Final = "id,caption,timestamp,permalink,media_type"


class Login(StrEnum):
    """How the account was connected; it decides the host and whether a post can be deleted."""

    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"


_COMMENT_FIELDS: Final = {
    Login.FACEBOOK: "id,text,timestamp",
    Login.INSTAGRAM: "id,message,created_time",
}
"""Source: Meta's API description gives an IGComment on one host and a Comment on the other; not seen live."""


class ContainerState(StrEnum):
    """Where a container stands. Source: meta.md section 2.2, documented."""

    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    PUBLISHED = "PUBLISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"


class Created(Wire):
    """The answer of every creating call."""

    id: str


class Container(Wire):
    """A container as read; it never tells the media id."""

    status_code: ContainerState
    status: str | None = None


class QuotaConfig(Wire):
    """How many posts the account may make in how many seconds."""

    quota_total: int
    quota_duration: int = 86_400


class Quota(Wire):
    """How much of the publishing quota is used."""

    quota_usage: int
    config: QuotaConfig


class Quotas(Wire):
    """The quota comes as a list of one."""

    data: tuple[Quota, ...]


class Media(Wire):
    """A published post as read back."""

    id: str
    timestamp: AwareDatetime
    caption: str | None = None
    permalink: str | None = None


class MediaPage(Wire):
    """One page of posts."""

    data: tuple[Media, ...]
    paging: Paging = Paging()


class Comment(Wire):
    """A comment under a post; the two hosts name its fields differently."""

    id: str
    timestamp: AwareDatetime = Field(validation_alias=AliasChoices("timestamp", "created_time"))
    text: str = Field(default="", validation_alias=AliasChoices("text", "message"))


class CommentPage(Wire):
    """One page of comments."""

    data: tuple[Comment, ...]
    paging: Paging = Paging()


class Done(Wire):
    """The answer of a delete."""

    success: bool


class RefreshedToken(Wire):
    """The answer of a refresh; ``expires_in`` counts seconds."""

    access_token: str = Field(min_length=1, repr=False)
    expires_in: int = Field(gt=0, le=MAX_TOKEN_LIFE_S)


class InstagramClient:
    """Speaks for one professional account. Every verb raises ``ChannelError`` as the error table says."""

    def __init__(self, context: AdapterContext, login: Login) -> None:
        settings: MetaSettings = context.settings
        host = settings.graph_url if login is Login.FACEBOOK else settings.instagram_url

        def session(token: str) -> GraphSession:
            return GraphSession(
                context.http,
                host=host,
                version=settings.version,
                token=token,
                channel=CHANNEL,
                app_secret=settings.app_secret,
            )

        self._comment_fields = _COMMENT_FIELDS[login]
        self._account = context.account.external_id
        self._session = session(context.credentials["access_token"])
        second = context.credentials.get("user_token")
        self._second = session(second) if second else None

    def create_single(self, image_url: str, caption: str, alt: str) -> str:
        """Create the container of a post of one picture; it has no ``media_type``."""
        return self._container(image_url=image_url, caption=caption, alt_text=alt)

    def create_child(self, image_url: str, alt: str) -> str:
        """Create the container of one carousel picture; captions are not for children."""
        return self._container(image_url=image_url, is_carousel_item="true", alt_text=alt)

    def create_carousel(self, children: Sequence[str], caption: str) -> str:
        """Create the container that holds the children."""
        return self._container(media_type="CAROUSEL", children=",".join(children), caption=caption)

    def container(self, container: str) -> Container:
        """Read where a container stands."""
        answer = self._read(container, fields="status_code,status")
        return self._session.parse(Container, answer, Effect.READ)

    def quota(self) -> Quota | None:
        """Read the publishing quota; None when the channel lists none."""
        answer = self._read(f"{self._account}/content_publishing_limit", fields="quota_usage,config")
        quotas = self._session.parse(Quotas, answer, Effect.READ).data
        return quotas[0] if quotas else None

    def publish(self, container: str) -> str:
        """Make the one visible call and return the media id."""
        path = f"{self._account}/media_publish"
        answer = self._session.post(path, effect=Effect.VISIBLE, creation_id=container)
        return self._session.parse(Created, answer, Effect.VISIBLE).id

    def media(self, media: str) -> Media:
        """Read one post back."""
        return self._session.parse(Media, self._read(media, fields=MEDIA_FIELDS), Effect.READ)

    def media_since(self, since: datetime) -> Callable[[str | None], tuple[Sequence[Media], str | None]]:
        """Return a reader of the account's posts made after ``since``, page by page."""
        horizon = str(int((since - CLOCK_SKEW).timestamp()))

        return lambda after: self._media_page(after, since=horizon)

    def all_media(self, after: str | None) -> tuple[Sequence[Media], str | None]:
        """Read one page of the account's posts, and the cursor of the next."""
        return self._media_page(after)

    def comments(self, media: str, after: str | None) -> tuple[Sequence[Comment], str | None]:
        """Read one page of a post's comments, and the cursor of the next."""
        answer = self._read(
            f"{media}/comments", fields=self._comment_fields, limit=PAGE_SIZE, **_cursor(after)
        )
        page = self._session.parse(CommentPage, answer, Effect.READ)
        return page.data, page.paging.following

    def comment(self, media: str, message: str) -> None:
        """Write a comment under a post."""
        answer = self._session.post(f"{media}/comments", effect=Effect.VISIBLE, message=message)
        self._session.parse(Created, answer, Effect.VISIBLE)

    def delete(self, media: str) -> None:
        """Delete a post; the Facebook host only."""
        if not self._session.parse(Done, self._session.delete(media), Effect.VISIBLE).success:
            raise self._session.odd_answer(Effect.VISIBLE, "it answered without success and without an error")

    def read_account(self) -> None:
        """Read the account itself: proves that the token works for it."""
        self._read(self._account, fields="id,username")

    def refresh(self) -> RefreshedToken:
        """Ask for a token with a new life; the one asked with goes on working, so asking again does no harm."""
        answer = self._session.exchange(
            "GET",
            "refresh_access_token",
            effect=Effect.READ,
            params={"grant_type": "ig_refresh_token"},
        )
        return self._session.parse(RefreshedToken, answer, Effect.READ)

    def _media_page(self, after: str | None, **bounds: str) -> tuple[Sequence[Media], str | None]:
        answer = self._read(
            f"{self._account}/media", fields=MEDIA_FIELDS, limit=PAGE_SIZE, **bounds, **_cursor(after)
        )
        page = self._session.parse(MediaPage, answer, Effect.READ)
        return page.data, page.paging.following

    def _container(self, **fields: str) -> str:
        answer = self._session.post(f"{self._account}/media", effect=Effect.INVISIBLE, **fields)
        return self._session.parse(Created, answer, Effect.INVISIBLE).id

    def _read(self, path: str, **params: str) -> dict[str, Any]:
        """Read with the account's token, and with the person's own where the first one is told "missing".

        In May 2026 reads with a Page token answered 100/33 for weeks while the person's token worked
        (meta.md section 2.2); an account may carry the second one as ``user_token``.
        """
        try:
            return self._session.get(path, **params)
        except ChannelError as error:
            if self._second is None or not is_missing(error):
                raise
            return self._second.get(path, **params)


def _cursor(after: str | None) -> dict[str, str]:
    return {"after": after} if after else {}
