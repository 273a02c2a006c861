"""books and open interest.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "book_snapshots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_id", sa.String(length=80), nullable=False),
        sa.Column("outcome_index", sa.Integer(), nullable=False),
        sa.Column("booked_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("best_bid", sa.Numeric(precision=10, scale=6), nullable=True),
        sa.Column("best_ask", sa.Numeric(precision=10, scale=6), nullable=True),
        sa.Column("bid_depth", models.base.UsdcAmount(), nullable=False),
        sa.Column("ask_depth", models.base.UsdcAmount(), nullable=False),
        sa.Column(
            "bids",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "asks",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_book_snapshots_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_snapshots")),
    )
    with op.batch_alter_table("book_snapshots", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_book_snapshots_market_id_known_at"),
            ["market_id", "known_at"],
            unique=False,
        )

    op.create_table(
        "open_interest",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("value", models.base.UsdcAmount(), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_open_interest_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_interest")),
    )
    with op.batch_alter_table("open_interest", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_open_interest_market_id_known_at"),
            ["market_id", "known_at"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("open_interest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_open_interest_market_id_known_at"))

    op.drop_table("open_interest")
    with op.batch_alter_table("book_snapshots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_book_snapshots_market_id_known_at"))

    op.drop_table("book_snapshots")
