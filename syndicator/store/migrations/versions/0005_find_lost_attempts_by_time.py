"""find the attempts of ended workers by time"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("attempt_lost_idx", "attempt", ["ended_at"], postgresql_where=sa.text("outcome = 'lost'"))


def downgrade() -> None:
    op.drop_index("attempt_lost_idx", "attempt")
