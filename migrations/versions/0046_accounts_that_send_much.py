"""accounts that send much.

Revision: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("wallet_readings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_busy", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("wallet_readings", schema=None) as batch_op:
        batch_op.drop_column("is_busy")
