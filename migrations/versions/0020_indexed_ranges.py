"""keep which blocks were read, so that gaps are not taken for breaks.

What was read before this revision counts as not checkable until it is imported or backfilled again.

Revision: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "indexed_ranges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("last_block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indexed_ranges")),
    )
    op.create_index(
        op.f("ix_indexed_ranges_chain_id_mode_first_block"),
        "indexed_ranges",
        ["chain_id", "mode", "first_block"],
        unique=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("indexed_ranges")
