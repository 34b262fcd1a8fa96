"""Submissions of other systems, and what became of every line of them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column, ref_column


class Job(Base):
    """One submission of products: over a request, a stream or a message."""

    __tablename__ = "job"
    __table_args__ = (
        sa.UniqueConstraint("seller_id", "reference"),
        sa.CheckConstraint("source IN ('api', 'message', 'file')", name="source"),
        sa.CheckConstraint("state IN ('receiving', 'received', 'failed')", name="state"),
    )

    id: Mapped[int] = id_column()
    public_id: Mapped[str] = mapped_column(unique=True)
    """How the job is named outside; it cannot be guessed."""
    seller_id: Mapped[int] = ref_column("seller")
    reference: Mapped[str]
    """Names the submission: the same one again goes on where the first was cut off."""
    source: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="receiving")
    problem: Mapped[dict[str, Any] | None]
    """Why the submission as a whole failed, as a Problem."""
    account_ids: Mapped[list[Any] | None]
    """Accounts that new products are listed on; null means all of the seller's."""
    lines: Mapped[int] = mapped_column(server_default="0")
    """Lines taken so far; a submission that goes on skips these."""
    created: Mapped[int] = mapped_column(server_default="0")
    updated: Mapped[int] = mapped_column(server_default="0")
    unchanged: Mapped[int] = mapped_column(server_default="0")
    refused: Mapped[int] = mapped_column(server_default="0")
    request_id: Mapped[str | None]
    created_at: Mapped[datetime] = now_column()
    received_at: Mapped[datetime | None]
    """When the last line was taken."""


class JobLine(Base):
    """One product of a job: what became of it when it was taken in. How its listings fare stands on the listings."""

    __tablename__ = "job_line"
    __table_args__ = (
        sa.CheckConstraint("outcome IN ('created', 'updated', 'unchanged', 'refused')", name="outcome"),
        sa.Index("job_line_product_idx", "product_id"),
    )

    job_id: Mapped[int] = mapped_column(sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    """Counted from 1, in the order they came."""
    sku: Mapped[str | None]
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("product.id", ondelete="SET NULL"))
    outcome: Mapped[str]
    problems: Mapped[list[Any]] = mapped_column(server_default=sa.text("'[]'"))
