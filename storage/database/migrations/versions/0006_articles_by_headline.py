"""An index for articles by their headline: one that moved is found again by it."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the store forward."""
    op.create_index("ix_articles_park_headline", "articles", ["park", "headline"])
