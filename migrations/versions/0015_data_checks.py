"""what the last check of the stored rows found.

Revision: 0015
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "data_checks",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("says", sa.String(length=300), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("broken", sa.BigInteger(), nullable=False),
        sa.Column("not_checkable", sa.BigInteger(), nullable=False),
        sa.Column("as_of", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_data_checks")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("data_checks")
