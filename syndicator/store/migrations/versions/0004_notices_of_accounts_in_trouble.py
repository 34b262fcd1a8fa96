"""notices of accounts in trouble, and versions of credentials"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Accounts that were parked before have their notice, too.
PARKED_BEFORE = """
INSERT INTO notice (account_id, kind, th, en)
SELECT id, 'expired', problem ->> 'th', problem ->> 'en'
  FROM channel_account
 WHERE state = 'needs_reauth' AND problem ? 'th' AND problem ? 'en'
"""


def upgrade() -> None:
    op.add_column(
        "channel_account",
        sa.Column("credential_version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("th", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name=op.f("notice_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_pkey")),
    )
    op.create_index(op.f("notice_account_id_idx"), "notice", ["account_id"])
    op.create_index(
        "notice_open_key",
        "notice",
        ["account_id", "kind"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.execute(PARKED_BEFORE)


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_column("channel_account", "credential_version")
