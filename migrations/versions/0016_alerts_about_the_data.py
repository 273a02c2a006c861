"""alerts may be about the data instead of a market.

Revision: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = ("market_id", "assessment_id")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    _set_nullable(is_nullable=True)
    op.create_index(
        op.f("ix_alerts_reason_key_of_data"),
        "alerts",
        ["reason_key"],
        unique=True,
        sqlite_where=sa.text("market_id IS NULL"),
        postgresql_where=sa.text("market_id IS NULL"),
    )


def downgrade() -> None:
    """Undo: an older release has no place for alerts without a market."""
    op.drop_index(op.f("ix_alerts_reason_key_of_data"), table_name="alerts")
    op.execute("DELETE FROM alerts WHERE market_id IS NULL")
    _set_nullable(is_nullable=False)


def _set_nullable(*, is_nullable: bool) -> None:
    # SQLite changes a column by making the table anew, and dropping the old one deletes what hangs
    # on it: deliveries are put aside meanwhile.
    is_remade = op.get_bind().dialect.name == "sqlite"
    if is_remade:
        op.execute("CREATE TEMPORARY TABLE kept_notifications AS SELECT * FROM notifications")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        for name in COLUMNS:
            batch_op.alter_column(name, existing_type=ROW_ID, nullable=is_nullable)
    if is_remade:
        op.execute("INSERT OR IGNORE INTO notifications SELECT * FROM kept_notifications")
        op.execute("DROP TABLE kept_notifications")
