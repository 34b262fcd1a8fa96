"""Who may call the HTTP API, and what was written through it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column


class ApiKey(Base):
    """A key of another system. Its secret is shown once and kept as a hash."""

    __tablename__ = "api_key"
    __table_args__ = (
        sa.CheckConstraint(
            "(role = 'seller') = (seller_id IS NOT NULL) AND (role = 'centre') = (centre_id IS NOT NULL)",
            name="reach",
        ),
        sa.CheckConstraint("role IN ('seller', 'centre', 'admin')", name="role"),
        sa.CheckConstraint("rights IN ('read', 'write')", name="rights"),
    )

    id: Mapped[int] = id_column()
    public_id: Mapped[str] = mapped_column(unique=True)
    """The part of the key that names it; safe to show."""
    secret_hash: Mapped[bytes]
    name: Mapped[str]
    role: Mapped[str]
    rights: Mapped[str] = mapped_column(server_default="write")
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("seller.id", ondelete="CASCADE"), index=True)
    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id", ondelete="CASCADE"), index=True)
    requests_per_minute: Mapped[int | None]
    """Its own limit; null means that of the settings."""
    made_by: Mapped[str]
    created_at: Mapped[datetime] = now_column()
    last_used_at: Mapped[datetime | None]
    """To the minute."""
    revoked_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """A write that was asked for under a name of the caller's, and the answer it got; kept for a few days."""

    __tablename__ = "idempotency_key"

    api_key_id: Mapped[int] = mapped_column(sa.ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    """SHA-256 over method, address and body: another request under the same name is a mistake."""
    status: Mapped[int | None]
    """Null while it is being worked on, or after the process that did so ended."""
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None]
    began_at: Mapped[datetime] = mapped_column(server_default=sa.func.now(), index=True)


class Audit(Base):
    """A write through the API: begun before it is done, completed with how it ended. Never deleted by the program."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index("audit_seller_idx", "seller_id", "id"),)

    id: Mapped[int] = id_column()
    api_key_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("api_key.id", ondelete="SET NULL"), index=True
    )
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("seller.id", ondelete="CASCADE"))
    """Whose goods it was about; null for what belongs to no seller."""
    method: Mapped[str]
    route: Mapped[str]
    """The address as the documentation writes it."""
    target: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))
    """What the address named."""
    request_id: Mapped[str]
    status: Mapped[int | None]
    """Null where the process ended in the middle."""
    at: Mapped[datetime] = now_column()
