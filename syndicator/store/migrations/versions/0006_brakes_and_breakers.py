"""brakes of accounts and breakers of channels"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

REASONS = "brake_reason IN ('channel', 'usage', 'budget', 'setup')"
STATES = "state IN ('closed', 'open', 'half_open')"
OPEN_REASONS = "reason IN ('outage', 'throttled')"
# An account of before whose settings name a market belongs to that market's breaker.
MARKETS = (
    "UPDATE channel_account SET endpoint = kind || '/' || (settings ->> 'market') WHERE settings ? 'market'"
)


def upgrade() -> None:
    op.add_column("channel_account", sa.Column("endpoint", sa.Text(), nullable=True))
    op.add_column("channel_account", sa.Column("brake_reason", sa.Text(), nullable=True))
    op.add_column(
        "channel_account",
        sa.Column("brakes", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(op.f("channel_account_brake_reason_check"), "channel_account", REASONS)
    op.execute(MARKETS)
    op.create_table(
        "channel_breaker",
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="closed", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("interval_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_slow", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(STATES, name=op.f("channel_breaker_state_check")),
        sa.CheckConstraint(OPEN_REASONS, name=op.f("channel_breaker_reason_check")),
        sa.PrimaryKeyConstraint("endpoint", name=op.f("channel_breaker_pkey")),
    )
    op.create_table(
        "channel_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("slow", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("channel_calls_pkey")),
    )
    op.create_index(op.f("channel_calls_at_idx"), "channel_calls", ["at"])


def downgrade() -> None:
    op.drop_table("channel_calls")
    op.drop_table("channel_breaker")
    op.drop_constraint(op.f("channel_account_brake_reason_check"), "channel_account", type_="check")
    for name in ("brakes", "brake_reason", "endpoint"):
        op.drop_column("channel_account", name)
