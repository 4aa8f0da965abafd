"""Run migrations on the connection that the engine hands over, in its transaction."""

from alembic import context

from storage.database import drift, good_listings, mail_tables  # noqa: F401 (they have tables of their own)
from storage.database.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
