"""The port every channel implements, and what it declares about itself.

Rules: ``render`` and ``validate`` are pure. Every publish carries the marker. A verb that is not declared raises
``Unsupported``. An unrecognised failure of a mutating call is ``OutcomeUnknown``, of a read ``Transient``.
Adapters get a client, a clock and credentials from outside and hold no session, no global, no environment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import httpx

from adapters.errors import ChannelError
from adapters.limits import Limit
from adapters.pace import Budget, UsageReader, reports_nothing
from adapters.webhooks import WebhookReader
from schemas.channel import ChannelAccount, Credentials, Part, Verb
from schemas.ids import ChannelKind, PictureKey, Sku
from schemas.listing import (
    ListingRef,
    Marker,
    Offer,
    Pending,
    Receipt,
    RemoteListing,
    Rendition,
)
from schemas.media import PictureSpec
from schemas.problem import Problem
from schemas.product import Product


class StockMode(StrEnum):
    """What a channel can show of stock."""

    NONE = "none"
    IN_OUT = "in_out"
    """Only "sold out" or not, written into the text."""
    QUANTITY = "quantity"


class Fallback(StrEnum):
    """What happens to a change in a part that the channel cannot edit in place."""

    COMMENT = "comment"
    """A public comment under the listing says it."""
    REPUBLISH = "republish"
    """Withdrawn and published anew."""
    ASK = "ask"
    """A person is asked, with the steps to take by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can do; the planner asks for nothing else and the contract tests hold each one to its word.

    Attributes:
        verbs: A verb not listed raises ``Unsupported``.
        editable: Parts that ``update`` changes in place.
        fallbacks: For every other part: what is done instead. A part in neither is never compared.
        picture: How pictures are sized for this channel.
        max_pictures: More are left out, one of every variant kept first.
        option_levels: How many option levels a product may have; None means no limit is known.
        lookup_settles_after: How long "not found" proves nothing; None means it never proves anything, and an
            unknown outcome waits for a person.
        update_batch: How many listings ``update_many`` takes in one call; 1 means the channel does not batch.
        visible_steps: Whether a publish ends in one visible call that must never run twice (False for channels
            whose publish is a file or an idempotent upsert).
        withdrawn_stays: Whether a withdrawn listing stays on the channel, hidden; publishing again then resumes it
            (``Pending.progress`` holds the ``remote`` of its last receipt) instead of making a second one.
    """

    verbs: frozenset[Verb]
    editable: frozenset[Part] = frozenset()
    fallbacks: Mapping[Part, Fallback] = field(default_factory=dict)
    stock: StockMode = StockMode.NONE
    picture: PictureSpec
    max_pictures: Limit
    max_text: Limit
    option_levels: int | None = None
    lookup_settles_after: timedelta | None = None
    update_batch: int = 1
    visible_steps: bool = True
    withdrawn_stays: bool = False


class Clock(Protocol):
    """Where the time comes from; tests inject a frozen one."""

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        ...


class PictureHost(Protocol):
    """Where the sized pictures are."""

    def url(self, key: PictureKey) -> str:
        """Return the public address a channel fetches the picture from."""
        ...

    def read(self, key: PictureKey) -> bytes:
        """Return the picture's bytes, for channels that take uploads.

        Raises:
            FileNotFoundError: No picture is stored under that key.
        """
        ...


class Templates(Protocol):
    """Texts for people, Thai first, from ``config/templates/``."""

    def render(self, name: str, /, **context: Any) -> str:
        """Render the template ``name`` (``facebook_page/post.txt.j2``) and return its text, trimmed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterContext:
    """Everything an adapter may use from outside.

    ``settings`` is the channel's part of the program's settings (addresses, versions), validated by
    ``adapters.settings``.
    """

    account: ChannelAccount
    credentials: Credentials
    http: httpx.Client
    clock: Clock
    pictures: PictureHost
    templates: Templates
    settings: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An update of one live listing: the new rendition and the parts in it that differ from what was sent."""

    ref: ListingRef
    rendition: Rendition
    parts: frozenset[Part]


class ChannelAdapter(Protocol):
    """One channel account, ready to be asked. Made per account by the factory in ``adapters.registry``."""

    kind: ClassVar[ChannelKind]

    @property
    def capabilities(self) -> Capabilities:
        """What this channel can do. Constant for one account."""
        ...

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        """Make the payload. Pure: same input, same fingerprints; overrides were applied by the caller.

        Shape: ``offers`` has one entry for every variant.
        """
        ...

    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:
        """Return every rule of the channel that the rendition breaks, all at once. Pure."""
        ...

    def check(self) -> None:
        """Ask the channel, by a read, whether the credential works and carries the rights we need.

        Raises:
            ChannelError: AuthExpired, AccountRestricted, or Transient when the channel did not answer.
        """
        ...

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        """Start a listing. At most one visible effect; what is invisible may be repeated.

        Raises:
            ChannelError: The class says what happens next.
        """
        ...

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        """Carry a begun publish on from where ``pending`` stands.

        Safe to repeat: once the last step has taken effect it answers with the receipt and never runs it again. Where
        that may have been an older rendition, the receipt says so (``may_be_outdated``).

        Raises:
            ChannelError: The class says what happens next.
        """
        ...

    def update(self, change: Change) -> Receipt:
        """Bring the changed parts of a live listing to the rendition. Absolute, so repeating it is harmless.

        Raises:
            Gone: The listing no longer exists on the channel.
            ChannelError: The class says what happens next.
        """
        ...

    def set_stock(self, change: Change) -> Receipt:
        """Write the rendition's absolute stock figures, never deltas.

        Raises:
            ChannelError: As ``update``.
        """
        ...

    def comment(self, change: Change) -> Receipt:
        """Say a change that cannot be edited in place in a public comment under the listing.

        Raises:
            ChannelError: As ``update``; a lost answer is ``OutcomeUnknown``, and repeating looks for the
                comment first.
        """
        ...

    def withdraw(self, ref: ListingRef) -> None:
        """Take the listing off sale. Already gone is success.

        Raises:
            ChannelError: The class says what happens next.
        """
        ...

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        """Read one listing back; None when the channel says it does not exist."""
        ...

    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        """Find our listings by their marker, oldest first. ``pending`` narrows it where a begun publish helps.

        ``since`` is when the first attempt began; nothing of ours is older.
        """
        ...


class BatchingAdapter(ChannelAdapter, Protocol):
    """A channel that changes price or stock of several listings in one call."""

    def update_many(self, changes: Sequence[Change]) -> Sequence[Receipt | ChannelError]:
        """Apply up to ``capabilities.update_batch`` changes; the answers stand in the same order.

        A failure of the whole call raises; a failure of one item is its answer.
        """
        ...


@runtime_checkable
class TidyingAdapter(Protocol):
    """A channel on which a lost answer can leave a second listing of ours behind that no buyer sees."""

    def discard(self, ref: ListingRef) -> bool:
        """Delete an extra listing for good; return whether it is gone.

        It is read first: one that buyers see, or that does not carry the marker, is left alone (False). Gone already
        is success.

        Raises:
            ChannelError: As ``withdraw``; repeating is harmless.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What a person works from where a channel has no API: one ZIP."""

    filename: str
    data: bytes = field(repr=False)


@runtime_checkable
class PackingAdapter(Protocol):
    """A channel whose publish is carried by a person: it answers ``Pending(needs_person=True)``.

    The core stores the pack and shows it. What the person brings back goes to ``resume`` as
    ``Pending(progress={"code": ...})``, which answers with the receipt or refuses the code.
    """

    def pack(self, rendition: Rendition) -> Pack:
        """Build the pack.

        Raises:
            ChannelError: Transient when a picture is not stored yet.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFile:
    """A file with all current goods of an account, ready to be stored; ``sha256`` is of ``data``, in hex."""

    filename: str
    data: bytes = field(repr=False)
    row_count: int
    sha256: str


