"""Each listing as it was last read well."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bring the store forward."""
    op.create_table(
        "good_listings",
        sa.Column("park", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_good_listings_capture_id"),
        sa.PrimaryKeyConstraint("park", "listing", name="pk_good_listings"),
    )
    op.create_index("ix_good_listings_capture_id", "good_listings", ["capture_id"])
