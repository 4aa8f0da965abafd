"""Whose fault a delivery failed by, visits in order, since when a first digest covers, what proves a removal."""

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
    op.create_table(
        "change_captures",
        sa.Column("change_number", sa.Integer(), sa.ForeignKey("ledger.number"), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Integer(), sa.ForeignKey("captures.id"), nullable=False),
        sa.PrimaryKeyConstraint("change_number", "page", name="pk_change_captures"),
    )
    op.create_index("ix_change_captures_capture_id", "change_captures", ["capture_id"])
