"""what went wrong with a chain so far, and how each of its URLs is doing.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    document = (
        sa.JSON()
        .with_variant(sa.JSON(none_as_null=True), "postgresql")
        .with_variant(sa.JSON(none_as_null=True), "sqlite")
    )
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counts", document, nullable=True))
        batch_op.add_column(sa.Column("urls", document, nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_column("urls")
        batch_op.drop_column("counts")
