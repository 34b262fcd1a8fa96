"""answers of channels that no error table explains, counted"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unlisted_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unlisted_in", sa.Text(), nullable=False),
        sa.Column("vendor_code", sa.Text(), server_default="", nullable=False),
        sa.Column("http_status", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("listing_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("unlisted_answer_listing_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("unlisted_answer_pkey")),
        sa.UniqueConstraint(
            "kind",
            "unlisted_in",
            "vendor_code",
            "http_status",
            name=op.f("unlisted_answer_kind_unlisted_in_vendor_code_http_status_key"),
        ),
    )
    op.create_index(op.f("unlisted_answer_listing_id_idx"), "unlisted_answer", ["listing_id"], unique=False)


def downgrade() -> None:
    op.drop_table("unlisted_answer")
