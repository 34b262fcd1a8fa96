"""causes and resolutions of dead letters, and leases without an outcome"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CLOSED = "(closed_at IS NULL) = (resolution IS NULL)"
RESOLUTION = "resolution IN ('replayed', 'discarded', 'superseded')"
# Letters of before are grouped by what was known of them; the program itself computes finer ones from now on.
OLD_FINGERPRINTS = """
UPDATE dead_letter
   SET fingerprint = 'c' || substr(
           encode(sha256(convert_to(coalesce(actor, '') || ' ' || cause, 'UTF8')), 'hex'), 1, 9)
"""


def upgrade() -> None:
    for name in ("starts", "deaths"):
        op.add_column(
            "listing", sa.Column(name, sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
        )
    for name in ("step", "fingerprint", "resolution", "resolved_by", "reason"):
        op.add_column("dead_letter", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("dead_letter", sa.Column("replay_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "dead_letter", sa.Column("is_notice", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(OLD_FINGERPRINTS)
    op.execute("UPDATE dead_letter SET resolution = 'superseded' WHERE closed_at IS NOT NULL")
    op.alter_column("dead_letter", "fingerprint", nullable=False)
    op.create_check_constraint(op.f("dead_letter_resolution_check"), "dead_letter", RESOLUTION)
    op.create_check_constraint(op.f("dead_letter_closed_check"), "dead_letter", CLOSED)
    op.create_index(
        "dead_letter_cause_idx",
        "dead_letter",
        ["fingerprint"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "dead_letter_replay_idx",
        "dead_letter",
        ["replay_at"],
        postgresql_where=sa.text("replay_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("dead_letter_replay_idx", table_name="dead_letter")
    op.drop_index("dead_letter_cause_idx", table_name="dead_letter")
    op.drop_constraint(op.f("dead_letter_closed_check"), "dead_letter", type_="check")
    op.drop_constraint(op.f("dead_letter_resolution_check"), "dead_letter", type_="check")
    for name in ("is_notice", "replay_at", "reason", "resolved_by", "resolution", "fingerprint", "step"):
        op.drop_column("dead_letter", name)
    for name in ("deaths", "starts"):
        op.drop_column("listing", name)
