"""What channels tell us: orders and webhooks."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column, ref_column


class ChannelOrder(Base):
    """An order as an account reported it, without anything about its buyer."""

    __tablename__ = "channel_order"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "reference"),
        sa.Index("channel_order_seller_idx", "seller_id", "placed_at"),
    )

    id: Mapped[int] = id_column()
    seller_id: Mapped[int] = ref_column("seller")
    account_id: Mapped[int] = ref_column("channel_account")
    reference: Mapped[str]
    state: Mapped[str]
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_seen_at: Mapped[datetime] = now_column()


class ChannelOrderLine(Base):
    """A line of an order: counters that only grow. ``variant_id`` is null until it is known what was sold."""

    __tablename__ = "channel_order_line"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "reference"),
        sa.CheckConstraint("cancelled + shipped <= ordered AND returned <= shipped", name="units"),
        sa.Index("channel_order_line_unknown_idx", "sku", postgresql_where=sa.text("variant_id IS NULL")),
    )

    id: Mapped[int] = id_column()
    order_id: Mapped[int] = ref_column("channel_order")
    reference: Mapped[str]
    sku: Mapped[str]
    external_id: Mapped[str | None]
    variant_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("variant.id", ondelete="SET NULL"), index=True
    )
    ordered: Mapped[int]
    cancelled: Mapped[int] = mapped_column(server_default="0")
    shipped: Mapped[int] = mapped_column(server_default="0")
    returned: Mapped[int] = mapped_column(server_default="0")


class Oversell(Base):
    """An order line that sold more than there was: how much, and how late the channel knew. Open while units are owed."""

    __tablename__ = "oversell"
    __table_args__ = (
        sa.UniqueConstraint("order_line_id"),
        sa.Index("oversell_open_idx", "variant_id", postgresql_where=sa.text("closed_at IS NULL")),
    )

    id: Mapped[int] = id_column()
    seller_id: Mapped[int] = ref_column("seller", index=True)
    variant_id: Mapped[int] = ref_column("variant")
    account_id: Mapped[int] = ref_column("channel_account")
    order_line_id: Mapped[int] = ref_column("channel_order_line")
    units: Mapped[int]
    placed_at: Mapped[datetime]
    stock_changed_at: Mapped[datetime | None]
    """When the units went that this order sold again; null where there were never enough."""
    told_at: Mapped[datetime | None]
    """When the account last took a figure of the variant before the order was placed."""
    found_at: Mapped[datetime] = now_column()
    closed_at: Mapped[datetime | None]


class InboundEvent(Base):
    """An event that a channel sent, once; ``repeats`` counts the deliveries that followed the first."""

    __tablename__ = "inbound_event"
    __table_args__ = (sa.UniqueConstraint("account_id", "key"),)

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = ref_column("channel_account")
    key: Mapped[str]
    repeats: Mapped[int] = mapped_column(server_default="0")
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now(), index=True)


class RefusedWebhook(Base):
    """How often calls to one of our webhook addresses were refused; nothing of what they carried is kept."""

    __tablename__ = "refused_webhook"

    address: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(server_default="1")
    last_at: Mapped[datetime] = now_column()
