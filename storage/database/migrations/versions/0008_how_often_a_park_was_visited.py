"""How often a park was to be visited when a visit began."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Bring the store forward."""
    op.add_column("visits", sa.Column("cadence_minutes", sa.Integer()))
