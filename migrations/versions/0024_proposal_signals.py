"""keep what the market says of proposals.

Revision: 0024
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "proposal_signals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("request_timestamp", sa.BigInteger(), nullable=True),
        sa.Column("proposed_price", models.base.Int256(length=79), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("standing_stake", models.base.UsdcAmount(), nullable=True),
        sa.Column("traded_stake", models.base.UsdcAmount(), nullable=True),
        sa.Column("gap", sa.Numeric(precision=10, scale=6), nullable=True),
        sa.Column("implied", sa.Numeric(precision=10, scale=6), nullable=True),
        sa.Column(
            "document",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_proposal_signals_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_signals")),
    )
    op.create_index(
        op.f("ix_proposal_signals_market_id_known_at"),
        "proposal_signals",
        ["market_id", "known_at"],
        unique=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("proposal_signals")
