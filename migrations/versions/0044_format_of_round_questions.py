"""format of round questions.

Revision: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("round_questions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("packed_format", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("round_questions", schema=None) as batch_op:
        batch_op.drop_column("packed_format")
