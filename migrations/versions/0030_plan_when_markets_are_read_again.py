"""keep when each market is read again, and how much was asked against each published limit.

Revision: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "market_refresh",
        sa.Column("market_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feed_status", sa.String(length=20), nullable=True),
        sa.Column("feed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("money", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_market_refresh_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("market_id", name=op.f("pk_market_refresh")),
    )
    op.create_index(
        op.f("ix_market_refresh_state_market_id"), "market_refresh", ["state", "market_id"]
    )
    op.create_table(
        "market_reads",
        sa.Column("market_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_market_reads_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("market_id", "kind", name=op.f("pk_market_reads")),
    )
    op.create_index(op.f("ix_market_reads_kind_due_at"), "market_reads", ["kind", "due_at"])
    # Markets that closed lately without having been followed while they were open.
    op.create_index(op.f("ix_markets_closed_at"), "markets", ["closed_at"])
    op.create_table(
        "request_minutes",
        sa.Column("bucket", sa.String(length=40), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "minute", name=op.f("pk_request_minutes")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("request_minutes")
    op.drop_index(op.f("ix_markets_closed_at"), "markets")
    op.drop_table("market_reads")
    op.drop_table("market_refresh")
