"""The Page's verbs on the wire, through ``facebook-sdk``. Shapes: docs/channels/meta.md sections 1.1 and 1.4."""

import json
from collections.abc import Sequence
from typing import Any, Final

import facebook
from pydantic import AwareDatetime

from adapters.base import AdapterContext
from adapters.meta_graph.meanings import Effect
from adapters.meta_graph.paging import Paging
from adapters.meta_graph.sdk import graph_api
from adapters.meta_graph.session import GraphSession, Wire
from adapters.settings import MetaSettings

PAGE_SIZE: Final = "100"
"""Posts per page of a list; more than 100 is an error. Source: meta.md section 1.4, documented."""
POST_FIELDS: Final = "id,created_time,message,permalink_url,is_published,is_hidden"


class Photo(Wire):
    """An uploaded photo that nobody sees yet."""

    id: str


class NewPost(Wire):
    """A post as the creating call answers it."""

    id: str
    permalink_url: str | None = None


class Post(Wire):
    """A post as read back."""

    id: str
    created_time: AwareDatetime
    message: str | None = None
    permalink_url: str | None = None
    is_published: bool = True
    is_hidden: bool = False


class Posts(Wire):
    """One page of posts."""

    data: tuple[Post, ...]
    paging: Paging = Paging()


class Done(Wire):
    """The answer of an edit or a delete."""

    success: bool


class PageClient:
    """Speaks for one Page. Every verb raises ``ChannelError`` as the error table says."""

    def __init__(self, context: AdapterContext) -> None:
        settings: MetaSettings = context.settings
        self._page = context.account.external_id
        self._token = context.credentials["page_token"]
        self._version = settings.version
        self._session = GraphSession(
            context.http,
            host=settings.graph_url,
            version=settings.version,
            token=self._token,
            channel="Facebook",
            app_secret=settings.app_secret,
        )

    def upload_bytes(self, picture: bytes, alt: str) -> str:
        """Upload a JPEG that nobody sees yet and return the photo's id."""
        answer = self._graph(Effect.INVISIBLE).put_photo(
            image=("picture.jpg", picture, "image/jpeg"),
            album_path=f"{self._page}/photos",
            published="false",
            alt_text_custom=alt,
        )
        return self._session.parse(Photo, answer, Effect.INVISIBLE).id

    def upload_url(self, url: str, alt: str) -> str:
        """Let the channel fetch a picture that nobody sees yet and return the photo's id."""
        answer = self._graph(Effect.INVISIBLE).put_object(
            self._page, "photos", url=url, published="false", alt_text_custom=alt
        )
        return self._session.parse(Photo, answer, Effect.INVISIBLE).id

    def create_post(self, message: str, photos: Sequence[str]) -> NewPost:
        """Make the one visible call: a post with the uploaded photos, read in the same breath."""
        # The package would mangle a list into "media_fbid", so structures travel as JSON text.
        media = json.dumps([{"media_fbid": photo} for photo in photos])
        answer = self._graph(Effect.VISIBLE).request(
            f"{self._version}/{self._page}/feed",
            args={"fields": "id,permalink_url"},
            post_args={"message": message} | ({"attached_media": media} if photos else {}),
            method="POST",
        )
        return self._session.parse(NewPost, answer, Effect.VISIBLE)

    def edit_post(self, post: str, message: str) -> None:
        """Replace the text of a post; repeating it is harmless."""
        # The package has no verb for an update.
        answer = self._graph(Effect.VISIBLE).request(
            f"{self._version}/{post}", post_args={"message": message}, method="POST"
        )
        self._expect_success(answer)

    def delete(self, external_id: str) -> None:
        """Delete a post or a photo."""
        self._expect_success(self._graph(Effect.VISIBLE).delete_object(external_id))

    def read_post(self, post: str) -> Post:
        """Read one post back."""
        answer = self._graph(Effect.READ).get_object(post, fields=POST_FIELDS)
        return self._session.parse(Post, answer, Effect.READ)

    def read_page(self) -> None:
        """Read the Page itself: proves that the token works for it."""
        self._graph(Effect.READ).get_object(self._page, fields="id,name")

    def published_posts(self, after: str | None) -> tuple[Sequence[Post], str | None]:
        """Read one page of the Page's own published posts, and the cursor of the next."""
        cursor = {"after": after} if after else {}
        answer = self._graph(Effect.READ).get_connections(
            self._page, "published_posts", fields=POST_FIELDS, limit=PAGE_SIZE, **cursor
        )
        page = self._session.parse(Posts, answer, Effect.READ)
        return page.data, page.paging.following

    def _graph(self, effect: Effect) -> facebook.GraphAPI:
        return graph_api(self._session, version=self._version, token=self._token, effect=effect)

    def _expect_success(self, answer: dict[str, Any]) -> None:
        if not self._session.parse(Done, answer, Effect.VISIBLE).success:
            raise self._session.odd_answer(Effect.VISIBLE, "it answered without success and without an error")
