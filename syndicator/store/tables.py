"""The tables; their names are the vocabulary. Changed only together with a migration (a test compares both)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    """Shared column types: times are aware, ids are 64 bits."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
        datetime: sa.DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        int: sa.BigInteger,
        str: sa.Text,
    }


def _id() -> Mapped[int]:
    return mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _now() -> Mapped[datetime]:
    return mapped_column(server_default=sa.func.now())


def _ref(target: str, *, index: bool = False) -> Mapped[int]:
    return mapped_column(sa.ForeignKey(f"{target}.id", ondelete="CASCADE"), index=index)


class Centre(Base):
    """A community digital centre, whose teachers help sellers."""

    __tablename__ = "centre"

    id: Mapped[int] = _id()
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = _now()


class Seller(Base):
    """Who owns products and accounts; the tenant."""

    __tablename__ = "seller"

    id: Mapped[int] = _id()
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id", ondelete="SET NULL"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = _now()


class ChannelAccount(Base):
    """One connected Page, shop or market account. ``credentials`` is encrypted."""

    __tablename__ = "channel_account"
    __table_args__ = (
        sa.UniqueConstraint("seller_id", "name"),
        sa.CheckConstraint("state IN ('active', 'paused', 'needs_reauth')", name="state"),
    )

    id: Mapped[int] = _id()
    seller_id: Mapped[int] = _ref("seller")
    kind: Mapped[str]
    name: Mapped[str]
    external_id: Mapped[str] = mapped_column(server_default="")
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    credentials: Mapped[bytes]
    state: Mapped[str] = mapped_column(server_default="active")
    problem: Mapped[dict[str, Any] | None]
    """Why it needs reconnecting, as a Problem."""
    not_before: Mapped[datetime | None]
    """The channel throttled the account: nothing is dispatched to it before this time."""
    feed: Mapped[dict[str, Any] | None]
    """Where the channel reads a file of ours: what was last written (``syndicator.store.feeds``)."""
    created_at: Mapped[datetime] = _now()


class Product(Base):
    """The canonical product of a seller."""

    __tablename__ = "product"
    __table_args__ = (sa.UniqueConstraint("seller_id", "sku"),)

    id: Mapped[int] = _id()
    seller_id: Mapped[int] = _ref("seller")
    sku: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    fingerprint: Mapped[str]
    canonical: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = _now()
    updated_at: Mapped[datetime] = _now()


class Variant(Base):
    """The sellable version of a product; a SKU belongs to one product of a seller."""

    __tablename__ = "variant"
    __table_args__ = (sa.UniqueConstraint("seller_id", "sku"),)

    id: Mapped[int] = _id()
    seller_id: Mapped[int] = _ref("seller")
    product_id: Mapped[int] = _ref("product", index=True)
    sku: Mapped[str]
    position: Mapped[int]


class StockLevel(Base):
    """What a seller holds of a variant, in units. ``available`` is ``on_hand - held``."""

    __tablename__ = "stock_level"
    __table_args__ = (
        sa.CheckConstraint("on_hand >= 0", name="on_hand"),
        sa.CheckConstraint("held >= 0 AND held <= on_hand", name="held"),
    )

    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True)
    on_hand: Mapped[int]
    held: Mapped[int] = mapped_column(server_default="0")
    updated_at: Mapped[datetime] = _now()


class StockMovement(Base):
    """Append-only ledger of stock: every change once, by source and reference."""

    __tablename__ = "stock_movement"
    __table_args__ = (sa.UniqueConstraint("source", "reference", "variant_id"),)

    id: Mapped[int] = _id()
    variant_id: Mapped[int] = _ref("variant", index=True)
    kind: Mapped[str]
    source: Mapped[str]
    reference: Mapped[str]
    on_hand_change: Mapped[int]
    on_hand_after: Mapped[int]
    at: Mapped[datetime] = _now()