class FeedShrank(ValueError):
    """The new file would have far fewer rows than the one before; a person must say that this is meant."""

    def __init__(self, *, before: int, now: int) -> None:
        super().__init__(f"the feed would fall from {before} to {now} rows; it was not written")
        self.before = before
        self.now = now


@runtime_checkable
class FeedingAdapter(ChannelAdapter, Protocol):
    """A channel that reads a file of ours. The file carries every declared verb, so none is called by itself.

    The core puts into the file what is wanted live and valid, stores it, and records the outcomes of all listings it
    carries: in the file is published and updated, no longer in it is withdrawn.

    Attributes:
        feed_interval: The least time between two files.
        absent_leaves_sale: Whether the channel takes goods off sale once their row is gone; where not, a person does.
    """

    @property
    def feed_interval(self) -> timedelta: ...  # noqa: D102 - described above
    @property
    def absent_leaves_sale(self) -> bool: ...  # noqa: D102 - described above

    def feed(self, renditions: Sequence[Rendition], *, previous_rows: int | None = None) -> FeedFile:
        """Build the file. Pure: the same renditions in the same order give the same bytes.

        Args:
            renditions: Every current listing of the account; their ``pictures`` exist.
            previous_rows: Rows of the file now published; None where a fall is meant, or nothing is published.

        Raises:
            FeedShrank: The rows fell by more than the channel's settings allow.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelType:
    """One row of the registry: how a kind of channel is named, connected and made.

    Attributes:
        credential_names: Secrets the account needs, as ``channels connect`` asks for them.
        settings_key: Name of the group in the program's settings (``meta``, ``line``).
        make: Builds the adapter for one account.
        credential_names_for: Where the secrets depend on the account's settings: (settings group, account settings)
            -> names; None means ``credential_names`` always.
        fallbacks_th: What the channel cannot do and what happens instead, one Thai sentence each, for people.
        endpoint_for: What fails together, from an account's settings; None means the kind as a whole.
        budgets_for: The budgets of an account: (settings group, account settings) -> budgets; none where no number is
            published.
        read_usage: Reads what the channel's headers report of the budgets used.
        optional_credential_names: Secrets an account may have besides, such as the one its webhooks are signed with.
        webhooks: Reads what the channel sends to us; None where it sends nothing we use.
    """

    kind: ChannelKind
    label_th: str
    label_en: str
    credential_names: tuple[str, ...]
    settings_key: str
    make: Callable[[AdapterContext], ChannelAdapter]
    credential_names_for: Callable[[Any, Mapping[str, Any]], tuple[str, ...]] | None = None
    fallbacks_th: tuple[str, ...] = ()
    endpoint_for: Callable[[Mapping[str, Any]], str] | None = None
    budgets_for: Callable[[Any, Mapping[str, Any]], Sequence[Budget]] | None = None
    read_usage: UsageReader = reports_nothing
    optional_credential_names: tuple[str, ...] = ()
    webhooks: WebhookReader | None = None

    def endpoint(self, account_settings: Mapping[str, Any]) -> str:
        """Return what fails together with an account of these settings.

        Raises:
            ValueError: The settings do not fit the kind.
        """
        return self.kind if self.endpoint_for is None else self.endpoint_for(account_settings)
