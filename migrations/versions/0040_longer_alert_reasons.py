"""reasons of alerts may be longer words.

Revision: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

INDEX = "ix_alerts_reason_key_of_data"


def upgrade() -> None:
    """Apply."""
    _set_length(20, 40)


def downgrade() -> None:
    """Undo: an older release knows no reason that is longer."""
    op.execute("DELETE FROM alerts WHERE length(reason) > 20")
    _set_length(40, 20)


def _set_length(before: int, after: int) -> None:
    # SQLite changes a column by making the table anew, and dropping the old one deletes what hangs
    # on it: deliveries are put aside meanwhile, and the partial index is made again.
    is_remade = op.get_bind().dialect.name == "sqlite"
    if is_remade:
        op.execute("CREATE TEMPORARY TABLE kept_notifications AS SELECT * FROM notifications")
        op.drop_index(op.f(INDEX), table_name="alerts")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.alter_column(
            "reason",
            existing_type=sa.String(before),
            type_=sa.String(after),
            existing_nullable=False,
        )
    if is_remade:
        op.create_index(
            op.f(INDEX),
            "alerts",
            ["reason_key"],
            unique=True,
            sqlite_where=sa.text("market_id IS NULL"),
        )
        op.execute("INSERT OR IGNORE INTO notifications SELECT * FROM kept_notifications")
        op.execute("DROP TABLE kept_notifications")
