"""contracts blocks cursors.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "blocks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("parent_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("mined_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
        sa.UniqueConstraint("chain_id", "hash", name=op.f("uq_blocks_chain_id_hash")),
        sa.UniqueConstraint("chain_id", "number", name=op.f("uq_blocks_chain_id_number")),
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("from_block", sa.BigInteger(), nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.String(length=20), nullable=True),
        sa.Column("posts_for", models.base.Address(length=20), nullable=True),
        sa.Column("from_time", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint(
            "chain_id",
            "address",
            "kind",
            "from_block",
            name=op.f("uq_contracts_chain_id_address_kind_from_block"),
        ),
    )
    op.create_table(
        "cursors",
        sa.Column("chain_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reader", sa.String(length=40), nullable=False),
        sa.Column("next_block", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "reader", name=op.f("pk_cursors")),
    )
    op.create_table(
        "data_issues",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "evidence",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=True,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("block_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_data_issues_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_issues")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_data_issues_kind_key")),
    )
    with op.batch_alter_table("data_issues", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_issues_known_at"), ["known_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("data_issues", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_issues_known_at"))

    op.drop_table("data_issues")
    op.drop_table("cursors")
    op.drop_table("contracts")
    op.drop_table("blocks")
