"""keys, jobs and audit of the HTTP API"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=nullable)


def _number(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), server_default=default, nullable=nullable)


def _time(name: str, *, required: bool = False) -> sa.Column[Any]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=NOW if required else None, nullable=not required
    )


def _json(name: str, *, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(
        name, JSONB(), server_default=None if default is None else sa.text(default), nullable=default is None
    )


def _ref(table: str, column: str, target: str, *, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"{table}_{column}_fkey"), ondelete=ondelete
    )


def upgrade() -> None:
    op.add_column("listing", _text("request_id", nullable=True))
    _make_access()
    _make_jobs()


def _make_access() -> None:
    op.create_table(
        "api_key",
        _id(),
        _text("public_id"),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        _text("name"),
        _text("role"),
        _text("rights", default="write"),
        _number("seller_id", nullable=True),
        _number("centre_id", nullable=True),
        _number("requests_per_minute", nullable=True),
        _text("made_by"),
        _time("created_at", required=True),
        _time("last_used_at"),
        _time("revoked_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pkey")),
        sa.UniqueConstraint("public_id", name=op.f("api_key_public_id_key")),
        _ref("api_key", "seller_id", "seller"),
        _ref("api_key", "centre_id", "centre"),
        sa.CheckConstraint(
            "(role = 'seller') = (seller_id IS NOT NULL) AND (role = 'centre') = (centre_id IS NOT NULL)",
            name=op.f("api_key_reach_check"),
        ),
        sa.CheckConstraint("role IN ('seller', 'centre', 'admin')", name=op.f("api_key_role_check")),
        sa.CheckConstraint("rights IN ('read', 'write')", name=op.f("api_key_rights_check")),
    )
    op.create_index(op.f("api_key_seller_id_idx"), "api_key", ["seller_id"])
    op.create_index(op.f("api_key_centre_id_idx"), "api_key", ["centre_id"])
    op.create_table(
        "idempotency_key",
        _number("api_key_id"),
        _text("key"),
        _text("fingerprint"),
        _number("status", nullable=True),
        _json("headers"),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        _time("began_at", required=True),
        sa.PrimaryKeyConstraint("api_key_id", "key", name=op.f("idempotency_key_pkey")),
        _ref("idempotency_key", "api_key_id", "api_key"),
    )
    op.create_index(op.f("idempotency_key_began_at_idx"), "idempotency_key", ["began_at"])
    op.create_table(
        "audit",
        _id(),
        _number("api_key_id", nullable=True),
        _number("seller_id", nullable=True),
        _text("method"),
        _text("route"),
        _json("target", default="'{}'"),
        _text("request_id"),
        _number("status", nullable=True),
        _time("at", required=True),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
        _ref("audit", "api_key_id", "api_key", ondelete="SET NULL"),
        _ref("audit", "seller_id", "seller"),
    )
    op.create_index(op.f("audit_api_key_id_idx"), "audit", ["api_key_id"])
    op.create_index("audit_seller_idx", "audit", ["seller_id", "id"])


def _make_jobs() -> None:
    op.create_table(
        "job",
        _id(),
        _text("public_id"),
        _number("seller_id"),
        _text("reference"),
        _text("source"),
        _text("state", default="receiving"),
        _json("problem"),
        _json("account_ids"),
        _number("lines", default="0"),
        _number("created", default="0"),
        _number("updated", default="0"),
        _number("unchanged", default="0"),
        _number("refused", default="0"),
        _text("request_id", nullable=True),
        _time("created_at", required=True),
        _time("received_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("job_pkey")),
        sa.UniqueConstraint("public_id", name=op.f("job_public_id_key")),
        sa.UniqueConstraint("seller_id", "reference", name=op.f("job_seller_id_reference_key")),
        _ref("job", "seller_id", "seller"),
        sa.CheckConstraint("source IN ('api', 'message', 'file')", name=op.f("job_source_check")),
        sa.CheckConstraint("state IN ('receiving', 'received', 'failed')", name=op.f("job_state_check")),
    )
    op.create_table(
        "job_line",
        _number("job_id"),
        _number("line"),
        _text("sku", nullable=True),
        _number("product_id", nullable=True),
        _text("outcome"),
        _json("problems", default="'[]'"),
        sa.PrimaryKeyConstraint("job_id", "line", name=op.f("job_line_pkey")),
        _ref("job_line", "job_id", "job"),
        _ref("job_line", "product_id", "product", ondelete="SET NULL"),
        sa.CheckConstraint(
            "outcome IN ('created', 'updated', 'unchanged', 'refused')", name=op.f("job_line_outcome_check")
        ),
    )
    op.create_index("job_line_product_idx", "job_line", ["product_id"])


def downgrade() -> None:
    for name in ("job_line", "job", "audit", "idempotency_key", "api_key"):
        op.drop_table(name)
    op.drop_column("listing", "request_id")
