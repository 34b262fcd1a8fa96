"""Products, their variants and their pictures."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.store.tables.base import Base, id_column, now_column, ref_column


class Product(Base):
    """The canonical product of a seller."""

    __tablename__ = "product"
    __table_args__ = (sa.UniqueConstraint("seller_id", "sku"),)

    id: Mapped[int] = id_column()
    seller_id: Mapped[int] = ref_column("seller")
    sku: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    fingerprint: Mapped[str]
    canonical: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = now_column()
    updated_at: Mapped[datetime] = now_column()


class Variant(Base):
    """The sellable version of a product; a SKU belongs to one product of a seller."""

    __tablename__ = "variant"
    __table_args__ = (sa.UniqueConstraint("seller_id", "sku"),)

    id: Mapped[int] = id_column()
    seller_id: Mapped[int] = ref_column("seller")
    product_id: Mapped[int] = ref_column("product", index=True)
    sku: Mapped[str]
    position: Mapped[int]


class Media(Base):
    """A source picture, named by the SHA-256 of its bytes."""

    __tablename__ = "media"
    __table_args__ = (
        sa.CheckConstraint("state IN ('new', 'ready', 'failed')", name="state"),
        sa.Index("media_due_idx", "seller_id", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
        sa.Index("media_leased_idx", "seller_id", postgresql_where=sa.text("lease_token IS NOT NULL")),
    )

    id: Mapped[int] = id_column()
    sha256: Mapped[str] = mapped_column(unique=True)
    seller_id: Mapped[int] = ref_column("seller")
    """Who brought it first; fairness of preparing goes by it."""
    size_bytes: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="new")
    problem: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    starts: Mapped[int] = mapped_column(server_default="0")
    """Times preparing began without an end; a picture that killed its process twice is quarantined."""
    created_at: Mapped[datetime] = now_column()


class Rendition(Base):
    """A sized picture: one source made to one spec. ``ready_at`` is null until it is stored."""

    __tablename__ = "rendition"
    __table_args__ = (sa.UniqueConstraint("media_id", "spec_fingerprint"),)

    id: Mapped[int] = id_column()
    media_id: Mapped[int] = ref_column("media")
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


class MediaUpload(Base):
    """A seller who sent us a picture, perhaps the same as another seller's: each may name it by its hash."""

    __tablename__ = "media_upload"

    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("seller.id", ondelete="CASCADE"), primary_key=True)
    media_id: Mapped[int] = mapped_column(
        sa.ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime] = now_column()
