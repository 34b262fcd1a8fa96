"""refresh credentials ahead of their expiry"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = "state IN ('active', 'paused', 'renewing', 'needs_reauth')"
STATES_BEFORE = "state IN ('active', 'paused', 'needs_reauth')"
CHECK = "channel_account_state_check"
MOMENTS = ("expires_at", "refresh_at", "refresh_begun_at", "refreshed_at")
# What kind of credential an older account has, only its adapter knows; it is asked a day later, because some tokens
# cannot be refreshed on their first day.
LOOK_AT_EVERY_ACCOUNT = "UPDATE channel_account SET refresh_at = now() + interval '1 day'"


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("channel_account", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "channel_account",
        sa.Column("refresh_attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.drop_constraint(op.f(CHECK), "channel_account", type_="check")
    op.create_check_constraint(op.f(CHECK), "channel_account", STATES)
    op.create_index(
        "channel_account_refresh_idx",
        "channel_account",
        ["refresh_at"],
        postgresql_where=sa.text("refresh_at IS NOT NULL AND state <> 'needs_reauth'"),
    )
    op.execute(LOOK_AT_EVERY_ACCOUNT)


def downgrade() -> None:
    op.drop_index("channel_account_refresh_idx", "channel_account")
    op.execute("UPDATE channel_account SET state = 'active' WHERE state = 'renewing'")
    op.drop_constraint(op.f(CHECK), "channel_account", type_="check")
    op.create_check_constraint(op.f(CHECK), "channel_account", STATES_BEFORE)
    op.drop_column("channel_account", "refresh_attempts")
    for name in reversed(MOMENTS):
        op.drop_column("channel_account", name)
