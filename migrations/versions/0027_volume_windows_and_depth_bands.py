"""volume windows, the order book's part of them, and depth within more bands.

Rows of before keep none of it: NULL, which readers call missing.

Revision: 0027
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

COLUMNS = {
    "trading_activity": (
        "volume_1wk",
        "volume_1mo",
        "volume_1yr",
        "volume_clob",
        "volume_24h_clob",
        "volume_1wk_clob",
        "volume_1mo_clob",
        "volume_1yr_clob",
        "liquidity_clob",
    ),
    "book_snapshots": (
        "bid_depth_1c",
        "bid_depth_2c",
        "bid_depth_10c",
        "ask_depth_1c",
        "ask_depth_2c",
        "ask_depth_10c",
    ),
}


def upgrade() -> None:
    """Apply."""
    for table, names in COLUMNS.items():
        for name in names:
            op.add_column(table, sa.Column(name, models.base.UsdcAmount(), nullable=True))


def downgrade() -> None:
    """Undo."""
    for table, names in COLUMNS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in reversed(names):
                batch_op.drop_column(name)
