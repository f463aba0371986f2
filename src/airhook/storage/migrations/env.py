"""Where Alembic finds the connection: ``schema.upgrade`` hands it in, inside its own transaction."""

from alembic import context

from airhook.storage import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.state)
context.run_migrations()
