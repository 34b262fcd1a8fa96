"""What operators look after."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column


class UnlistedAnswer(Base):
    """An answer of a channel that no row of its error table explains, counted until an operator adds the row."""

    __tablename__ = "unlisted_answer"
    __table_args__ = (sa.UniqueConstraint("kind", "unlisted_in", "vendor_code", "http_status"),)

    id: Mapped[int] = id_column()
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
    first_seen_at: Mapped[datetime] = now_column()
    last_seen_at: Mapped[datetime] = now_column()


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

    id: Mapped[int] = id_column()
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
    at: Mapped[datetime] = now_column()
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
    started_at: Mapped[datetime] = now_column()
    seen_at: Mapped[datetime] = now_column()
