"""Alembic's entry: migrates through the connection that ``gateway.store.schema`` hands over."""

from alembic import context

from gateway.store.models import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