class Media(Base):
    """A source picture, named by the SHA-256 of its bytes."""

    __tablename__ = "media"
    __table_args__ = (
        sa.CheckConstraint("state IN ('new', 'ready', 'failed')", name="state"),
        sa.Index("media_due_idx", "seller_id", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.Index("media_leased_idx", "seller_id", postgresql_where=sa.text("lease_token IS NOT NULL")),
    )

    id: Mapped[int] = _id()
    sha256: Mapped[str] = mapped_column(unique=True)
    seller_id: Mapped[int] = _ref("seller")
    """Who brought it first; fairness of preparing goes by it."""
    size_bytes: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="new")
    problem: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    starts: Mapped[int] = mapped_column(server_default="0")
    """Times preparing began without an end; a picture that killed its process twice is quarantined."""
    created_at: Mapped[datetime] = _now()


class Rendition(Base):
    """A sized picture: one source made to one spec. ``ready_at`` is null until it is stored."""

    __tablename__ = "rendition"
    __table_args__ = (sa.UniqueConstraint("media_id", "spec_fingerprint"),)

    id: Mapped[int] = _id()
    media_id: Mapped[int] = _ref("media")
    spec_fingerprint: Mapped[str]
    spec: Mapped[dict[str, Any]]
    key: Mapped[str] = mapped_column(unique=True)
    width: Mapped[int | None]
    height: Mapped[int | None]
    size_bytes: Mapped[int | None]
    ready_at: Mapped[datetime | None]


class ProductMedia(Base):
    """Which pictures a product uses."""

    __tablename__ = "product_media"

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    media_id: Mapped[int] = mapped_column(
        sa.ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Listing(Base):
    """One product on one account: what is wanted, what was sent, when to look again.

    A lease is a ``due_at`` in the future together with a token: when the holder dies, the row falls due by itself.
    """

    __tablename__ = "listing"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "account_id"),
        sa.CheckConstraint("wanted IN ('live', 'withdrawn')", name="wanted"),
        sa.CheckConstraint("state IN ('live', 'working', 'needs_you', 'stopped')", name="state"),
        sa.CheckConstraint("lane BETWEEN 0 AND 3", name="lane"),
        sa.CheckConstraint("lease_token IS NULL OR due_at IS NOT NULL", name="lease"),
        sa.Index(
            "listing_due_idx", "lane", "account_id", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")
        ),
        sa.Index("listing_leased_idx", "account_id", postgresql_where=sa.text("lease_token IS NOT NULL")),
        sa.Index(
            "listing_lease_token_idx", "lease_token", postgresql_where=sa.text("lease_token IS NOT NULL")
        ),
        sa.Index("listing_account_state_idx", "account_id", "state"),
    )

    id: Mapped[int] = _id()
    seller_id: Mapped[int] = _ref("seller", index=True)
    product_id: Mapped[int] = _ref("product")
    account_id: Mapped[int] = _ref("channel_account")

    wanted: Mapped[str]
    wish: Mapped[int] = mapped_column(server_default="1")
    wished_at: Mapped[datetime] = _now()

    publication: Mapped[int] = mapped_column(server_default="1")
    external_id: Mapped[str | None]
    permalink: Mapped[str | None]
    remote: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    sent: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    """Part -> fingerprint of what the channel was last known to have."""
    sent_at: Mapped[datetime | None]
    """When the channel last confirmed it."""
    pending: Mapped[dict[str, Any] | None]

    intent_verb: Mapped[str | None]
    intent_at: Mapped[datetime | None]
    intent_parts: Mapped[dict[str, Any] | None]
    unsure_at: Mapped[datetime | None]
    """Set once the intent's outcome is known to be unknown: no call of that attempt can run later than this."""

    due_at: Mapped[datetime | None]
    lane: Mapped[int] = mapped_column(sa.SmallInteger, server_default="3")
    lease_token: Mapped[str | None]
    waits_for_media: Mapped[bool] = mapped_column(server_default=sa.false())

    attempts: Mapped[int] = mapped_column(server_default="0")
    starts: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    """Leases handed out since the last outcome; more than one means that a lease ended without a word."""
    deaths: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    """Workers that ended while they planned its step, since the last outcome."""
    state: Mapped[str] = mapped_column(server_default="working")
    problems: Mapped[list[Any]] = mapped_column(server_default=sa.text("'[]'"))
    created_at: Mapped[datetime] = _now()


