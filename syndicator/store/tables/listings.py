"""Listings, what was tried with them, and what is no longer as it was sent."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column, ref_column


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
        sa.Index("listing_external_idx", "account_id", "external_id"),
        sa.Index("listing_look_idx", "look_at", postgresql_where=sa.text("look_at IS NOT NULL")),
    )

    id: Mapped[int] = id_column()
    seller_id: Mapped[int] = ref_column("seller", index=True)
    product_id: Mapped[int] = ref_column("product")
    account_id: Mapped[int] = ref_column("channel_account")

    wanted: Mapped[str]
    wish: Mapped[int] = mapped_column(server_default="1")
    wished_at: Mapped[datetime] = now_column()
    request_id: Mapped[str | None]
    """The request or message that brought the wish; what is logged of its steps carries it."""

    publication: Mapped[int] = mapped_column(server_default="1")
    external_id: Mapped[str | None]
    permalink: Mapped[str | None]
    remote: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    sent: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    """Part -> fingerprint of what the channel was last known to have."""
    sent_at: Mapped[datetime | None]
    """When the channel last confirmed it."""
    accepted: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    """Part -> wanted fingerprint beside which the channel's own version was accepted, until the seller changes the part."""
    stock_changed_at: Mapped[datetime | None]
    """When the stock changed that the channel has not been told of yet; the earliest of several changes."""
    seen: Mapped[dict[str, Any] | None]
    """What the channel showed when it was last read back."""
    seen_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]
    """Since when reads have not found it; one alone proves nothing."""
    look_at: Mapped[datetime | None]
    """When to read it back by itself, out of turn."""
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
    created_at: Mapped[datetime] = now_column()


class Attempt(Base):
    """One try of one step: the intent before the call, completed once with the outcome. Never deleted by the program."""

    __tablename__ = "attempt"
    __table_args__ = (
        sa.Index("attempt_open_idx", "listing_id", postgresql_where=sa.text("outcome IS NULL")),
        sa.Index("attempt_lost_idx", "ended_at", postgresql_where=sa.text("outcome = 'lost'")),
    )

    id: Mapped[int] = id_column()
    listing_id: Mapped[int] = ref_column("listing", index=True)
    step: Mapped[str]
    lease_token: Mapped[str]
    correlation_id: Mapped[str | None]
    began_at: Mapped[datetime] = now_column()
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """Null while open; then ``done``, ``pending``, an error class in lower case, or ``lost`` when the worker died."""
    vendor_code: Mapped[str | None]
    http_status: Mapped[int | None]
    request_id: Mapped[str | None]
    message: Mapped[str | None]


class Drift(Base):
    """Something on a channel that is not as it was sent, found by reading it back, and what was done about it."""

    __tablename__ = "drift"
    __table_args__ = (
        sa.Index(
            "drift_open_key", "listing_id", "kind", unique=True, postgresql_where=sa.text("closed_at IS NULL")
        ),
        sa.Index("drift_at_idx", "at"),
    )

    id: Mapped[int] = id_column()
    listing_id: Mapped[int] = ref_column("listing")
    kind: Mapped[str]
    wanted: Mapped[str]
    seen: Mapped[str]
    policy: Mapped[str]
    action: Mapped[str]
    at: Mapped[datetime] = now_column()
    closed_at: Mapped[datetime | None]
