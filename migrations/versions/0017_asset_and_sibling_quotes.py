"""asset and sibling quotes.

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "asset_quotes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asset", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("price_usd", models.base.ExactDecimal(length=40), nullable=False),
        sa.Column("volume_usd", models.base.ExactDecimal(length=40), nullable=True),
        sa.Column("volume_scope", sa.String(length=20), nullable=False),
        sa.Column("observed_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_quotes")),
    )
    with op.batch_alter_table("asset_quotes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_asset_quotes_asset_source_observed_at"),
            ["asset", "source", "observed_at"],
            unique=False,
        )

    op.create_table(
        "sibling_quotes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("venue", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("outcome_index", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("bid", models.base.ExactDecimal(length=40), nullable=True),
        sa.Column("ask", models.base.ExactDecimal(length=40), nullable=True),
        sa.Column("price", models.base.ExactDecimal(length=40), nullable=True),
        sa.Column("observed_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_sibling_quotes_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sibling_quotes")),
    )
    with op.batch_alter_table("sibling_quotes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sibling_quotes_market_id_venue_known_at"),
            ["market_id", "venue", "known_at"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("sibling_quotes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sibling_quotes_market_id_venue_known_at"))

    op.drop_table("sibling_quotes")
    with op.batch_alter_table("asset_quotes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_asset_quotes_asset_source_observed_at"))

    op.drop_table("asset_quotes")
