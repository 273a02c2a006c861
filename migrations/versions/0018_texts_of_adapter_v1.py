"""find adapter v1's questions by their texts.

Revision: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        op.f("ix_questions_ancillary_hash_of_v1"),
        "questions",
        ["ancillary_hash"],
        unique=False,
        sqlite_where=sa.text("resolution_time IS NOT NULL"),
        postgresql_where=sa.text("resolution_time IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_questions_ancillary_hash_of_v1"), table_name="questions")
