"""holders and prices of the past.

Revision: 0026
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "holder_lists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("outcome_index", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("smallest", sa.BigInteger(), nullable=True),
        sa.Column("listed", sa.BigInteger(), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_holder_lists_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder_lists")),
    )
    with op.batch_alter_table("holder_lists", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_holder_lists_market_id_known_at"),
            ["market_id", "known_at"],
            unique=False,
        )

    op.create_table(
        "holdings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("outcome_index", sa.Integer(), nullable=False),
        sa.Column("wallet", models.base.Address(length=20), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("avg_price", sa.Numeric(precision=10, scale=6), nullable=True),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_holdings_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdings")),
    )
    with op.batch_alter_table("holdings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_holdings_market_id_known_at"), ["market_id", "known_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_holdings_wallet_known_at"), ["wallet", "known_at"], unique=False
        )

    op.create_table(
        "price_points",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=6), nullable=False),
        sa.Column("resolution_seconds", sa.Integer(), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_price_points_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_points")),
        sa.UniqueConstraint("market_id", "at", name=op.f("uq_price_points_market_id_at")),
    )
    op.create_table(
        "price_spans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("from_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("to_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_price_spans_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_spans")),
    )
    with op.batch_alter_table("price_spans", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_price_spans_market_id_known_at"), ["market_id", "known_at"], unique=False
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("price_spans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_price_spans_market_id_known_at"))

    op.drop_table("price_spans")
    op.drop_table("price_points")
    with op.batch_alter_table("holdings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holdings_wallet_known_at"))
        batch_op.drop_index(batch_op.f("ix_holdings_market_id_known_at"))

    op.drop_table("holdings")
    with op.batch_alter_table("holder_lists", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holder_lists_market_id_known_at"))

    op.drop_table("holder_lists")
