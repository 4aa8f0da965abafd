"""Until when a host asks to be left alone; the digests of a change by its number."""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring the store forward."""
    op.create_table(
        "pauses",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_pauses"),
    )
    op.create_index("ix_digest_lines_change_number", "digest_lines", ["change_number"])
