"""failed rounds.

Revision: 0043
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "round_failures",
        sa.Column("round_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try_at", models.base.UtcTimestamp(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_round_failures")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("round_failures")
