"""what held for contracts in which blocks, and marks of what is to be folded.

Revision: 0012
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "contract_periods",
        sa.Column("chain_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("transaction_hash", models.base.Bytes32(length=32), nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.Column("to_log_index", sa.Integer(), nullable=True),
        sa.Column("to_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("ended_by", models.base.Bytes32(length=32), nullable=True),
        sa.PrimaryKeyConstraint(
            "chain_id",
            "address",
            "kind",
            "name",
            "subject",
            "value",
            "from_block",
            "from_log_index",
            name=op.f("pk_contract_periods"),
        ),
    )
    with op.batch_alter_table("contract_periods", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_periods_kind_name"), ["kind", "name"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_contract_periods_value"), ["value"], unique=False)
    op.create_table(
        "stale_folds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stale_folds")),
    )
    # What older releases stored has not been folded yet.
    mark = sa.text(
        "INSERT INTO stale_folds (kind, key) "
        "SELECT 'everything', :key WHERE EXISTS (SELECT 1 FROM blocks)"
    )
    op.execute(mark.bindparams(sa.bindparam("key", b"", sa.LargeBinary)))


def downgrade() -> None:
    """Undo."""
    op.drop_table("stale_folds")
    with op.batch_alter_table("contract_periods", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_periods_value"))
        batch_op.drop_index(batch_op.f("ix_contract_periods_kind_name"))

    op.drop_table("contract_periods")
