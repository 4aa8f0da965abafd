"""Whether an attempt to hand a digest over failed for a reason that would have met any mail; visits in their order."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the store forward."""
    op.add_column("deliveries", sa.Column("is_our_fault", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_visits_park_id", "visits", ["park", "id"])
