"""pictures that sellers upload"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_upload",
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("media_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", "media_id", name=op.f("media_upload_pkey")),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("media_upload_seller_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("media_upload_media_id_fkey"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("media_upload_media_id_idx"), "media_upload", ["media_id"])


def downgrade() -> None:
    op.drop_table("media_upload")
