"""Whether a failed delivery would have met any mail; visits in their order; since when a first digest covers."""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the store forward."""
    op.add_column("deliveries", sa.Column("is_our_fault", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("subscriptions", sa.Column("covers_since", UtcDateTime(timezone=True)))
    op.add_column("subscriptions", sa.Column("scheduled_at", UtcDateTime(timezone=True)))
    op.create_index("ix_visits_park_id", "visits", ["park", "id"])
