"""events for other systems: subscriptions, the outbox its triggers write, deliveries"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
SUBSCRIPTION, EVENT, DELIVERY = "webhook_subscription", "event_out", "webhook_delivery"

WANTED = """
CREATE FUNCTION is_event_wanted(whose bigint, what text) RETURNS boolean LANGUAGE sql STABLE AS $$
  -- Three short looks, each by an index of its own; one condition with OR would read every subscription.
  SELECT EXISTS (SELECT FROM webhook_subscription w WHERE w.seller_id = whose
                  AND w.events ? what AND w.paused_reason IS DISTINCT FROM 'gone')
      OR EXISTS (SELECT FROM webhook_subscription w WHERE w.seller_id IS NULL AND w.centre_id IS NULL
                  AND w.events ? what AND w.paused_reason IS DISTINCT FROM 'gone')
      OR EXISTS (SELECT FROM webhook_subscription w WHERE w.centre_id = (SELECT s.centre_id FROM seller s WHERE s.id = whose)
                  AND w.events ? what AND w.paused_reason IS DISTINCT FROM 'gone')
$$
"""
LISTING = """
CREATE FUNCTION write_listing_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  what text := CASE WHEN NEW.state = 'live' THEN 'listing.live'
                    WHEN NEW.state = 'needs_you' THEN 'listing.needs_attention'
                    ELSE 'listing.withdrawn' END;
BEGIN
  IF is_event_wanted(NEW.seller_id, what) THEN
    INSERT INTO event_out (seller_id, type, facts)
    SELECT NEW.seller_id, what, jsonb_build_object(
             'seller', s.code, 'sku', p.sku, 'account', a.name, 'channel', a.kind, 'state', NEW.state,
             'external_id', NEW.external_id, 'permalink', NEW.permalink, 'problems', NEW.problems)
      FROM seller s, product p, channel_account a
     WHERE s.id = NEW.seller_id AND p.id = NEW.product_id AND a.id = NEW.account_id;
  END IF;
  RETURN NULL;
END $$
"""
ORDER = """
CREATE FUNCTION write_order_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_event_wanted(NEW.seller_id, 'order.received') THEN
    INSERT INTO event_out (seller_id, type, facts)
    SELECT NEW.seller_id, 'order.received', jsonb_build_object(
             'seller', s.code, 'account', a.name, 'channel', a.kind, 'order', NEW.reference, 'state', NEW.state,
             'placed_at', NEW.placed_at,
             'lines', coalesce((SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'units', l.ordered) ORDER BY l.id)
                                  FROM channel_order_line l WHERE l.order_id = NEW.id), '[]'))
      FROM seller s, channel_account a
     WHERE s.id = NEW.seller_id AND a.id = NEW.account_id;
  END IF;
  RETURN NULL;
END $$
"""
STOCK = """
CREATE FUNCTION write_stock_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := (SELECT v.seller_id FROM variant v WHERE v.id = NEW.variant_id);
BEGIN
  IF is_event_wanted(whose, 'stock.changed') THEN
    INSERT INTO event_out (seller_id, type, subject, facts)
    SELECT whose, 'stock.changed', NEW.variant_id, jsonb_build_object(
             'seller', s.code, 'sku', v.sku, 'on_hand', NEW.on_hand, 'held', NEW.held,
             'owed', NEW.owed, 'available', NEW.available)
      FROM seller s, variant v WHERE s.id = whose AND v.id = NEW.variant_id;
  END IF;
  RETURN NULL;
END $$
"""
ACCOUNT = """
CREATE FUNCTION write_account_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_event_wanted(NEW.seller_id, 'account.needs_reauth') THEN
    INSERT INTO event_out (seller_id, type, facts)
    SELECT NEW.seller_id, 'account.needs_reauth', jsonb_build_object(
             'seller', s.code, 'account', NEW.name, 'channel', NEW.kind, 'state', NEW.state,
             'problems', CASE WHEN NEW.problem IS NULL THEN '[]' ELSE jsonb_build_array(NEW.problem) END)
      FROM seller s WHERE s.id = NEW.seller_id;
  END IF;
  RETURN NULL;
END $$
"""
TRIGGERS = (
    """
CREATE TRIGGER listing_event AFTER UPDATE OF state ON listing FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state
        AND (NEW.state IN ('live', 'needs_you') OR (NEW.state = 'stopped' AND NEW.wanted = 'withdrawn')))
  EXECUTE FUNCTION write_listing_event()
""",
    # At the end of the transaction: the lines of an order are stored after it.
    """
CREATE CONSTRAINT TRIGGER channel_order_event AFTER INSERT ON channel_order DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION write_order_event()
""",
    """
CREATE TRIGGER stock_level_event AFTER UPDATE OF on_hand, promised ON stock_level FOR EACH ROW
  WHEN (OLD.available IS DISTINCT FROM NEW.available) EXECUTE FUNCTION write_stock_event()
""",
    # A variant that is counted for the first time has no level that could change.
    """
CREATE TRIGGER stock_level_first_event AFTER INSERT ON stock_level FOR EACH ROW
  WHEN (NEW.available > 0) EXECUTE FUNCTION write_stock_event()
""",
    """
