"""one stock: promised units, orders, oversells, pushes, drift"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
EMPTY = sa.text("'{}'")
DERIVED = (
    ("held", "LEAST(promised, on_hand)"),
    ("owed", "GREATEST(promised - on_hand, 0)"),
    ("available", "GREATEST(on_hand - promised, 0)"),
)
KINDS = "kind IN ('count', 'sale', 'order', 'cancel', 'ship', 'return', 'adjust', 'difference')"


def _time(name: str, *, required: bool = False) -> sa.Column[Any]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=NOW if required else None, nullable=not required
    )


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pkey"))


def _ref(table: str, column: str, target: str, *, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"{table}_{column}_fkey"), ondelete=ondelete
    )


def _number(name: str, *, default: str | None = None, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), server_default=default, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    op.add_column("seller", sa.Column("last_units", JSONB(), nullable=True))
    _widen_accounts()
    _widen_listings()
    _remake_stock()
    _make_orders()
    _make_inbound()
    _make_observed()


def _widen_accounts() -> None:
    for name in ("stock_rule", "drift_policy"):
        op.add_column("channel_account", sa.Column(name, JSONB(), server_default=EMPTY, nullable=False))
    for name in ("orders_cursor", "sweep_cursor", "sweep_report"):
        op.add_column("channel_account", sa.Column(name, JSONB(), nullable=True))
    for name in ("orders_due_at", "orders_asked_at", "orders_read_at", "sweep_due_at", "swept_at"):
        op.add_column("channel_account", _time(name))
    for name in ("orders_lease_token", "sweep_lease_token"):
        op.add_column("channel_account", _text(name, nullable=True))
    # Which accounts have orders to give, or can be read back, only their adapters know; every one is looked at once.
    op.execute("UPDATE channel_account SET orders_due_at = now(), sweep_due_at = now() + interval '1 hour'")
    # Events of an app's webhook name their account by the channel's id.
    op.create_index("channel_account_external_idx", "channel_account", ["external_id", "kind"])
    for what in ("orders", "sweep"):
        op.create_index(
            f"channel_account_{what}_idx",
            "channel_account",
            [f"{what}_due_at"],
            postgresql_where=sa.text(f"{what}_due_at IS NOT NULL AND state = 'active'"),
        )


def _widen_listings() -> None:
    op.add_column("listing", sa.Column("accepted", JSONB(), server_default=EMPTY, nullable=False))
    op.add_column("listing", sa.Column("seen", JSONB(), nullable=True))
    for name in ("stock_changed_at", "seen_at", "missing_since", "look_at"):
        op.add_column("listing", _time(name))
    op.create_index("listing_external_idx", "listing", ["account_id", "external_id"])
    op.create_index(
        "listing_look_idx", "listing", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL")
    )


def _remake_stock() -> None:
    op.drop_constraint(op.f("stock_level_held_check"), "stock_level", type_="check")
    op.alter_column("stock_level", "held", new_column_name="promised")
    op.create_check_constraint(op.f("stock_level_promised_check"), "stock_level", "promised >= 0")
    for name, rule in DERIVED:
        derived: sa.Column[int] = sa.Column(
            name, sa.BigInteger(), sa.Computed(rule, persisted=True), nullable=False
        )
        op.add_column("stock_level", derived)
    op.add_column("stock_level", _time("counted_at"))
    op.add_column("stock_level", _number("submitted", nullable=True))
    op.execute("UPDATE stock_level SET counted_at = updated_at, submitted = on_hand")
    for name in ("promised_change", "promised_after"):
        op.add_column("stock_movement", _number(name, default="0"))
    op.add_column("stock_movement", _number("account_id", nullable=True))
    op.create_foreign_key(
        op.f("stock_movement_account_id_fkey"),
        "stock_movement",
        "channel_account",
        ["account_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(op.f("stock_movement_account_id_idx"), "stock_movement", ["account_id"])
    op.add_column("stock_movement", _text("note", nullable=True))
    op.add_column("stock_movement", _time("happened_at", required=True))
    op.create_check_constraint(op.f("stock_movement_kind_check"), "stock_movement", KINDS)
    op.create_check_constraint(
        op.f("stock_movement_after_check"), "stock_movement", "on_hand_after >= 0 AND promised_after >= 0"
    )
    op.drop_index(op.f("stock_movement_variant_id_idx"), "stock_movement")
    op.create_index("stock_movement_variant_idx", "stock_movement", ["variant_id", "id"])


def _make_orders() -> None:
    order, line, oversell = "channel_order", "channel_order_line", "oversell"
    op.create_table(
        order,
        _id(),
        _number("seller_id"),
        _number("account_id"),
        _text("reference"),
        _text("state"),
        _moment("placed_at"),
        _moment("updated_at"),
        _time("first_seen_at", required=True),
        _ref(order, "seller_id", "seller"),
        _ref(order, "account_id", "channel_account"),
        _key(order),
        sa.UniqueConstraint("account_id", "reference", name=op.f(f"{order}_account_id_reference_key")),
    )
    op.create_index("channel_order_seller_idx", order, ["seller_id", "placed_at"])
    op.create_table(
        line,
        _id(),
        _number("order_id"),
        _text("reference"),
        _text("sku"),
        _text("external_id", nullable=True),
        _number("variant_id", nullable=True),
        _number("ordered"),
        *(_number(name, default="0") for name in ("cancelled", "shipped", "returned")),
        sa.CheckConstraint(
            "cancelled + shipped <= ordered AND returned <= shipped", name=op.f(f"{line}_units_check")
        ),
        _ref(line, "order_id", order),
        _ref(line, "variant_id", "variant", ondelete="SET NULL"),
        _key(line),
        sa.UniqueConstraint("order_id", "reference", name=op.f(f"{line}_order_id_reference_key")),
    )
    op.create_index(op.f(f"{line}_variant_id_idx"), line, ["variant_id"])
    op.create_index(
        "channel_order_line_unknown_idx", line, ["sku"], postgresql_where=sa.text("variant_id IS NULL")
    )
    op.create_table(
        oversell,
        _id(),
        *(_number(name) for name in ("seller_id", "variant_id", "account_id", "order_line_id", "units")),
        _moment("placed_at"),
        _time("stock_changed_at"),
        _time("told_at"),
        _time("found_at", required=True),
        _time("closed_at"),
        _ref(oversell, "seller_id", "seller"),
        _ref(oversell, "variant_id", "variant"),
        _ref(oversell, "account_id", "channel_account"),
        _ref(oversell, "order_line_id", line),
        _key(oversell),
        sa.UniqueConstraint("order_line_id", name=op.f(f"{oversell}_order_line_id_key")),
    )
    op.create_index(op.f("oversell_seller_id_idx"), oversell, ["seller_id"])
    op.create_index(
        "oversell_open_idx", oversell, ["variant_id"], postgresql_where=sa.text("closed_at IS NULL")
    )


def _make_inbound() -> None:
    event = "inbound_event"
    op.create_table(
        event,
        _id(),
        _number("account_id"),
        _text("key"),
        _number("repeats", default="0"),
        _time("at", required=True),
        _ref(event, "account_id", "channel_account"),
        _key(event),
        sa.UniqueConstraint("account_id", "key", name=op.f(f"{event}_account_id_key_key")),
    )
    op.create_index(op.f(f"{event}_at_idx"), event, ["at"])
    op.create_table(
        "refused_webhook",
        _text("address"),
        _number("count", default="1"),
        _time("last_at", required=True),
        sa.PrimaryKeyConstraint("address", name=op.f("refused_webhook_pkey")),
    )


def _make_observed() -> None:
    push, drift = "stock_push", "drift"
    op.create_table(
        push,
        _id(),
        _number("listing_id"),
        _number("account_id"),
        sa.Column("units", JSONB(), nullable=False),
        _moment("changed_at"),
        _moment("sent_at"),
        _time("seen_at"),
        _ref(push, "listing_id", "listing"),
        _ref(push, "account_id", "channel_account"),
        _key(push),
    )
    op.create_index("stock_push_account_idx", push, ["account_id", "sent_at"])
    op.create_index("stock_push_listing_idx", push, ["listing_id", "sent_at"])
    op.create_table(
        drift,
        _id(),
        _number("listing_id"),
        *(_text(name) for name in ("kind", "wanted", "seen", "policy", "action")),
        _time("at", required=True),
        _time("closed_at"),
        _ref(drift, "listing_id", "listing"),
        _key(drift),
    )
    op.create_index(
        "drift_open_key",
        drift,
        ["listing_id", "kind"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("drift_at_idx", drift, ["at"])


def downgrade() -> None:
    for table in (
        "drift",
        "stock_push",
        "refused_webhook",
        "inbound_event",
        "oversell",
        "channel_order_line",
        "channel_order",
    ):
        op.drop_table(table)
    _restore_stock()
    for name in ("listing_look_idx", "listing_external_idx"):
        op.drop_index(name, "listing")
    for name in ("look_at", "missing_since", "seen_at", "stock_changed_at", "seen", "accepted"):
        op.drop_column("listing", name)
    for what in ("orders", "sweep", "external"):
        op.drop_index(f"channel_account_{what}_idx", "channel_account")
    for name in (
        "sweep_lease_token",
        "orders_lease_token",
        "swept_at",
        "sweep_due_at",
        "orders_read_at",
        "orders_asked_at",
        "orders_due_at",
        "sweep_report",
        "sweep_cursor",
        "orders_cursor",
        "drift_policy",
        "stock_rule",
    ):
        op.drop_column("channel_account", name)
    op.drop_column("seller", "last_units")


def _restore_stock() -> None:
    op.drop_index("stock_movement_variant_idx", "stock_movement")
    op.create_index(op.f("stock_movement_variant_id_idx"), "stock_movement", ["variant_id"])
    for check in ("after", "kind"):
        op.drop_constraint(op.f(f"stock_movement_{check}_check"), "stock_movement", type_="check")
    for name in ("happened_at", "note", "account_id", "promised_after", "promised_change"):
        op.drop_column("stock_movement", name)
    for name in ("submitted", "counted_at", *(name for name, _ in DERIVED)):
        op.drop_column("stock_level", name)
    op.drop_constraint(op.f("stock_level_promised_check"), "stock_level", type_="check")
    # What was promised beyond the stock has no place in the older tables.
    op.execute("UPDATE stock_level SET promised = LEAST(promised, on_hand)")
    op.alter_column("stock_level", "promised", new_column_name="held")
    op.create_check_constraint(op.f("stock_level_held_check"), "stock_level", "held >= 0 AND held <= on_hand")
