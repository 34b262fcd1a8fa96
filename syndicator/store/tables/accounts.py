"""Sellers, their accounts, and how the channels behind them are."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column, ref_column


class Centre(Base):
    """A community digital centre, whose teachers help sellers."""

    __tablename__ = "centre"

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = now_column()


class Seller(Base):
    """Who owns products and accounts; the tenant."""

    __tablename__ = "seller"

    id: Mapped[int] = id_column()
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id", ondelete="SET NULL"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    last_units: Mapped[dict[str, Any] | None]
    """Below how many units only one account sells, and which (``syndicator.domain.stock_rule``)."""
    created_at: Mapped[datetime] = now_column()


class ChannelAccount(Base):
    """One connected Page, shop or market account. ``credentials`` is encrypted."""

    __tablename__ = "channel_account"
    __table_args__ = (
        sa.UniqueConstraint("seller_id", "name"),
        sa.CheckConstraint("state IN ('active', 'paused', 'renewing', 'needs_reauth')", name="state"),
        sa.CheckConstraint("brake_reason IN ('channel', 'usage', 'budget', 'setup')", name="brake_reason"),
        sa.Index(
            "channel_account_refresh_idx",
            "refresh_at",
            postgresql_where=sa.text("refresh_at IS NOT NULL AND state <> 'needs_reauth'"),
        ),
        sa.Index("channel_account_external_idx", "external_id", "kind"),
        sa.Index(
            "channel_account_orders_idx",
            "orders_due_at",
            postgresql_where=sa.text("orders_due_at IS NOT NULL AND state = 'active'"),
        ),
        sa.Index(
            "channel_account_sweep_idx",
            "sweep_due_at",
            postgresql_where=sa.text("sweep_due_at IS NOT NULL AND state = 'active'"),
        ),
    )

    id: Mapped[int] = id_column()
    seller_id: Mapped[int] = ref_column("seller")
    kind: Mapped[str]
    name: Mapped[str]
    external_id: Mapped[str] = mapped_column(server_default="")
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    credentials: Mapped[bytes]
    credential_version: Mapped[int] = mapped_column(server_default="1")
    """Raised whenever a credential is replaced, or a person sets a refused account going again."""
    expires_at: Mapped[datetime | None]
    """When the credential stops working, where the channel told."""
    refresh_at: Mapped[datetime | None]
    """When the credential is refreshed next, or the refresh that is under way is given up; None means never."""
    refresh_begun_at: Mapped[datetime | None]
    """A refresh was begun, committed before anything was sent, and its outcome is not known yet."""
    refresh_attempts: Mapped[int] = mapped_column(server_default="0")
    """Refreshes in a row that failed."""
    refreshed_at: Mapped[datetime | None]
    """When the credential was last refreshed."""
    state: Mapped[str] = mapped_column(server_default="active")
    problem: Mapped[dict[str, Any] | None]
    """Why it needs reconnecting, as a Problem."""
    not_before: Mapped[datetime | None]
    """The account is braked: nothing is dispatched to it before this time."""
    brake_reason: Mapped[str | None]
    """Why it was braked last; null once a step went through after the brake."""
    brakes: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    """Brakes in a row without a step that went through; the wait grows with them where the channel names none."""
    endpoint: Mapped[str | None]
    """What fails together with this account when the channel does; null where it is the kind alone."""
    feed: Mapped[dict[str, Any] | None]
    """Where the channel reads a file of ours: what was last written (``syndicator.store.feeds``)."""
    stock_rule: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    """What of the free units this account shows (``syndicator.domain.stock_rule``)."""
    drift_policy: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    """What is done about changes made on the channel, by part (``syndicator.domain.drift``)."""
    orders_cursor: Mapped[dict[str, Any] | None]
    orders_due_at: Mapped[datetime | None]
    """When orders are asked for next, or the lease of whoever asks runs out; null where the channel has none to give."""
    orders_asked_at: Mapped[datetime | None]
    """An event told of orders since they began to be read last: then they are read once more, and not only at the next poll."""
    orders_lease_token: Mapped[str | None]
    orders_read_at: Mapped[datetime | None]
    """When the orders were last read to their end."""
    sweep_cursor: Mapped[dict[str, Any] | None]
    sweep_due_at: Mapped[datetime | None]
    """When the account's listings are read back next, or the lease of whoever reads runs out."""
    sweep_lease_token: Mapped[str | None]
    swept_at: Mapped[datetime | None]
    """When a sweep last reached its end."""
    sweep_report: Mapped[dict[str, Any] | None]
    """What the sweep under way, or else the last one, read and found (``syndicator.store.sweeps``)."""
    created_at: Mapped[datetime] = now_column()


class ChannelBreaker(Base):
    """The breaker of one endpoint (a kind of channel, or one market); see ``syndicator.domain.breaker``."""

    __tablename__ = "channel_breaker"
    __table_args__ = (
        sa.CheckConstraint("state IN ('closed', 'open', 'half_open')", name="state"),
        sa.CheckConstraint("reason IN ('outage', 'throttled')", name="reason"),
    )

    endpoint: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="closed")
    reason: Mapped[str | None]
    since: Mapped[datetime]
    count_from: Mapped[datetime]
    probe_at: Mapped[datetime | None]
    probed_at: Mapped[datetime | None]
    interval_ms: Mapped[int] = mapped_column(server_default="0")
    is_slow: Mapped[bool] = mapped_column(server_default=sa.text("false"))


class ChannelCalls(Base):
    """Calls of one worker process to one endpoint over about a second, by how they ended; kept for a few minutes.

    Rows are only added: counters on one row would make every worker wait for every other.
    """

    __tablename__ = "channel_calls"

    id: Mapped[int] = id_column()
    endpoint: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    answered: Mapped[int] = mapped_column(sa.Integer)
    broken: Mapped[int] = mapped_column(sa.Integer)
    slow: Mapped[int] = mapped_column(sa.Integer)


class Notice(Base):
    """What a person is told of an account in trouble; open until the account works again."""

    __tablename__ = "notice"
    __table_args__ = (
        sa.Index(
            "notice_open_key",
            "account_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = ref_column("channel_account", index=True)
    kind: Mapped[str]
    """An ``AccountTrouble``, or ``not_opened``: a key or a file of settings is missing or wrong."""
    th: Mapped[str]
    en: Mapped[str]
    made_at: Mapped[datetime] = now_column()
    answered_at: Mapped[datetime | None]
