"""the tables of the main job"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "centre",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("centre_pkey")),
        sa.UniqueConstraint("code", name=op.f("centre_code_key")),
    )
    op.create_table(
        "process",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("threads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rss_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("process_pkey")),
    )
    op.create_table(
        "seller",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name=op.f("seller_centre_id_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("seller_pkey")),
        sa.UniqueConstraint("code", name=op.f("seller_code_key")),
    )
    op.create_index(op.f("seller_centre_id_idx"), "seller", ["centre_id"], unique=False)
    op.create_table(
        "channel_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feed", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'needs_reauth')", name=op.f("channel_account_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("channel_account_seller_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("channel_account_pkey")),
        sa.UniqueConstraint("seller_id", "name", name=op.f("channel_account_seller_id_name_key")),
    )
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("starts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('new', 'ready', 'failed')", name=op.f("media_state_check")),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("media_seller_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("media_pkey")),
        sa.UniqueConstraint("sha256", name=op.f("media_sha256_key")),
    )
    op.create_index(
        "media_due_idx",
        "media",
        ["seller_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "media_leased_idx",
        "media",
        ["seller_id"],
        unique=False,
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("canonical", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("product_seller_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("product_pkey")),
        sa.UniqueConstraint("seller_id", "sku", name=op.f("product_seller_id_sku_key")),
    )
    op.create_table(
        "listing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("wish", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("publication", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("permalink", sa.Text(), nullable=True),
        sa.Column(
            "remote", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column(
            "sent", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("intent_verb", sa.Text(), nullable=True),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intent_parts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("unsure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lane", sa.SmallInteger(), server_default="3", nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("waits_for_media", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="working", nullable=False),
        sa.Column(
            "problems",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('live', 'working', 'needs_you', 'stopped')", name=op.f("listing_state_check")
        ),
        sa.CheckConstraint("wanted IN ('live', 'withdrawn')", name=op.f("listing_wanted_check")),
        sa.CheckConstraint("lane BETWEEN 0 AND 3", name=op.f("listing_lane_check")),
        sa.CheckConstraint("lease_token IS NULL OR due_at IS NOT NULL", name=op.f("listing_lease_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("listing_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("listing_product_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("listing_seller_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("listing_pkey")),
        sa.UniqueConstraint("product_id", "account_id", name=op.f("listing_product_id_account_id_key")),
    )
    op.create_index("listing_account_state_idx", "listing", ["account_id", "state"], unique=False)
    op.create_index(
        "listing_due_idx",
        "listing",
        ["lane", "account_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "listing_lease_token_idx",
        "listing",
        ["lease_token"],
        unique=False,
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.create_index(
        "listing_leased_idx",
        "listing",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.create_index(op.f("listing_seller_id_idx"), "listing", ["seller_id"], unique=False)
    op.create_table(
        "product_media",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("media_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("product_media_media_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("product_media_product_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", "media_id", name=op.f("product_media_pkey")),
    )
    op.create_index(op.f("product_media_media_id_idx"), "product_media", ["media_id"], unique=False)
    op.create_table(
        "rendition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("media_id", sa.BigInteger(), nullable=False),
        sa.Column("spec_fingerprint", sa.Text(), nullable=False),
        sa.Column("spec", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("rendition_media_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("rendition_pkey")),
        sa.UniqueConstraint("key", name=op.f("rendition_key_key")),
        sa.UniqueConstraint(
            "media_id", "spec_fingerprint", name=op.f("rendition_media_id_spec_fingerprint_key")
        ),
    )
    op.create_table(
        "variant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("variant_product_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("variant_seller_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("variant_pkey")),
        sa.UniqueConstraint("seller_id", "sku", name=op.f("variant_seller_id_sku_key")),
    )
    op.create_index(op.f("variant_product_id_idx"), "variant", ["product_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("listing_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("vendor_code", sa.Text(), nullable=True),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("attempt_listing_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("attempt_pkey")),
    )
    op.create_index(op.f("attempt_listing_id_idx"), "attempt", ["listing_id"], unique=False)
    op.create_index(
        "attempt_open_idx",
        "attempt",
        ["listing_id"],
        unique=False,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("listing_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("message", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("dead_letter_listing_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dead_letter_pkey")),
    )
    op.create_index(op.f("dead_letter_listing_id_idx"), "dead_letter", ["listing_id"], unique=False)
    op.create_index(
        "dead_letter_waiting_idx",
        "dead_letter",
        ["at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "stock_level",
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("held >= 0 AND held <= on_hand", name=op.f("stock_level_held_check")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("stock_level_on_hand_check")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("stock_level_variant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("stock_level_pkey")),
    )
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("on_hand_change", sa.BigInteger(), nullable=False),
        sa.Column("on_hand_after", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("stock_movement_variant_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_movement_pkey")),
        sa.UniqueConstraint(
            "source", "reference", "variant_id", name=op.f("stock_movement_source_reference_variant_id_key")
        ),
    )
    op.create_index(op.f("stock_movement_variant_id_idx"), "stock_movement", ["variant_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("stock_movement_variant_id_idx"), table_name="stock_movement")
    op.drop_table("stock_movement")
    op.drop_table("stock_level")
    op.drop_index(
        "dead_letter_waiting_idx", table_name="dead_letter", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index(op.f("dead_letter_listing_id_idx"), table_name="dead_letter")
    op.drop_table("dead_letter")
    op.drop_index("attempt_open_idx", table_name="attempt", postgresql_where=sa.text("outcome IS NULL"))
    op.drop_index(op.f("attempt_listing_id_idx"), table_name="attempt")
    op.drop_table("attempt")
    op.drop_index(op.f("variant_product_id_idx"), table_name="variant")
    op.drop_table("variant")
    op.drop_table("rendition")
    op.drop_index(op.f("product_media_media_id_idx"), table_name="product_media")
    op.drop_table("product_media")
    op.drop_index(op.f("listing_seller_id_idx"), table_name="listing")
    op.drop_index(
        "listing_leased_idx", table_name="listing", postgresql_where=sa.text("lease_token IS NOT NULL")
    )
    op.drop_index(
        "listing_lease_token_idx", table_name="listing", postgresql_where=sa.text("lease_token IS NOT NULL")
    )
    op.drop_index("listing_due_idx", table_name="listing", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index("listing_account_state_idx", table_name="listing")
    op.drop_table("listing")
    op.drop_table("product")
    op.drop_index("media_leased_idx", table_name="media", postgresql_where=sa.text("lease_token IS NOT NULL"))
    op.drop_index("media_due_idx", table_name="media", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_table("media")
    op.drop_table("channel_account")
    op.drop_index(op.f("seller_centre_id_idx"), table_name="seller")
    op.drop_table("seller")
    op.drop_table("process")
    op.drop_table("centre")
