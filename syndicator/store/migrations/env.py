"""Alembic's environment: it runs on the connection ``syndicator.store.migrate`` hands in."""

from alembic import context

from syndicator.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
