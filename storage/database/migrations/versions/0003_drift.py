"""Which locator found which field in a visit, and the pages that none could read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the store forward."""
    op.create_table(
        "visit_locators",
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("locator", sa.Text(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_visit_locators_visit_id"),
        sa.PrimaryKeyConstraint("visit_id", "field", "locator", name="pk_visit_locators"),
    )
    op.create_table(
        "visit_evidence",
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_visit_evidence_visit_id"),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_visit_evidence_capture_id"),
        sa.PrimaryKeyConstraint("visit_id", "number", name="pk_visit_evidence"),
    )
    op.create_index("ix_visit_evidence_capture_id", "visit_evidence", ["capture_id"])