class Attempt(Base):
    """One try of one step: the intent before the call, completed once with the outcome. Never deleted by the program."""

    __tablename__ = "attempt"
    __table_args__ = (
        sa.Index("attempt_open_idx", "listing_id", postgresql_where=sa.text("outcome IS NULL")),
    )

    id: Mapped[int] = _id()
    listing_id: Mapped[int] = _ref("listing", index=True)
    step: Mapped[str]
    lease_token: Mapped[str]
    correlation_id: Mapped[str | None]
    began_at: Mapped[datetime] = _now()
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """Null while open; then ``done``, ``pending``, an error class in lower case, or ``lost`` when the worker died."""
    vendor_code: Mapped[str | None]
    http_status: Mapped[int | None]
    request_id: Mapped[str | None]
    message: Mapped[str | None]


class UnlistedAnswer(Base):
    """An answer of a channel that no row of its error table explains, counted until an operator adds the row."""

    __tablename__ = "unlisted_answer"
    __table_args__ = (sa.UniqueConstraint("kind", "unlisted_in", "vendor_code", "http_status"),)

    id: Mapped[int] = _id()
    kind: Mapped[str]
    unlisted_in: Mapped[str]
    """The file whose table lacks it; markets have a file each."""
    vendor_code: Mapped[str] = mapped_column(server_default="")
    """Empty where the answer held no code."""
    http_status: Mapped[int] = mapped_column(server_default="0")
    """0 for one row of a batch, which has no status of its own."""
    count: Mapped[int] = mapped_column(server_default="1")
    """Attempts that ended with it."""
    outcome: Mapped[str]
    """What the last one was taken for: an error class in lower case."""
    message: Mapped[str] = mapped_column(server_default="")
    """What the channel said last, redacted and capped."""
    request_id: Mapped[str | None]
    listing_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("listing.id", ondelete="SET NULL"), index=True
    )
    """The listing whose attempt met it last."""
    first_seen_at: Mapped[datetime] = _now()
    last_seen_at: Mapped[datetime] = _now()


class DeadLetter(Base):
    """Something that gave up and waits for a person: a listing's wish, or a message that never ran. It never expires."""

    __tablename__ = "dead_letter"
    __table_args__ = (
        sa.CheckConstraint("resolution IN ('replayed', 'discarded', 'superseded')", name="resolution"),
        sa.CheckConstraint("(closed_at IS NULL) = (resolution IS NULL)", name="closed"),
        sa.Index("dead_letter_waiting_idx", "at", postgresql_where=sa.text("closed_at IS NULL")),
        sa.Index("dead_letter_cause_idx", "fingerprint", postgresql_where=sa.text("closed_at IS NULL")),
        sa.Index("dead_letter_replay_idx", "replay_at", postgresql_where=sa.text("replay_at IS NOT NULL")),
    )

    id: Mapped[int] = _id()
    listing_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("listing.id", ondelete="CASCADE"), index=True
    )
    actor: Mapped[str | None]
    queue: Mapped[str | None]
    message: Mapped[dict[str, Any] | None]
    step: Mapped[str | None]
    """What was being done with the listing."""
    cause: Mapped[str]
    """Error class and vendor code."""
    detail: Mapped[str]
    fingerprint: Mapped[str]
    """Equal for the same trouble of many listings (``syndicator.domain.causes``)."""
    is_notice: Mapped[bool] = mapped_column(server_default=sa.false())
    """It tells a person of something; a later success of the listing does not settle it, and nothing is replayed."""
    at: Mapped[datetime] = _now()
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str | None]
    """``replayed`` or ``discarded`` by a person, or ``superseded`` by what came later."""
    resolved_by: Mapped[str | None]
    reason: Mapped[str | None]
    replay_at: Mapped[datetime | None]
    """When the replay let the listing fall due."""


class Process(Base):
    """A running process of ours and when it was last heard of."""

    __tablename__ = "process"

    id: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    threads: Mapped[int] = mapped_column(server_default="0")
    rss_bytes: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[str]
    started_at: Mapped[datetime] = _now()
    seen_at: Mapped[datetime] = _now()


def table(model: type[Base]) -> sa.Table:
    """Return the table of a model, typed; the repositories write SQL on tables, not objects."""
    found = model.__table__
    if not isinstance(found, sa.Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return found
