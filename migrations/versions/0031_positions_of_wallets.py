"""positions of wallets.

Revision: 0031
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "position_checks",
        sa.Column("wallet", models.base.Address(length=20), nullable=False),
        sa.Column("tried_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.Column("first_checked_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("checked_at", models.base.UtcTimestamp(timezone=True), nullable=True),
        sa.Column("outside", sa.Integer(), nullable=False),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("wallet", name=op.f("pk_position_checks")),
    )
    with op.batch_alter_table("position_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_position_checks_tried_at"), ["tried_at"], unique=False)

    op.create_table(
        "positions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wallet", models.base.Address(length=20), nullable=False),
        sa.Column(
            "market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("outcome_index", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("avg_price", sa.Numeric(precision=10, scale=6), nullable=True),
        sa.Column("known_at", models.base.UtcTimestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_id"],
            ["markets.id"],
            name=op.f("fk_positions_market_id_markets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_positions")),
    )
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_positions_market_id_known_at"), ["market_id", "known_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_positions_wallet_known_at"), ["wallet", "known_at"], unique=False
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("positions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_positions_wallet_known_at"))
        batch_op.drop_index(batch_op.f("ix_positions_market_id_known_at"))

    op.drop_table("positions")
    with op.batch_alter_table("position_checks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_position_checks_tried_at"))

    op.drop_table("position_checks")
