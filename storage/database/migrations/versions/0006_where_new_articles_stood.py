"""Articles by their headline, so that one that moved is found again; when a listing last stood without a new one."""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the store forward."""
    op.create_index("ix_articles_park_headline", "articles", ["park", "headline"])
    op.add_column("unread", sa.Column("absent_at", UtcDateTime(timezone=True)))
