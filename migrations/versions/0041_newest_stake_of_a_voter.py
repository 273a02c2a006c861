"""indexes that end at each voter's newest stake, and of what became known in a time.

Revision: 0041
"""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

INDEXES = (
    ("stake_changes", ("address", "voter", "known_at")),
    ("stake_changes", ("address", "known_at")),
    ("disputes", ("known_at",)),
    ("contract_changes", ("address", "name")),
)


def upgrade() -> None:
    """Apply."""
    for table, columns in INDEXES:
        op.create_index(op.f(_name(table, columns)), table, list(columns))


def downgrade() -> None:
    """Undo."""
    for table, columns in reversed(INDEXES):
        op.drop_index(op.f(_name(table, columns)), table_name=table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *columns))