CREATE TRIGGER channel_account_event AFTER UPDATE OF state ON channel_account FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state = 'needs_reauth') EXECUTE FUNCTION write_account_event()
""",
)
FUNCTIONS = {
    "write_listing_event": ("listing", ("listing_event",)),
    "write_order_event": ("channel_order", ("channel_order_event",)),
    "write_stock_event": ("stock_level", ("stock_level_event", "stock_level_first_event")),
    "write_account_event": ("channel_account", ("channel_account_event",)),
}


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


def _ref(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"{table}_{column}_fkey"), ondelete="CASCADE"
    )


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"{table}_{name}_check"))


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    op.create_index(op.f(name), table, columns, postgresql_where=None if where is None else sa.text(where))


def upgrade() -> None:
    _make_subscriptions()
    _make_events()
    _make_deliveries()
    for statement in (WANTED, LISTING, ORDER, STOCK, ACCOUNT, *TRIGGERS):
        op.execute(statement)


def _make_subscriptions() -> None:
    table = SUBSCRIPTION
    op.create_table(
        table,
        _id(),
        _text("public_id"),
        _number("seller_id", nullable=True),
        _number("centre_id", nullable=True),
        _text("url"),
        sa.Column("events", JSONB(), nullable=False),
        _text("description", default=""),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        _time("previous_until"),
        _text("state", default="active"),
        _text("paused_reason", nullable=True),
        _time("paused_at"),
        _number("failures", default="0"),
        _time("failing_since"),
        sa.Column("is_swift", sa.Boolean(), server_default=sa.false(), nullable=False),
        _time("due_at"),
        _text("lease_token", nullable=True),
        _text("made_by", default=""),
        _time("created_at", required=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pkey")),
        sa.UniqueConstraint("public_id", name=op.f(f"{table}_public_id_key")),
        _ref(table, "seller_id", "seller"),
        _ref(table, "centre_id", "centre"),
        _check(table, "owner", "seller_id IS NULL OR centre_id IS NULL"),
        _check(table, "state", "state IN ('active', 'paused')"),
        _check(table, "paused_reason", "paused_reason IN ('person', 'failing', 'gone')"),
        _check(table, "paused", "(state = 'paused') = (paused_reason IS NOT NULL)"),
        _check(table, "lease", "lease_token IS NULL OR due_at IS NOT NULL"),
    )
    _index(f"{table}_seller_id_idx", table, ["seller_id"])
    _index(f"{table}_centre_id_idx", table, ["centre_id"])
    _index(f"{table}_everybody_idx", table, ["id"], "seller_id IS NULL AND centre_id IS NULL")
    _index(f"{table}_due_idx", table, ["due_at"], "due_at IS NOT NULL AND state = 'active'")
    _index(f"{table}_lease_token_idx", table, ["lease_token"], "lease_token IS NOT NULL")


def _make_events() -> None:
    op.create_table(
        EVENT,
        _id(),
        _number("seller_id", nullable=True),
        _text("type"),
        _number("subject", nullable=True),
        sa.Column("facts", JSONB(), nullable=False),
        _time("at", required=True),
        _time("fanned_at"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{EVENT}_pkey")),
        _ref(EVENT, "seller_id", "seller"),
    )
    _index(f"{EVENT}_seller_id_idx", EVENT, ["seller_id"])
    _index(f"{EVENT}_new_idx", EVENT, ["id"], "fanned_at IS NULL")
    _index(f"{EVENT}_fanned_idx", EVENT, ["fanned_at"], "fanned_at IS NOT NULL")


def _make_deliveries() -> None:
    table = DELIVERY
    op.create_table(
        table,
        _id(),
        _number("event_id"),
        _number("subscription_id"),
        _text("message_id"),
        _number("subject", nullable=True),
        _number("attempts", default="0"),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        _time("due_at"),
        _text("outcome", nullable=True),
        _time("ended_at"),
        _time("last_at"),
        _number("last_status", nullable=True),
        _text("last_error", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pkey")),
        sa.UniqueConstraint("message_id", name=op.f(f"{table}_message_id_key")),
        _ref(table, "event_id", EVENT),
        _ref(table, "subscription_id", SUBSCRIPTION),
        _check(table, "outcome", "outcome IN ('delivered', 'given_up', 'superseded')"),
        _check(table, "ended", "(outcome IS NULL) = (ended_at IS NULL)"),
        _check(table, "due", "(outcome IS NULL) = (due_at IS NOT NULL)"),
    )
    _index(f"{table}_event_id_idx", table, ["event_id"])
    _index(f"{table}_due_idx", table, ["subscription_id", "due_at"], "due_at IS NOT NULL")
    _index(
        f"{table}_subject_idx",
        table,
        ["subscription_id", "subject"],
        "due_at IS NOT NULL AND subject IS NOT NULL",
    )
    _index(f"{table}_subscription_idx", table, ["subscription_id", "id"])


def downgrade() -> None:
    for function, (table, triggers) in FUNCTIONS.items():
        for trigger in triggers:
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP FUNCTION is_event_wanted(bigint, text)")
    for name in (DELIVERY, EVENT, SUBSCRIPTION):
        op.drop_table(name)
