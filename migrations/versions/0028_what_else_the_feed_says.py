"""what else the feed says and how long it agrees.

Revision: 0028
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("data_checks", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("lagging", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )

    with op.batch_alter_table("resolution_reports", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("resolved_at", models.base.UtcTimestamp(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("resolved_block", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("resolution_source", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("reporter", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("market_type", sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column("was_arbitrated", sa.Boolean(), nullable=True))
        batch_op.add_column(
            sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=True)
        )
        batch_op.add_column(
            sa.Column("confirmed_at", models.base.UtcTimestamp(timezone=True), nullable=True)
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("resolution_reports", schema=None) as batch_op:
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("transaction_hash")
        batch_op.drop_column("was_arbitrated")
        batch_op.drop_column("market_type")
        batch_op.drop_column("reporter")
        batch_op.drop_column("resolution_source")
        batch_op.drop_column("resolved_block")
        batch_op.drop_column("resolved_at")

    with op.batch_alter_table("data_checks", schema=None) as batch_op:
        batch_op.drop_column("lagging")
