"""transfers of the vote's token to voters.

Revision: 0045
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "token_transfers",
        sa.Column("sender", models.base.Address(length=20), nullable=False),
        sa.Column("recipient", models.base.Address(length=20), nullable=False),
        sa.Column("amount", models.base.Uint256(length=79), nullable=False),
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
            ["block_id"],
            ["blocks.id"],
            name=op.f("fk_token_transfers_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_token_transfers")),
    )
    op.create_index(op.f("ix_token_transfers_block_id"), "token_transfers", ["block_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_token_transfers_block_id"), table_name="token_transfers")
    op.drop_table("token_transfers")
