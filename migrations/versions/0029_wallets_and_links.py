"""wallets and links.

Revision: 0029
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "wallet_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_address", models.base.Address(length=20), nullable=False),
        sa.Column("to_address", models.base.Address(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.Column("valid_from", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("valid_to", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column(
            "evidence",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_links")),
    )
    with op.batch_alter_table("wallet_links", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_wallet_links_from_address_known_at"),
            ["from_address", "known_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_wallet_links_to_address_known_at"),
            ["to_address", "known_at"],
            unique=False,
        )

    op.create_table(
        "wallet_readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("has_code", sa.Boolean(), nullable=False),
        sa.Column(
            "owners",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=True,
        ),
        sa.Column("threshold", sa.Integer(), nullable=True),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("last_block", sa.BigInteger(), nullable=False),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_readings")),
    )
    with op.batch_alter_table("wallet_readings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_wallet_readings_address_chain_id_last_block"),
            ["address", "chain_id", "last_block"],
            unique=False,
        )

    op.create_table(
        "wallet_scans",
        sa.Column("chain_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner", models.base.Address(length=20), nullable=False),
        sa.Column("next_block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "owner", name=op.f("pk_wallet_scans")),
    )
    op.create_table(
        "wallets",
        sa.Column("address", models.base.Address(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column(
            "roles",
            sa.JSON()
            .with_variant(sa.JSON(none_as_null=True), "postgresql")
            .with_variant(sa.JSON(none_as_null=True), "sqlite"),
            nullable=False,
        ),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_wallets")),
    )
    op.create_table(
        "wallet_creations",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("owner", models.base.Address(length=20), nullable=False),
        sa.Column("wallet", models.base.Address(length=20), nullable=True),
        sa.Column("wallet_id", models.base.Bytes32(length=32), nullable=True),
        sa.Column("target", models.base.Address(length=20), nullable=True),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
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
            name=op.f("fk_wallet_creations_block_id_blocks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log_index", "block_id", name=op.f("pk_wallet_creations")),
    )
    with op.batch_alter_table("wallet_creations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_wallet_creations_block_id"), ["block_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_wallet_creations_owner"), ["owner"], unique=False)
        batch_op.create_index(batch_op.f("ix_wallet_creations_wallet"), ["wallet"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("wallet_creations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wallet_creations_wallet"))
        batch_op.drop_index(batch_op.f("ix_wallet_creations_owner"))
        batch_op.drop_index(batch_op.f("ix_wallet_creations_block_id"))

    op.drop_table("wallet_creations")
    op.drop_table("wallets")
    op.drop_table("wallet_scans")
    with op.batch_alter_table("wallet_readings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wallet_readings_address_chain_id_last_block"))

    op.drop_table("wallet_readings")
    with op.batch_alter_table("wallet_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wallet_links_to_address_known_at"))
        batch_op.drop_index(batch_op.f("ix_wallet_links_from_address_known_at"))

    op.drop_table("wallet_links")
