"""Who is told of what happens, what there is to tell, and what came of telling it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column, ref_column


class WebhookSubscription(Base):
    """An address of another system that is told of events: a seller's, of every seller of a centre, or of everybody.

    A lease is a ``due_at`` in the future together with a token, as with listings. ``due_at`` is null while nothing waits.
    """

    __tablename__ = "webhook_subscription"
    __table_args__ = (
        sa.CheckConstraint("seller_id IS NULL OR centre_id IS NULL", name="owner"),
        sa.CheckConstraint("state IN ('active', 'paused')", name="state"),
        sa.CheckConstraint("paused_reason IN ('person', 'failing', 'gone')", name="paused_reason"),
        sa.CheckConstraint("(state = 'paused') = (paused_reason IS NOT NULL)", name="paused"),
        sa.CheckConstraint("lease_token IS NULL OR due_at IS NOT NULL", name="lease"),
        sa.Index(
            "webhook_subscription_everybody_idx",
            "id",
            postgresql_where=sa.text("seller_id IS NULL AND centre_id IS NULL"),
        ),
        sa.Index(
            "webhook_subscription_due_idx",
            "due_at",
            postgresql_where=sa.text("due_at IS NOT NULL AND state = 'active'"),
        ),
        sa.Index(
            "webhook_subscription_lease_token_idx",
            "lease_token",
            postgresql_where=sa.text("lease_token IS NOT NULL"),
        ),
    )

    id: Mapped[int] = id_column()
    public_id: Mapped[str] = mapped_column(unique=True)
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("seller.id", ondelete="CASCADE"), index=True)
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id", ondelete="CASCADE"), index=True)
    url: Mapped[str]
    events: Mapped[list[Any]]
    """Types of the events it wants (``syndicator.domain.events``)."""
    description: Mapped[str] = mapped_column(server_default="")
    secrets: Mapped[bytes]
    """Encrypted: what signs, and after a rotation what signed before."""
    previous_until: Mapped[datetime | None]
    """Until when the secret before the last rotation signs too."""
    state: Mapped[str] = mapped_column(server_default="active")
    paused_reason: Mapped[str | None]
    paused_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    """Calls in a row that were not taken."""
    failing_since: Mapped[datetime | None]
    is_swift: Mapped[bool] = mapped_column(server_default=sa.false())
    """Its last call was taken, and soon; the others share a part of the threads, so that they delay nobody else."""
    due_at: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    made_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = now_column()


class EventOut(Base):
    """Something that happened and that a subscription wants to hear of. Written by triggers of the database alone."""

    __tablename__ = "event_out"
    __table_args__ = (
        sa.Index("event_out_new_idx", "id", postgresql_where=sa.text("fanned_at IS NULL")),
        sa.Index("event_out_fanned_idx", "fanned_at", postgresql_where=sa.text("fanned_at IS NOT NULL")),
    )

    id: Mapped[int] = id_column()
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("seller.id", ondelete="CASCADE"), index=True)
    """Whose it is; null for the test event of a subscription that is no seller's."""
    type: Mapped[str]
    subject: Mapped[int | None]
    """What the event replaces the figures of: the variant, where only the newest event of it is worth telling."""
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime] = now_column()
    fanned_at: Mapped[datetime | None]
    """When it was written down for every subscription that wants it."""


class WebhookDelivery(Base):
    """One event for one subscription: until it is taken, given up, or replaced by a newer one of the same subject."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.CheckConstraint("outcome IN ('delivered', 'given_up', 'superseded')", name="outcome"),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint("(outcome IS NULL) = (due_at IS NOT NULL)", name="due"),
        sa.Index(
            "webhook_delivery_due_idx",
            "subscription_id",
            "due_at",
            postgresql_where=sa.text("due_at IS NOT NULL"),
        ),
        sa.Index(
            "webhook_delivery_subject_idx",
            "subscription_id",
            "subject",
            postgresql_where=sa.text("due_at IS NOT NULL AND subject IS NOT NULL"),
        ),
        sa.Index("webhook_delivery_subscription_idx", "subscription_id", "id"),
    )

    id: Mapped[int] = id_column()
    event_id: Mapped[int] = ref_column("event_out", index=True)
    subscription_id: Mapped[int] = ref_column("webhook_subscription")
    message_id: Mapped[str] = mapped_column(unique=True)
    """The same for every try, and for a replay: a receiver knows by it what it has taken already."""
    subject: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    began_at: Mapped[datetime]
    """When it was first to be sent, or was replayed last; it is given up some days after this."""
    due_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    """What the last try was answered with; null where there was no answer."""
    last_error: Mapped[str | None]
    """Why the last try did not count as taken, in a word of ours (``syndicator.domain.events``)."""
