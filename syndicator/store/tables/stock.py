"""The stock ledger, and how fast channels followed it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column, ref_column


class StockLevel(Base):
    """What a seller has of a variant, in units: on the shelf, and promised to buyers in open orders.

    The database derives the rest, so that no writer can make the figures contradict each other: ``held`` is promised and
    there, ``owed`` is promised and not there (oversold), ``available`` is free to sell.
    """

    __tablename__ = "stock_level"
    __table_args__ = (
        sa.CheckConstraint("on_hand >= 0", name="on_hand"),
        sa.CheckConstraint("promised >= 0", name="promised"),
    )

    variant_id: Mapped[int] = mapped_column(sa.ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True)
    on_hand: Mapped[int]
    promised: Mapped[int] = mapped_column(server_default="0")
    held: Mapped[int] = mapped_column(sa.Computed("LEAST(promised, on_hand)", persisted=True))
    owed: Mapped[int] = mapped_column(sa.Computed("GREATEST(promised - on_hand, 0)", persisted=True))
    available: Mapped[int] = mapped_column(sa.Computed("GREATEST(on_hand - promised, 0)", persisted=True))
    counted_at: Mapped[datetime | None]
    """The moment the last count speaks of; what was shipped before it is in its figure."""
    submitted: Mapped[int | None]
    """The figure of the last product file: the same one again says nothing new, and undoes no sale."""
    updated_at: Mapped[datetime] = now_column()


class StockMovement(Base):
    """Append-only ledger of stock: every change once, by source and reference. The level is the sum of its movements."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        sa.UniqueConstraint("source", "reference", "variant_id"),
        sa.CheckConstraint(
            "kind IN ('count', 'sale', 'order', 'cancel', 'ship', 'return', 'adjust', 'difference')",
            name="kind",
        ),
        sa.CheckConstraint("on_hand_after >= 0 AND promised_after >= 0", name="after"),
        sa.Index("stock_movement_variant_idx", "variant_id", "id"),
    )

    id: Mapped[int] = id_column()
    variant_id: Mapped[int] = ref_column("variant")
    kind: Mapped[str]
    source: Mapped[str]
    reference: Mapped[str]
    on_hand_change: Mapped[int]
    on_hand_after: Mapped[int]
    promised_change: Mapped[int] = mapped_column(server_default="0")
    promised_after: Mapped[int] = mapped_column(server_default="0")
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("channel_account.id", ondelete="SET NULL"), index=True
    )
    note: Mapped[str | None]
    happened_at: Mapped[datetime] = now_column()
    """When it happened, as far as is known; ``at`` is when it was written down."""
    at: Mapped[datetime] = now_column()


class StockPush(Base):
    """One stock change as one account took it: when the stock changed, when the call left, when it was seen there."""

    __tablename__ = "stock_push"
    __table_args__ = (
        sa.Index("stock_push_account_idx", "account_id", "sent_at"),
        sa.Index("stock_push_listing_idx", "listing_id", "sent_at"),
    )

    id: Mapped[int] = id_column()
    listing_id: Mapped[int] = ref_column("listing")
    account_id: Mapped[int] = ref_column("channel_account")
    units: Mapped[dict[str, Any]]
    """Free-to-sell units by SKU, as they were sent."""
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    """When the channel itself showed these units; null until it did."""
