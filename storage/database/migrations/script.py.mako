"""${message}."""

import sqlalchemy as sa
from alembic import op

import storage.database.columns
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Bring the store forward."""
    ${upgrades if upgrades else "pass"}
