"""trades of watched markets.

Revision: 0022
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "fill_watches",
        sa.Column(
            "market_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("since", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("from_block", sa.BigInteger(), nullable=True),
        sa.Column("read_from_block", sa.BigInteger(), nullable=True),
        sa.Column("reported_from", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("reported_to", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("ended_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_fill_watches_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("market_id", name=op.f("pk_fill_watches")),
    )
    with op.batch_alter_table("fill_watches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fill_watches_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "fills",
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("outcome_index", sa.Integer(), nullable=False),
        sa.Column("taker_side", sa.String(length=4), nullable=False),
        sa.Column("shares", sa.BigInteger(), nullable=False),
        sa.Column("usdc", models.base.UsdcAmount(), nullable=False),
        sa.Column("maker", models.base.Address(length=20), nullable=False),
        sa.Column("taker", models.base.Address(length=20), nullable=False),
        sa.Column("traded_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["block_id"], ["blocks.id"], name=op.f("fk_fills_block_id_blocks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_fills_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_fills")),
    )
    with op.batch_alter_table("fills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fills_block_id"), ["block_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_fills_market_id_traded_at"), ["market_id", "traded_at"], unique=False
        )

    op.create_table(
        "reported_fills",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_id", models.base.Bytes32(length=32), nullable=False),
        sa.Column("outcome_index", sa.Integer(), nullable=False),
        sa.Column("taker_side", sa.String(length=4), nullable=False),
        sa.Column("shares", sa.BigInteger(), nullable=False),
        sa.Column("usdc", models.base.UsdcAmount(), nullable=False),
        sa.Column("taker", models.base.Address(length=20), nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("traded_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_reported_fills_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_fills")),
        sa.UniqueConstraint(
            "transaction_hash",
            "token_id",
            "taker",
            "taker_side",
            "shares",
            "usdc",
            "ordinal",
            name="uq_reported_fills_identity",
        ),
    )
    with op.batch_alter_table("reported_fills", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reported_fills_market_id_traded_at"),
            ["market_id", "traded_at"],
            unique=False,
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("reported_fills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reported_fills_market_id_traded_at"))

    op.drop_table("reported_fills")
    with op.batch_alter_table("fills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fills_market_id_traded_at"))
        batch_op.drop_index(batch_op.f("ix_fills_block_id"))

    op.drop_table("fills")
    with op.batch_alter_table("fill_watches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fill_watches_ended_at"))

    op.drop_table("fill_watches")
