"""What the Graph API holds: Page posts and photos, Instagram containers and media, comments on both."""

from dataclasses import dataclass, field
from enum import StrEnum

from adapters.testing.sandbox.pictures import Picture


@dataclass
class Photo:
    """A photo of a Page. ``post`` is the story it became part of."""

    id: str
    page: str
    picture: Picture
    created: float
    caption: str = ""
    alt: str = ""
    published: bool = False
    post: str | None = None
    updated: float = 0.0


@dataclass
class Post:
    """A post of a Page."""

    id: str
    n: int
    page: str
    message: str
    created: float
    updated: float
    searchable_at: float
    app: str
    photos: list[str] = field(default_factory=list)
    link: str | None = None
    published: bool = True
    hidden: bool = False
    scheduled: float | None = None
    comments: list[str] = field(default_factory=list)

    def is_live(self, now: float) -> bool:
        """Say whether a visitor sees it."""
        due = self.scheduled is not None and self.scheduled <= now
        return (self.published or due) and not self.hidden


@dataclass
class Comment:
    """A comment under a post, a photo or an Instagram media. ``account`` is the Page or user it stands under."""

    id: str
    parent: str
    account: str
    message: str
    created: float
    hidden: bool = False


class ContainerState(StrEnum):
    """Instagram's ``status_code``. Source: meta.md §2.2."""

    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    PUBLISHED = "PUBLISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"


@dataclass
class Container:
    """An Instagram media container; invisible. ``polls`` counts how often its status was read."""

    id: str
    user: str
    created: float
    picture: Picture | None = None
    caption: str = ""
    alt: str = ""
    is_child: bool = False
    children: list[str] = field(default_factory=list)
    polls: int = 0
    media: str | None = None
    error: str | None = None


@dataclass
class Media:
    """A published Instagram post. ``shortcode`` is the last part of its public address."""

    id: str
    n: int
    user: str
    pictures: list[Picture]
    caption: str
    created: float
    searchable_at: float
    shortcode: str
    alts: list[str] = field(default_factory=list)
    child_ids: list[str] = field(default_factory=list)
    comments_enabled: bool = True
    comments: list[str] = field(default_factory=list)
    archived: bool = False


@dataclass
class GraphState:
    """All nodes by id; posts and media also by their owner, in order of creation."""

    counter: int = 0
    photos: dict[str, Photo] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    published_at: dict[str, list[float]] = field(default_factory=dict)
    """Moments of ``media_publish`` per Instagram user, for the quota; a deleted media still counts."""
    containers_at: dict[str, list[float]] = field(default_factory=dict)
    subscribed: set[str] = field(default_factory=set)
    """Pages whose events the app asked for. What is sent follows the callbacks of the control, which stand for that too."""
    token_issued_at: dict[str, float] = field(default_factory=dict)
    """When a token of Instagram's own login was refreshed, or first seen; kept while tokens expire."""

    def __post_init__(self) -> None:
        self.page_posts: dict[str, dict[str, Post]] = {}
        self.user_media: dict[str, dict[str, Media]] = {}
        for post in self.posts.values():
            self.page_posts.setdefault(post.page, {})[post.id] = post
        for media in self.media.values():
            self.user_media.setdefault(media.user, {})[media.id] = media

    def next(self) -> int:
        """Return a number never used before in this state."""
        self.counter += 1
        return self.counter

    def add_post(self, post: Post) -> None:
        """Keep a new post."""
        self.posts[post.id] = post
        self.page_posts.setdefault(post.page, {})[post.id] = post

    def remove_post(self, post: Post) -> None:
        """Forget a post and its comments; its photos stay (meta.md §1.1)."""
        del self.posts[post.id]
        del self.page_posts[post.page][post.id]
        self._remove_comments(post.comments)

    def add_media(self, media: Media) -> None:
        """Keep a newly published media."""
        self.media[media.id] = media
        self.user_media.setdefault(media.user, {})[media.id] = media

    def remove_media(self, media: Media) -> None:
        """Forget a media and its comments."""
        del self.media[media.id]
        del self.user_media[media.user][media.id]
        self._remove_comments(media.comments)

    def _remove_comments(self, ids: list[str]) -> None:
        for comment in ids:
            self.comments.pop(comment, None)
