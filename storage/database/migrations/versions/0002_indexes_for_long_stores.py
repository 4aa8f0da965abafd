"""Indexes for stores that have grown for years: exports by park, and visits by how and when they ended."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the store forward."""
    op.create_index("ix_articles_park_id", "articles", ["park", "id"])
    op.create_index("ix_visits_park_ended", "visits", ["park", "ended_at"])
    op.create_index("ix_visits_outcome_park", "visits", ["outcome", "park"])
